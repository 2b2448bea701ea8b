import Lines

/// A part of the items in memory: as they came, or in order.
struct SortRun {
  private(set) var bytes: [UInt8] = []
  private(set) var entries: [SortEntry] = []

  var isEmpty: Bool { entries.isEmpty }
  /// What is held, in bytes.
  var weight: Int { bytes.count + entries.count * MemoryLayout<SortEntry>.stride }

  /// Lets all items go.
  mutating func removeAll(keepingCapacity: Bool) {
    bytes.removeAll(keepingCapacity: keepingCapacity)
    entries.removeAll(keepingCapacity: keepingCapacity)
  }

  /// Adds item `i`. What `makeKey` appends is its key.
  ///
  /// - Parameter makeKey: returns the rank of the key, and whether the item itself is the key.
  mutating func append(
    _ batch: Batch, _ i: Int,
    _ makeKey: (inout [UInt8]) throws(Failure) -> (rank: UInt8, isItem: Bool)
  ) throws(Failure) {
    let start = bytes.count
    let made: (rank: UInt8, isItem: Bool)
    do throws(Failure) { made = try makeKey(&bytes) } catch {
      bytes.removeSubrange(start...)
      throw error
    }
    let keyLength = bytes.count - start
    batch.withLine(i) { bytes.append($0) }
    let hasOrigin = batch.hasOrigins && appendOrigin(batch, i)
    entries.append(
      SortEntry(
        in: bytes, from: start, keyLength: made.isItem ? nil : keyLength,
        itemLength: batch.length(i), number: batch.number(i), kind: batch.kind(i), rank: made.rank,
        hasOrigin: hasOrigin))
  }

  private mutating func appendOrigin(_ batch: Batch, _ i: Int) -> Bool {
    batch.withOrigin(of: batch.number(i)) { line in
      guard let line else { return false }
      bytes.append(high: UInt64(line.byteCount), bytes: 4)
      bytes.append(line)
      return true
    }
  }

  /// The items in order, those with equal keys as they came. Their bytes are in that order too, so
  /// that who goes through them reads on and on; lines that are the same have theirs in common.
  ///
  /// - Parameter unique: of items with equal keys only the first is there.
  func sorted(descending: Bool, unique: Bool) -> SortRun {
    var words = SortWords(self, descending: descending)
    var sorted = SortRun()
    sorted.entries.reserveCapacity(entries.count)
    var size = 0
    for place in words.order() where !(unique && place.isRepeat) {
      var entry = entries[Int(place.index)]
      if place.isRepeat { entry.noteRepeat() }
      if !entry.repeatsBytes { size += entry.extent(in: bytes).count }
      sorted.entries.append(entry)
    }
    sorted.take(bytes, size)
    return sorted
  }

  /// Copies the bytes of the entries, `size` of them, out of `source`.
  private mutating func take(_ source: [UInt8], _ size: Int) {
    bytes.reserveCapacity(size)
    var last = 0
    for i in entries.indices {
      if !entries[i].repeatsBytes {
        last = bytes.count
        bytes.append(source, entries[i].extent(in: source))
      }
      entries[i].start = last
    }
  }
}
