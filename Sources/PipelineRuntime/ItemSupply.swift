import Lines
import Stages

/// One item of a batch with the input lines it accounts for.
struct ItemUnit: Sendable {
  let batch: Batch
  let index: Int
  let covered: Range<UInt64>

  var item: Item { batch.item(index) }
  var number: UInt64? { batch.number(index) == 0 ? nil : batch.number(index) }

  /// What can be said where the item fails: the lines before its own that it accounts for are done.
  var before: Output {
    let upper = min(max(covered.lowerBound, number ?? 0), covered.upperBound)
    return Output(batch: Batch(covering: covered.lowerBound..<upper))
  }

  /// An output with which the item leaves for good.
  func account(_ output: consuming Output) -> Output {
    output.batch.covered = covered
    output.counts.taken = batch.kind(index) == .mark ? 0 : 1
    output.counts.given += output.batch.itemCount
    output.number = number
    return output
  }
}

/// A batch handed out item by item.
struct ItemSupply: LineSupply {
  private let batch: Batch
  private var index = 0
  private var below: UInt64

  init(_ batch: Batch) {
    self.batch = batch
    below = batch.covered.lowerBound
  }

  var isEmpty: Bool { index >= batch.count }

  mutating func next(lines: Int) -> (unit: ItemUnit, lines: Int) {
    let isLast = index + 1 >= batch.count
    let upper = max(below, isLast ? batch.covered.upperBound : batch.number(index + 1))
    let unit = ItemUnit(batch: batch, index: index, covered: below..<upper)
    below = upper
    index += 1
    return (unit, 1)
  }
}
