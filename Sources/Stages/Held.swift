import Lines

/// Batches kept until the end of the stream, without more memory than their lines need.
struct HeldBatches {
  private(set) var batches: [Batch] = []
  /// Batches before this index have been given up.
  private var start = 0
  private(set) var count = 0

  mutating func append(_ batch: Batch) {
    if batch.isEmpty { return }
    batches.append(batch.compacted())
    count += batch.count
  }

  /// Gives up the oldest items.
  mutating func dropFirst(_ items: Int) {
    var left = items
    count -= items
    while left > 0 {
      let size = batches[start].count
      if size <= left {
        batches[start] = Batch()
        start += 1
        left -= size
      } else {
        batches[start] = batches[start].slice(left..<size).compacted()
        left = 0
      }
    }
    if start > 64, start * 2 > batches.count {
      batches.removeFirst(start)
      start = 0
    }
  }

  mutating func popFirst() -> Batch? {
    guard start < batches.count else { return nil }
    let batch = batches[start]
    dropFirst(batch.count)
    return batch
  }

  mutating func popLast() -> Batch? {
    guard start < batches.count, let batch = batches.popLast() else { return nil }
    count -= batch.count
    return batch
  }
}
