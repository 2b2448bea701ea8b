package import Lines

/// Records of a file, each found by the text of its key: numbers and booleans in their usual spelling,
/// so that 7 and "7" are the same. Shared by all workers.
package struct RecordTable: Sendable {
  private var keys = LineTable()
  /// What each key stands for, one row behind the other, and where each ends.
  private var rows: [UInt8] = []
  private var ends: [Int] = []
  /// The names of the fields that its records have, in the order in which they came, without the key's;
  /// with only one value wanted that one's.
  package internal(set) var fields: [FieldName] = []

  /// Whether the rows are values of one field, and not records.
  package internal(set) var holdsValues = false

  init() {}

  package var count: Int { keys.count }

  /// - Returns: false if the key is there already, and then nothing is added.
  mutating func add(_ key: RawSpan, _ row: RawSpan) -> Bool {
    if !keys.insert(key).isNew { return false }
    rows.append(row)
    ends.append(rows.count)
    return true
  }

  /// The row that `key` stands for, a copy; nil if there is none.
  package func row(of key: RawSpan) -> [UInt8]? {
    guard let index = keys.index(of: key) else { return nil }
    let start = index == 0 ? 0 : ends[index - 1]
    return Array(rows[start..<ends[index]])
  }
}

/// Why a file is no table.
package struct RecordTableFault: Error, Sendable, Equatable {
  /// About "the file": "line 3: there is no field 'id'".
  package var message: String
  package var remedy: String?

  init(_ message: String, remedy: String? = nil) {
    self.message = message
    self.remedy = remedy
  }
}

extension BatchBuilder {
  /// Appends a row that is to be an item: a text as it is, which makes a line, every other value as a
  /// record.
  ///
  /// - Returns: what the item is; the line is still open.
  package mutating func append(itemOf row: RawSpan) -> ItemKind {
    let place = RowFields.place(row, 0..<row.byteCount)
    switch place.kind {
    case .text:
      if place.isEscaped {
        append(place.text(in: row).bytes)
        noteInnerDelimiters()
      } else {
        let text = row.extracting(place.payload)
        if !place.isJSON { noteInnerDelimiters() }
        append(text)
      }
      return .line
    case .bytes:
      append(row.extracting(place.payload))
      noteInnerDelimiters()
      return .line
    default:
      if !place.isJSON { noteInnerDelimiters() }
      append(row.extracting(place.whole))
      return .record
    }
  }
}
