package import Expressions
package import Lines
package import PipelineModel
package import Records
package import YAMLTree

/// The expressions of one stage as written, compiled together, so that what they read of an item is
/// found once for all of them.
package struct ItemExpressions: Sendable {
  private let declarations: Declarations
  private(set) var needs = Needs()
  private let files: InputFiles?

  /// - Parameter gathering: functions whose calls the stage answers itself, as `aggregate` does, with
  ///   their signatures.
  package init(_ setting: Setting, gathering: [(name: String, signatures: [String])] = []) {
    var declarations = Declarations()
    declarations.declare("this", .dyn, hasFields: true)
    declarations.declare("line", .string)
    declarations.declare("nr", .dyn)
    declarations.declare("file", .dyn)
    declarations.declare(
      "params", .map(.string, .dyn), value: Self.map(setting.parameters, setting.parameterKinds))
    declarations.declare("env", .map(.string, .string), value: Self.map(setting.environment, [:]))
    for one in gathering { declarations.declare(gathering: one.name, one.signatures) }
    self.declarations = declarations
    files = setting.inputFiles
  }

  /// A variable of the stage's own beside `this`, such as the state of `scan`: its value is put into
  /// the slot by `ItemValues.set`.
  package init(_ setting: Setting, variables: [String]) {
    self.init(setting)
    var declarations = self.declarations
    for name in variables { declarations.declare(name, .dyn, hasFields: false) }
    self = ItemExpressions(declarations, setting.inputFiles)
  }

  private init(_ declarations: Declarations, _ files: InputFiles?) {
    self.declarations = declarations
    self.files = files
  }

  /// Compiles the text of an argument.
  /// - Throws: what is wrong, at its place within the YAML scalar.
  package mutating func compile(_ argument: Argument) throws(Diagnostic) -> Program {
    do throws(Diagnostic) {
      return try compile(Array((argument.string ?? "").utf8)) { argument.place(at: $0) }
    } catch {
      var diagnostic = error
      if error.remedy == nil { diagnostic.remedy = argument.node.ending }
      throw diagnostic
    }
  }

  /// What an expression reads beside the calls that the stage answers, as it is written; nil if that
  /// is nothing.
  package func readBesideCalls(_ argument: Argument) -> String? {
    let reads = try? Expression.readsOfItsOwn(argument.string ?? "", declaring: declarations)
    for slot in reads?.slots ?? [] {
      switch slot {
      case .variable(let name): return name
      case .field(let name, let path): return ([name] + path.map(\.string)).joined(separator: ".")
      case .gathering: break
      }
    }
    return nil
  }

  /// The same for a condition: what can only be something else than true or false is refused.
  package mutating func compile(
    _ argument: Argument, asBool: Bool
  ) throws(Diagnostic) -> Program {
    let program = try compile(argument)
    if program.type == .bool || program.type == .dyn { return program }
    throw Diagnostic(
      "a condition is true or false, and this is of type \(program.type)", at: argument.place,
      code: "expression")
  }

  /// - Parameter place: where a byte of the text stands in the file.
  package mutating func compile(
    _ text: [UInt8], at place: (Int) -> Place
  ) throws(Diagnostic) -> Program {
    do throws(ExpressionFault) {
      return try Expression.compile(text, declaring: declarations, needs: &needs)
    } catch {
      throw Diagnostic(
        error.message, at: place(error.range.lowerBound), remedy: error.remedy,
        code: "expression")
    }
  }

  /// Whether an expression compiled so far reads the input line as it was.
  package var usesLine: Bool { needs.slots.contains(.variable("line")) }

  /// One worker's view of items, for all that has been compiled.
  package func values() -> ItemValues { ItemValues(needs, files) }

  private static func map(_ values: [String: String], _ kinds: [String: Parameter.Kind]) -> Value {
    let entries = values.sorted { $0.key < $1.key }.map { name, text in
      ValueMap.Entry(Value(name), Self.value(text, kinds[name]))
    }
    return .map(ValueMap(entries))
  }

  /// A parameter's text as its type says.
  private static func value(_ text: String, _ kind: Parameter.Kind?) -> Value {
    switch kind {
    case .int: Int64(text).map { .int($0) } ?? Value(text)
    case .double: Double(text).map { .double($0) } ?? Value(text)
    case .bool: .bool(text == "true")
    case .duration:
      Duration(written: text).flatMap { duration in
        TimeSpan(
          seconds: duration.components.seconds,
          nanoseconds: duration.components.attoseconds / 1_000_000_000)
      }.map { .duration($0) } ?? Value(text)
    case .string, .path, nil: Value(text)
    }
  }
}

/// What the expressions of a stage read of one item. One worker's.
package final class ItemValues {
  /// For the evaluators of the expressions; offsets are those of the batch's bytes.
  package let slots: Slots
  private let needs: [Needs.Slot]
  private let locator: RowLocator?
  /// Which slot each path of the locator fills.
  private let located: [Int]
  /// For each slot the path that fills it; nil for those of other things.
  private let paths: [Int?]
  private var isRecord = false
  private let files: InputFiles?
  /// The slots of these variables; `whole` is `this`.
  let whole: Int?
  private let number: Int?
  private let line: Int?
  private let file: Int?

  fileprivate init(_ needs: Needs, _ files: InputFiles?) {
    self.needs = needs.slots
    self.files = files
    slots = Slots(Array(repeating: .missing, count: needs.slots.count))
    var paths: [[FieldName]] = []
    var located: [Int] = []
    for (index, slot) in needs.slots.enumerated() {
      switch slot {
      case .variable("this"):
        paths.append([])
        located.append(index)
      case .field("this", let path):
        paths.append(path.map { FieldName($0.bytes) })
        located.append(index)
      default: break
      }
    }
    whole = needs.slots.firstIndex(of: .variable("this"))
    number = needs.slots.firstIndex(of: .variable("nr"))
    line = needs.slots.firstIndex(of: .variable("line"))
    file = needs.slots.firstIndex(of: .variable("file"))
    self.located = located
    self.paths = needs.slots.indices.map { located.firstIndex(of: $0) }
    locator = paths.isEmpty ? nil : RowLocator(paths: paths)
  }

  /// Reads item `i`. What stages put into slots themselves stays.
  package func load(_ batch: Batch, _ i: Int) {
    isRecord = batch.kind(i) != .line
    if let locator {
      if !isRecord {
        loadText(batch, i)
      } else {
        let range = batch.range(i)
        batch.withBytes { bytes in
          locator.locate(bytes, range, batch.tokens)
          locator.fill(slots, located, bytes)
        }
      }
    }
    if let number {
      let value = batch.number(i)
      slots[number] = .value(value == 0 ? .null : .int(Int64(clamping: value)))
    }
    if let line {
      slots[line] = batch.withOrigin(of: batch.number(i)) { line in
        guard let line else { return Slot.missing }
        return .value(.string(Text(line)))
      }
    }
    if let file {
      slots[file] = .value(files?.name(of: batch.number(i)).map { Value($0) } ?? .null)
    }
  }

  private func loadText(_ batch: Batch, _ i: Int) {
    let range = batch.range(i)
    for place in located { slots[place] = .noRecord }
    if let whole { slots[whole] = .text(offset: range.lowerBound, count: UInt32(range.count)) }
  }

  /// Where in the batch the field stands that fills a slot, if the item loaded last is a record that
  /// has it.
  package func place(ofSlot index: Int) -> FieldPlace? {
    guard isRecord, let locator, let path = paths[index] else { return nil }
    let place = locator[path]
    return place.isMissing ? nil : place
  }

  /// Puts a value into the slot of a variable of the stage's own, or of a call that it answers.
  package func set(_ slot: Needs.Slot, _ value: Value) {
    if let index = needs.firstIndex(of: slot) { slots[index] = .value(value) }
  }

  /// The same for a slot whose number is known, as `Gathering` tells it.
  package func set(slot index: Int, _ value: Value) { slots[index] = .value(value) }
}

extension Node {
  /// What to write instead where YAML may have ended an expression without quotes too early.
  fileprivate var ending: String? {
    guard scalar?.style == .plain, source.bytes.indices.contains(end.offset) else { return nil }
    let line = source.bytes[end.offset...].prefix { $0 != 0x0A && $0 != 0x0D }
    let rest = line.drop { $0 == 0x20 }
    switch rest.first {
    case UInt8(ascii: "#") where rest.count < line.count:
      return "what follows ' #' is a comment to YAML: quote the whole expression"
    case UInt8(ascii: ","):
      return "within {…} and […] a comma ends the value: quote the whole expression"
    default: return nil
    }
  }
}

extension Evaluator {
  /// The value for the item that was loaded last.
  package mutating func value(
    _ values: ItemValues, _ batch: Batch
  ) throws(Failure) -> Value {
    do throws(EvaluationFault) {
      return try batch.withBytes { (bytes) throws(EvaluationFault) in
        try evaluate(values.slots, in: bytes)
      }
    } catch { throw Failure(error) }
  }

  /// The same for a condition; a value that is no bool is a failure.
  package mutating func holds(_ values: ItemValues, _ batch: Batch) throws(Failure) -> Bool {
    do throws(EvaluationFault) {
      return try batch.withBytes { (bytes) throws(EvaluationFault) in
        try evaluateBool(values.slots, in: bytes)
      }
    } catch { throw Failure(error) }
  }
}

extension Failure {
  init(_ fault: EvaluationFault) {
    self.init(
      .expression, fault.message,
      remedy: fault.kind == .noRecord ? Failure.noRecord.remedy : nil)
  }

  /// What a line or value is not.
  init(_ fault: RecordFault) { self.init(.expression, "\(fault)") }
}
