/// Changes what is known of a batch's items, but not their bytes. The table is copied with the first
/// change.
package struct Retagging {
  private let batch: Batch
  /// Of all items of the batch's block; empty as long as nothing has changed.
  private var table: ContiguousArray<Extent> = []
  private var hasMarks: Bool

  package init(_ batch: Batch) {
    self.batch = batch
    hasMarks = batch.hasMarks
  }

  /// - Parameter level: 0 to `Batch.mostBypassLevels`.
  package mutating func setBypass(_ level: Int, at i: Int) {
    let extent = extent(i)
    if extent.bypass == level { return }
    set(Extent.tag(number: extent.number, kind: extent.kind, bypass: level), at: i)
    if level > 0 { hasMarks = true }
  }

  /// Makes the item one of another kind; its bytes have to be good for that.
  package mutating func setKind(_ kind: ItemKind, at i: Int) {
    let extent = extent(i)
    set(Extent.tag(number: extent.number, kind: kind, bypass: extent.bypass), at: i)
    if kind != .line { hasMarks = true }
  }

  /// Takes the bypass level `level` from those items that have it.
  mutating func clearBypass(_ level: Int) {
    guard hasMarks else { return }
    var isMarked = false
    for i in 0..<batch.count {
      if extent(i).bypass == level { setBypass(0, at: i) }
      if !extent(i).isPlain { isMarked = true }
    }
    hasMarks = isMarked
  }

  /// The batch as it is after the changes.
  package var changed: Batch {
    var changed = batch
    changed.hasMarks = hasMarks
    if !table.isEmpty { changed.block = batch.block.with(table) }
    return changed
  }

  private func extent(_ i: Int) -> Extent {
    table.isEmpty ? batch.extent(i) : table[batch.first + i]
  }

  private mutating func set(_ tag: UInt64, at i: Int) {
    precondition(i >= 0 && i < batch.count, "There is no such item.")
    if table.isEmpty { table = batch.block.table }
    table[batch.first + i].tag = tag
  }
}

extension Batch {
  /// All items as those of another kind.
  package func asKind(_ kind: ItemKind) -> Batch {
    var changes = Retagging(self)
    for i in 0..<count { changes.setKind(kind, at: i) }
    return changes.changed
  }

  /// Without bypass level where it was `level`.
  package func withoutBypass(_ level: Int) -> Batch {
    var changes = Retagging(self)
    changes.clearBypass(level)
    return changes.changed
  }
}
