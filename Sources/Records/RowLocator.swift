package import Lines

/// Finds the fields that a pipeline's expressions name, all of them in one pass over a row and without
/// allocating. One worker's.
package final class RowLocator {
  /// For each path, in its order, the place of what was found.
  private let places: [Int]
  private let table: PathTable
  private let index = JSONIndex()
  private let found: FoundPlaces
  /// The number that the next row has in a table of tokens, if it comes behind the one before.
  private var guess = 0

  /// - Parameter paths: the names on the way to each field; an empty path is the row itself.
  package init(paths: [[FieldName]]) {
    let tree = PathTree(paths)
    places = tree.places
    table = PathTable(tree)
    found = FoundPlaces(count: tree.placeCount)
  }

  /// Looks into the row that is all of `range`. Of fields with the same name the last one is found.
  ///
  /// - Parameter tokens: those of the batch whose bytes these are.
  package func locate(_ bytes: RawSpan, _ range: Range<Int>, _ tokens: TokenTable? = nil) {
    found.forgetAll()
    let root = table.node(0)
    if RowScan.isCompact(bytes, at: range.lowerBound) {
      visit(root, bytes, compact: range.lowerBound)
    } else {
      visit(root, bytes, json: range, isRow: true, tokens)
    }
  }

  package func locate(_ batch: Batch, _ i: Int) {
    batch.withBytes { bytes in locate(bytes, batch.range(i), batch.tokens) }
  }

  /// What was found last for path `i`. Its offsets are those of the bytes that were searched.
  package subscript(i: Int) -> FieldPlace { found[places[i]] }

  /// Sets slots to what was found last.
  ///
  /// - Parameters:
  ///   - numbers: for each path that of its slot.
  ///   - bytes: those that were searched.
  package func fill(_ slots: Slots, _ numbers: [Int], _ bytes: RawSpan) {
    for i in places.indices { slots[numbers[i]] = found[places[i]].slot(in: bytes) }
  }

  private func visit(_ node: PathTable.Node, _ bytes: RawSpan, compact offset: Int) {
    if node.place >= 0 { found[node.place] = RowScan.place(bytes, at: offset) }
    if node.isLeaf { return }
    switch RowScan.tag(bytes, offset) {
    case .map: visitFields(node, bytes, compact: offset)
    case .json: visit(node, bytes, json: RowScan.lengthened(bytes, at: offset + 1))
    default: break
    }
  }

  private func visitFields(_ node: PathTable.Node, _ bytes: RawSpan, compact offset: Int) {
    // No name is there twice, so that behind the last one found nothing has to be looked for.
    var left = node.childCount
    var next = offset &+ 1
    while bytes[next] != RowTag.end.rawValue {
      let name = RowScan.lengthened(bytes, at: next &+ 1)
      let child = table.child(node, bytes, name)
      if child >= 0 {
        visit(table.node(child), bytes, compact: name.upperBound)
        left &-= 1
        if left == 0 { return }
      }
      next = RowScan.end(bytes, at: name.upperBound)
    }
  }

  private func visit(
    _ node: PathTable.Node, _ bytes: RawSpan, json range: Range<Int>,
    isRow: Bool = false, _ tokens: TokenTable? = nil
  ) {
    if node.place >= 0 { found[node.place] = JSONDecoding.place(bytes, range) }
    guard !node.isLeaf, bytes[range.lowerBound] == UInt8(ascii: "{") else { return }
    // JSON was checked when it became a row, and so there is no fault in it.
    let known = KnownMap(tokens, range, &guess)
    if isRow, let known, known.shape == found.shape {
      return known.withText(bytes) { map in
        found.forEachSpot { t, next in map.place(t, next, bytes) }
      }
    }
    try? index.withMap(bytes, range, known, table) { walk in
      // Of a value within a row the names would be taken for those of the row.
      if isRow {
        found.forgetSpots()
        walk.rowFields(node, bytes, found)
        found.shape = walk.shape
      } else {
        found.shape = 0
        _ = walk.fields(node, 1, bytes, found)
      }
    }
  }
}
