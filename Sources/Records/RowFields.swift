import Lines

/// The fields of a row that is a map, in their order, found in one pass. One worker's.
final class RowFields {
  struct Field {
    /// The bytes of the name; of JSON without the quotes, with its escapes.
    var name: Range<Int>
    var value: Range<Int>
    /// Which of the names asked for this is; -1 for none of them.
    var match: Int
  }

  private let index = JSONIndex()
  private let table: PathTable
  private(set) var fields: [Field] = []
  private(set) var isJSON = false
  /// Names in JSON may be written with escapes.
  private(set) var hasEscapes = false

  /// - Parameter names: those that are looked for, each once.
  init(_ names: [FieldName]) { table = PathTable(PathTree(names.map { [$0] })) }

  /// - Throws: a fault if the row is no map.
  func read(_ bytes: RawSpan, _ range: Range<Int>) throws(RecordFault) {
    fields.removeAll(keepingCapacity: true)
    isJSON = !RowScan.isCompact(bytes, at: range.lowerBound)
    hasEscapes = false
    if isJSON, bytes[range.lowerBound] == UInt8(ascii: "{") {
      try readJSON(bytes, range)
    } else if !isJSON, RowScan.tag(bytes, range.lowerBound) == .map {
      readCompact(bytes, range.lowerBound)
    } else {
      let place = RowFields.place(bytes, range)
      throw RecordFault(
        expected: "a record", found: .other("\(place.value(in: bytes).typeName)"), at: 0)
    }
  }

  /// Where the whole row is, as a place.
  static func place(_ bytes: RawSpan, _ range: Range<Int>) -> FieldPlace {
    RowScan.isCompact(bytes, at: range.lowerBound)
      ? RowScan.place(bytes, at: range.lowerBound) : JSONDecoding.place(bytes, range)
  }

  private func readCompact(_ bytes: RawSpan, _ offset: Int) {
    let root = table.node(0)
    RowScan.forEachField(bytes, at: offset) { name, value in
      fields.append(
        Field(
          name: name, value: value..<RowScan.end(bytes, at: value),
          // Nodes are numbered from 1 in the order of the names.
          match: max(-1, table.child(root, bytes, name) - 1)))
    }
  }

  private func readJSON(_ bytes: RawSpan, _ range: Range<Int>) throws(RecordFault) {
    let root = table.node(0)
    try index.withText(bytes, range) { text in
      hasEscapes = text.firstOffset(of: UInt8(ascii: "\\"), from: 0) < text.length
      let walk = FieldWalk(
        text: text, table: table, offset: range.lowerBound, hasEscapes: hasEscapes)
      walk.forEachField { name, value, t in
        fields.append(Field(name: name, value: value, match: max(-1, walk.child(root, t) - 1)))
      }
    }
  }
}
