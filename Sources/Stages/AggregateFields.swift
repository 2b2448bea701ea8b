import Expressions
import Lines
import PipelineModel
import Records

/// The fields of `aggregate`: what is gathered of the items, and what is made of it.
struct AggregateFields: Sendable {
  /// One call of a gathering function.
  struct Call: Sendable {
    let function: AggregateFunction
    /// Nil for `count()`.
    let argument: Program?
    /// The slot that takes the result.
    let slot: Int
  }
  let fields: [(name: FieldName, program: Program)]
  let calls: [Call]

  init(_ named: [NamedArgument], _ expressions: inout ItemExpressions) throws(Diagnostic) {
    var fields: [(name: FieldName, program: Program)] = []
    var calls: [Call] = []
    for one in named {
      let program = try expressions.compile(one.argument)
      if let read = expressions.readBesideCalls(one.argument) {
        throw Diagnostic(
          "a result stands for many items, and '\(read)' is of one", at: one.argument.place,
          remedy: "say which one or how they come together: first(\(read)), max(\(read))",
          code: "expression")
      }
      for gathering in program.gatherings {
        calls.append(try Self.call(gathering, one.argument))
      }
      fields.append((FieldName(one.name), program))
    }
    self.fields = fields
    self.calls = calls
  }

  private static func call(
    _ gathering: Gathering, _ argument: Argument
  ) throws(Diagnostic) -> Call {
    var share: Double?
    if gathering.arguments.count > 1 {
      share = gathering.arguments[1].constant?.asDouble
      guard let share, (0...1).contains(share) else {
        throw Diagnostic(
          "the share of a quantile is a number from 0 to 1 that is known now",
          at: argument.place(at: gathering.range.lowerBound),
          remedy: "the 99th percentile is quantile(this.ms, 0.99)", code: "expression")
      }
    }
    guard let function = AggregateFunction(gathering.function, share: share) else {
      throw Diagnostic(
        "there is no function '\(gathering.function)'", at: argument.place, code: "expression")
    }
    return Call(function: function, argument: gathering.arguments.first, slot: gathering.slot)
  }

  /// A group that has gathered nothing.
  func group(number: UInt64) -> Group {
    Group(states: calls.map { $0.function.start }, number: number)
  }

  /// What a group has gathered so far.
  struct Group {
    fileprivate(set) var states: [Accumulator]
    /// The input line of its first item.
    fileprivate(set) var number: UInt64
    fileprivate(set) var count = 0
  }
}

/// The fields at work. One worker's.
struct AggregateEvaluator {
  let plan: AggregateFields
  private let values: ItemValues
  private let limits: GatherLimits
  private let functions: [AggregateFunction]
  private var arguments: [Evaluator?]
  private var fields: [Evaluator]
  /// Of the item that was read last, one for each call.
  private var inputs: [Value?]
  private var number: UInt64 = 0
  private var index = 0

  init(_ plan: AggregateFields, _ values: ItemValues, _ limits: GatherLimits) {
    self.plan = plan
    self.values = values
    self.limits = limits
    functions = plan.calls.map { $0.function }
    arguments = plan.calls.map { $0.argument?.evaluator() }
    fields = plan.fields.map { $0.program.evaluator() }
    inputs = Array(repeating: nil, count: plan.calls.count)
  }

  /// Evaluates what the calls gather of the item that was loaded last.
  mutating func read(_ batch: Batch, _ i: Int) throws(Failure) {
    for k in arguments.indices {
      guard var value = try arguments[k]?.value(values, batch) else { continue }
      if case .optional(let inner) = value { value = inner ?? .null }
      inputs[k] = value
    }
    number = batch.number(i)
  }

  /// Throws why `group` can not take the item that was read, which then is in no state of it. Nothing
  /// is changed.
  func check(_ group: inout AggregateFields.Group) throws(Failure) {
    for k in inputs.indices { try group.states[k].check(inputs[k], limits) }
  }

  /// Adds the item that was read and checked.
  ///
  /// - Parameter index: its place in the stream.
  func add(to group: inout AggregateFields.Group, at index: Int) {
    if group.count == 0 { group.number = number }
    group.count += 1
    for k in inputs.indices {
      group.states[k].add(inputs[k], functions[k], at: index)
    }
  }

  func merge(_ other: AggregateFields.Group, into group: inout AggregateFields.Group) {
    if other.number < group.number { group.number = other.number }
    group.count += other.count
    for k in inputs.indices { group.states[k].merge(other.states[k], functions[k]) }
  }

  /// The value of field `k` of a group's result.
  mutating func value(_ k: Int, _ group: AggregateFields.Group) throws(Failure) -> Value {
    for (call, state) in zip(plan.calls, group.states) {
      values.set(slot: call.slot, state.result(call.function))
    }
    do throws(Failure) { return try fields[k].value(values, Batch()) } catch {
      // No item is to blame, so no policy can absorb it.
      let name = String(decoding: plan.fields[k].name.bytes, as: UTF8.self)
      throw Failure(.stage, "the field '\(name)' of a result has no value: \(error.message)")
    }
  }

  /// Appends all fields of a group's result to the row that is being made.
  mutating func write(
    _ group: AggregateFields.Group, into out: inout BatchBuilder
  ) throws(Failure) {
    for k in fields.indices { out.field(plan.fields[k].name, try value(k, group)) }
  }
}
