import Expressions
import Lines
import PipelineModel
import Records
import YAMLTree

/// What one stage looks up, and what it does with it. Shared by all workers.
struct LookupTable: Sendable {
  var table: RecordTable
  var missing: String
  /// Of the file, for messages.
  var name: String
  /// Whether the result is what was found alone, for `into`.
  var isAlone: Bool
  /// Whether keys stand for values and not for records.
  var isValue: Bool

  init(table: RecordTable, missing: String, name: String, isAlone: Bool) {
    self.table = table
    self.missing = missing
    self.name = name
    self.isAlone = isAlone
    isValue = table.holdsValues
  }
}

struct LookupTransform: Transform {
  private let lookup: LookupTable
  private let values: ItemValues
  private var evaluator: Evaluator
  private let setting: Setting
  private let editor: RowEditor
  /// Finds in a record of the table the fields that are set.
  private let locator: RowLocator
  private var sources: [FieldSource]

  init(
    _ lookup: LookupTable, _ values: ItemValues, _ evaluator: Evaluator, _ setting: Setting
  ) {
    self.lookup = lookup
    self.values = values
    self.evaluator = evaluator
    self.setting = setting
    editor = RowEditor(set: lookup.table.fields)
    // Behind the fields the row itself.
    locator = RowLocator(paths: lookup.table.fields.map { [$0] } + [[]])
    sources = lookup.table.fields.map { _ in .unchanged }
  }

  mutating func process(
    _ batch: Batch, _ cursor: inout Cursor, upTo end: Int, into out: inout BatchBuilder
  ) throws(Failure) -> Progress {
    while cursor.item < end {
      if out.isFull { return .full }
      try look(batch, cursor.item, &out)
      cursor.advance()
    }
    return .done
  }

  private mutating func look(
    _ batch: Batch, _ i: Int, _ out: inout BatchBuilder
  ) throws(Failure) {
    values.load(batch, i)
    let key = try evaluator.value(values, batch)
    let isAlone = lookup.isAlone || batch.kind(i) == .line
    let row = key.isNothing ? nil : key.spelling.withSpan { lookup.table.row(of: $0) }
    if let row {
      try Text(row).withSpan { (row) throws(Failure) in
        if isAlone {
          let kind = out.append(itemOf: row)
          try out.endResult(like: batch, i, setting, kind: kind)
        } else {
          try find(row)
          try out.append(batch, i, editedBy: editor, sources, setting)
        }
      }
      return
    }
    switch lookup.missing {
    case "drop": break
    case "null" where isAlone: try out.appendItem(.null, like: batch, i, setting)
    case "null":
      for k in sources.indices { sources[k] = .value(.null) }
      try out.append(batch, i, editedBy: editor, sources, setting)
    default: throw notFound(key)
    }
  }

  /// Sets the sources of the fields that are set to what a row of the table has.
  private mutating func find(_ row: RawSpan) throws(Failure) {
    if lookup.isValue {
      sources[0] = .row(row.array)
      return
    }
    locator.locate(row, 0..<row.byteCount)
    guard locator[sources.count].kind == .map else {
      throw Failure(
        .expression, "the file \(Node.quoted(lookup.name)) has a value there, and no record",
        remedy: "name the field that takes it: 'into: NAME' beside 'lookup'")
    }
    for k in sources.indices {
      let place = locator[k]
      sources[k] = place.isMissing ? .unchanged : .row(row.extracting(place.whole).array)
    }
  }

  private func notFound(_ key: Value) -> Failure {
    let said = key.isNothing ? "the key is null" : "it has no '\(key.spelling.string.prefix(60))'"
    return Failure(
      .expression, "the file \(Node.quoted(lookup.name)): \(said)",
      remedy: "'missing: null' or 'missing: drop' says what becomes of such items")
  }
}
