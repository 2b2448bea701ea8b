import Expressions
import Lines
import PipelineModel
import Records
import YAMLTree

/// What items are grouped by: one expression, whose value is the field `key` of the results, or
/// several, each with a name of its own.
struct Grouping: Sendable {
  let fields: [(name: FieldName, program: Program)]

  /// The form of the argument in a manual.
  static let type = FieldType.oneOf([.expression, .mapping(of: .expression)])

  /// All items in one group.
  static let whole = Grouping(fields: [])

  private init(fields: [(name: FieldName, program: Program)]) { self.fields = fields }

  init(_ argument: Argument, _ expressions: inout ItemExpressions) throws(Diagnostic) {
    guard let named = argument.mapping else {
      fields = [("key", try expressions.compile(argument))]
      return
    }
    if named.isEmpty {
      throw Diagnostic("'by' names nothing to group by", at: argument.place, code: "missing-value")
    }
    var fields: [(name: FieldName, program: Program)] = []
    for one in named { fields.append((FieldName(one.name), try expressions.compile(one.argument))) }
    self.fields = fields
  }

  /// By the whole item.
  init(whole expressions: inout ItemExpressions, at place: Place) throws(Diagnostic) {
    fields = [("key", try expressions.compile(Array("this".utf8)) { _ in place })]
  }

  func reader() -> KeyReader { KeyReader(self) }

  /// Appends the fields of key `number` to the row that is being made.
  func write(_ number: Int, of table: KeyTable, into out: inout BatchBuilder) {
    if fields.count == 1 {
      table.write(number, as: fields[0].name, into: &out)
    } else {
      write(table[number], into: &out)
    }
  }

  func write(_ key: Value, into out: inout BatchBuilder) {
    if fields.count == 1 { return out.field(fields[0].name, key) }
    guard case .list(let parts) = key else { return }
    for (field, part) in zip(fields, parts) { out.field(field.name, part) }
  }
}

/// Reads the keys of items. One worker's.
struct KeyReader {
  private var evaluators: [Evaluator]
  /// The slot whose value is the key, if that is all.
  private let slot: Int?

  fileprivate init(_ grouping: Grouping) {
    evaluators = grouping.fields.map { $0.program.evaluator() }
    slot = grouping.fields.count == 1 ? grouping.fields[0].program.copiedSlot : nil
  }

  /// The key of the item that was loaded last; of several fields the list of them.
  mutating func key(_ values: ItemValues, _ batch: Batch) throws(Failure) -> Value {
    if evaluators.count == 1 { return try evaluators[0].value(values, batch) }
    var parts: [Value] = []
    parts.reserveCapacity(evaluators.count)
    for index in evaluators.indices { parts.append(try evaluators[index].value(values, batch)) }
    return .list(parts)
  }

  /// The number of the key of item `i`, which is loaded if it has to be; nil if it would be one more
  /// than `limit`.
  mutating func number(
    of i: Int, _ values: ItemValues, _ batch: Batch, in table: inout KeyTable, limit: Int
  ) throws(Failure) -> (number: Int, isNew: Bool)? {
    // A line that is itself the key is looked up where it stands, without a slot for it.
    if let slot, slot == values.whole, batch.kind(i) == .line {
      return batch.withLine(i) { table.insert(text: $0, limit: limit) }
    }
    values.load(batch, i)
    return try number(values, batch, in: &table, limit: limit)
  }

  /// The number of the key of the item that was loaded last; nil if it would be one more than
  /// `limit`.
  mutating func number(
    _ values: ItemValues, _ batch: Batch, in table: inout KeyTable, limit: Int
  ) throws(Failure) -> (number: Int, isNew: Bool)? {
    // Text that is all of the key is looked up where it stands.
    if let slot, case .text(let offset, let count) = values.slots[slot] {
      return batch.withBytes { bytes in
        table.insert(text: bytes.extracting(offset..<offset + Int(count)), limit: limit)
      }
    }
    return table.insert(try key(values, batch), limit: limit)
  }
}

/// How many groups there may be, and what becomes of an item that would make one more.
struct GroupBound: Sendable {
  let limit: Int
  /// Such items are counted together instead of failing.
  let gathersRest: Bool
  /// What their group is called.
  static let rest = Value("(other)")

  static func fields(default limit: Int) -> [Field] {
    [
      Field(
        "max_keys", .int(1...1_000_000_000), default: "\(limit)",
        "How many different keys there may be."),
      Field(
        "excess", .choice(["fail", "other"]), defaultNote: "fail",
        "What becomes of an item whose key would be one more: it fails, or goes into one last group "
          + "whose key is (other)."),
    ]
  }

  init(_ arguments: Arguments) {
    limit = arguments.int("max_keys") ?? 1_000_000
    gathersRest = arguments.string("excess") == "other"
  }

  var failure: Failure {
    Failure(
      .tooLarge, "there are more than \(limit) different keys",
      remedy: "raise 'max_keys', or put the rest together with 'excess: other'")
  }
}
