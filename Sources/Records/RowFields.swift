import Lines

/// The fields of a row that is a map, in their order, found in one pass. One worker's.
final class RowFields {
  struct Field {
    /// The bytes of the name; of JSON without the quotes, with its escapes.
    var name: Range<Int>
    var value: Range<Int>
    /// Which of the names asked for this is; -1 for none of them.
    var match: Int
    /// In a row whose tokens are known: that of the name, and the one behind the value.
    var tokens = 0..<0
  }

  private let index = JSONIndex()
  private let table: PathTable
  private let keepsOthers: Bool
  private let found = FoundFields()
  private(set) var isJSON = false
  /// Names in JSON may be written with escapes.
  private(set) var hasEscapes = false
  /// Whether the fields are those of the row before, at the same tokens.
  private(set) var areAsBefore = false
  /// What is known of the row in the table of tokens.
  private(set) var item: TokenTable.Item?
  /// The number that the next row has in a table of tokens, if it comes behind the one before.
  private var guess = 0
  /// That of the fields found; 0 if it is not known.
  private var shape: UInt64 = 0

  /// - Parameters:
  ///   - names: those that are looked for, each once.
  ///   - keepsOthers: false leaves out fields of other names.
  init(_ names: [FieldName], keepsOthers: Bool = true) {
    table = PathTable(PathTree(names.map { [$0] }))
    self.keepsOthers = keepsOthers
  }

  /// Of the row read last.
  var count: Int { found.count }
  subscript(i: Int) -> Field { found[i] }

  /// - Parameter tokens: those of the batch whose bytes these are.
  /// - Throws: a fault if the row is no map.
  func read(
    _ bytes: RawSpan, _ range: Range<Int>, _ tokens: TokenTable? = nil
  ) throws(RecordFault) {
    try RowFields.expectMap(bytes, range)
    let known = find(range, tokens)
    areAsBefore = shape != 0 && known?.shape == shape
    if areAsBefore, let known {
      hasEscapes = known.hasEscapes
      return known.withText(bytes) { found.findAgain($0) }
    }
    shape = 0
    found.removeAll()
    isJSON = !RowScan.isCompact(bytes, at: range.lowerBound)
    hasEscapes = false
    if isJSON { try readJSON(bytes, range, known) } else { readCompact(bytes, range.lowerBound) }
  }

  private func find(_ range: Range<Int>, _ tokens: TokenTable?) -> KnownMap? {
    // One access instead of one for each call: each is checked.
    var next = guess
    let known = KnownMap(tokens, range, &next)
    guess = next
    item = known?.item
    return known
  }

  /// Lets the next row be none that is as the one before.
  func forget() { shape = 0 }

  /// - Throws: a fault if the row is no map.
  static func expectMap(_ bytes: RawSpan, _ range: Range<Int>) throws(RecordFault) {
    let first = bytes[range.lowerBound]
    if first == UInt8(ascii: "{") || first == RowTag.map.rawValue { return }
    let place = place(bytes, range)
    throw RecordFault(
      expected: "a record", found: .other("\(place.value(in: bytes).typeName)"), at: 0)
  }

  /// The value that is all of `range`, of a field of the row read last.
  @inline(__always)
  func place(_ bytes: RawSpan, _ range: Range<Int>) -> FieldPlace {
    // That it has no escape is known of all of the row's texts.
    if isJSON, !hasEscapes, bytes[range.lowerBound] == UInt8(ascii: "\"") {
      return FieldPlace(
        .text, payload: range.lowerBound &+ 1..<range.upperBound &- 1, whole: range, isJSON: true)
    }
    return RowFields.place(bytes, range)
  }

  /// Where the whole row is, as a place.
  static func place(_ bytes: RawSpan, _ range: Range<Int>) -> FieldPlace {
    RowScan.isCompact(bytes, at: range.lowerBound)
      ? RowScan.place(bytes, at: range.lowerBound) : JSONDecoding.place(bytes, range)
  }

  private func readCompact(_ bytes: RawSpan, _ offset: Int) {
    let root = table.node(0)
    var next = offset &+ 1
    while bytes[next] != RowTag.end.rawValue {
      let name = RowScan.lengthened(bytes, at: next &+ 1)
      next = RowScan.end(bytes, at: name.upperBound)
      // Nodes are numbered from 1 in the order of the names.
      let match = max(-1, child(root, bytes, name) &- 1)
      if match < 0, !keepsOthers { continue }
      found.add(Field(name: name, value: name.upperBound..<next, match: match))
    }
  }

  /// The field is mostly that which stood there in the row before.
  @inline(__always)
  private func child(_ root: PathTable.Node, _ bytes: RawSpan, _ name: Range<Int>) -> Int {
    let before = found.matchBefore &+ 1
    if before > 0, table.isNamed(before, bytes, name) { return before }
    return table.child(root, bytes, name)
  }

  private func readJSON(
    _ bytes: RawSpan, _ range: Range<Int>, _ known: KnownMap?
  ) throws(RecordFault) {
    let root = table.node(0)
    try index.withMap(bytes, range, known, table) { walk in
      hasEscapes = walk.map.hasEscapes
      shape = walk.shape
      walk.forEachField { k, t, next in
        let match = max(-1, walk.child(root, t, k) &- 1)
        if match < 0, !keepsOthers { return }
        found.add(
          Field(
            name: walk.map.name(t), value: walk.map.value(t, next), match: match, tokens: t..<next))
      }
    }
  }
}
