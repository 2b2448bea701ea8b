import Lines

/// The fields of a row that is a map, in their order, found in one pass. One worker's.
struct RowFields {
  struct Field {
    /// The bytes of the name; of JSON without the quotes, with its escapes.
    var name: Range<Int>
    var value: Range<Int>
    /// Which of the names asked for this is; -1 for none of them.
    var match: Int
  }

  private let index = JSONIndex()
  private let table: PathTable
  private let keepsOthers: Bool
  /// Of the row read last the first `count` are.
  private var found: [Field] = []
  private(set) var count = 0
  private(set) var isJSON = false
  /// Names in JSON may be written with escapes.
  private(set) var hasEscapes = false
  /// The number that the next row has in a table of tokens, if it comes behind the one before.
  private var guess = 0
  /// The tokens of the fields of the row before: of the name, and the one behind the value.
  private var tokensBefore: [(name: Int, next: Int, match: Int)] = []
  /// That row's shape; 0 if it is not known.
  private var shape: UInt64 = 0

  /// - Parameters:
  ///   - names: those that are looked for, each once.
  ///   - keepsOthers: false leaves out fields of other names.
  init(_ names: [FieldName], keepsOthers: Bool = true) {
    table = PathTable(PathTree(names.map { [$0] }))
    self.keepsOthers = keepsOthers
  }

  subscript(i: Int) -> Field { found[i] }

  @inline(__always)
  private mutating func add(_ field: Field) {
    if count == found.count { found.append(field) } else { found[count] = field }
    count &+= 1
  }

  /// - Parameter tokens: those of the batch whose bytes these are.
  /// - Throws: a fault if the row is no map.
  mutating func read(
    _ bytes: RawSpan, _ range: Range<Int>, _ tokens: TokenTable? = nil
  ) throws(RecordFault) {
    count = 0
    try RowFields.expectMap(bytes, range)
    isJSON = !RowScan.isCompact(bytes, at: range.lowerBound)
    hasEscapes = false
    if isJSON {
      try readJSON(bytes, range, tokens)
    } else {
      readCompact(bytes, range.lowerBound)
    }
  }

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

  /// The field is mostly that which stood there in the row before.
  @inline(__always)
  private func child(
    _ table: PathTable, _ root: PathTable.Node, _ bytes: RawSpan, _ name: Range<Int>
  ) -> Int {
    let before = count < found.count ? found[count].match &+ 1 : 0
    if before > 0, table.isNamed(before, bytes, name) { return before }
    return table.child(root, bytes, name)
  }

  private mutating func readCompact(_ bytes: RawSpan, _ offset: Int) {
    let table = table
    let root = table.node(0)
    var next = offset &+ 1
    while bytes[next] != RowTag.end.rawValue {
      let name = RowScan.lengthened(bytes, at: next &+ 1)
      next = RowScan.end(bytes, at: name.upperBound)
      // Nodes are numbered from 1 in the order of the names.
      let match = max(-1, child(table, root, bytes, name) &- 1)
      if match < 0, !keepsOthers { continue }
      add(Field(name: name, value: name.upperBound..<next, match: match))
    }
  }

  private mutating func readJSON(
    _ bytes: RawSpan, _ range: Range<Int>, _ tokens: TokenTable?
  ) throws(RecordFault) {
    let table = table
    let root = table.node(0)
    var guess = guess
    try index.withMap(bytes, range, tokens, &guess, table) { walk in
      hasEscapes = walk.hasEscapes
      if walk.shape != 0, walk.shape == shape {
        for (t, next, match) in tokensBefore {
          add(Field(name: walk.name(t), value: walk.value(t, next), match: match))
        }
        return
      }
      shape = walk.shape
      tokensBefore.removeAll(keepingCapacity: true)
      walk.forEachField { k, t, next in
        let match = max(-1, walk.child(root, t, k) &- 1)
        if match < 0, !keepsOthers { return }
        if shape != 0 { tokensBefore.append((t, next, match)) }
        add(Field(name: walk.name(t), value: walk.value(t, next), match: match))
      }
    }
    self.guess = guess
  }
}
