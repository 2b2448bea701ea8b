import Expressions
import Lines
package import PipelineModel
import Records

package enum Scan: StageKind {
  package static let manual = StageManual(
    kind: "scan", chapter: .records, stageClass: .inLine,
    summary: "Makes each item what it and the items before it come to: running totals.",
    description: [
      """
      In 'step' this is the item and state what 'step' gave for the item before, or 'init' for the \
      first one. Its value is the new state and, without 'emit', the result. In 'emit' state is the \
      new state. Each of them may be a mapping of names to expressions, which gives a record. A \
      string is a line, every other value a record.
      """,
      "An item that fails leaves the state as it was.",
    ],
    fields: [
      Field(
        "init", ComputedValue.type, required: true,
        "The state before the first item; it can not read an item."),
      Field("step", ComputedValue.type, required: true, "The state behind this item."),
      Field("emit", ComputedValue.type, defaultNote: "the state", "The result for this item."),
    ],
    examples: [
      StageManual.Example(
        stage: "scan: {init: 0, step: state + int(this)}", input: "3\n4\n", output: "3\n7\n"),
      StageManual.Example(
        stage:
          "scan: {init: {last: '\"-\"'}, step: {before: state.last, last: this}, emit: state.before}",
        input: "a\nb\nc\n", output: "-\na\nb\n"),
    ])

  package static func build(_ stage: StageDefinition, _ setting: Setting) throws(Diagnostic) -> Work
  {
    guard let first = stage.arguments.argument("init"), let step = stage.arguments.argument("step")
    else { throw Diagnostic("'scan' needs 'init' and 'step'", at: stage.place) }
    let initial = try initialState(first, setting)
    var expressions = ItemExpressions(setting, variables: ["state"])
    let next = try ComputedValue(step, &expressions)
    var emit: ComputedValue?
    if let argument = stage.arguments.argument("emit") {
      emit = try ComputedValue(argument, &expressions)
    }
    let (compiled, result) = (expressions, emit)
    return .transform {
      ScanTransform(
        state: initial, values: compiled.values(), step: next.evaluator(),
        emit: result?.evaluator(), setting: setting)
    }
  }

  private static func initialState(
    _ argument: Argument, _ setting: Setting
  ) throws(Diagnostic) -> Value {
    var expressions = ItemExpressions(setting)
    let program = try ComputedValue(argument, &expressions)
    guard expressions.needs.slots.isEmpty else {
      throw Diagnostic(
        "'init' is the state before the first item: it can not read one", at: argument.place,
        remedy: "what depends on the item is for 'step'", code: "expression")
    }
    var evaluator = program.evaluator()
    do throws(Failure) { return try evaluator.value(expressions.values(), Batch()) } catch {
      throw Diagnostic(error.message, at: argument.place, code: "expression")
    }
  }
}

/// An expression, or the fields of a record, as written.
struct ComputedValue: Sendable {
  private let single: Program?
  private let fields: [(name: Text, program: Program)]

  static let type = FieldType.oneOf([.expression, .mapping(of: .expression)])

  init(_ argument: Argument, _ expressions: inout ItemExpressions) throws(Diagnostic) {
    guard let named = argument.mapping else {
      single = try expressions.compile(argument)
      fields = []
      return
    }
    var fields: [(name: Text, program: Program)] = []
    for one in named { fields.append((Text(one.name), try expressions.compile(one.argument))) }
    self.fields = fields
    single = nil
  }

  func evaluator() -> ComputedEvaluator {
    ComputedEvaluator(
      single: single?.evaluator(), fields: fields.map { ($0.name, $0.program.evaluator()) })
  }
}

/// Evaluates it. One worker's.
struct ComputedEvaluator {
  fileprivate var single: Evaluator?
  fileprivate var fields: [(name: Text, evaluator: Evaluator)]

  /// The value for the item that was loaded last.
  mutating func value(_ values: ItemValues, _ batch: Batch) throws(Failure) -> Value {
    if let value = try single?.value(values, batch) { return value }
    var record: [(Text, Value)] = []
    for index in fields.indices {
      record.append((fields[index].name, try fields[index].evaluator.value(values, batch)))
    }
    return .map(ValueMap(record: record))
  }
}

struct ScanTransform: Transform {
  private var state: Value
  private let values: ItemValues
  private var step: ComputedEvaluator
  private var emit: ComputedEvaluator?
  private let setting: Setting

  init(
    state: Value, values: ItemValues, step: ComputedEvaluator, emit: ComputedEvaluator?,
    setting: Setting
  ) {
    self.state = state
    self.values = values
    self.step = step
    self.emit = emit
    self.setting = setting
  }

  mutating func process(
    _ batch: Batch, _ cursor: inout Cursor, upTo end: Int, into out: inout BatchBuilder
  ) throws(Failure) -> Progress {
    while cursor.item < end {
      if out.isFull { return .full }
      values.load(batch, cursor.item)
      values.set(.variable("state"), state)
      let next = try step.value(values, batch)
      values.set(.variable("state"), next)
      let result = try emit?.value(values, batch) ?? next
      try out.appendItem(result, like: batch, cursor.item, setting)
      state = next
      cursor.advance()
    }
    return .done
  }
}
