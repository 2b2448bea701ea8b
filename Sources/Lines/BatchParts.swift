extension BatchBuilder {
  /// Takes over a part of each item of `range` with all that is known of it, until the builder is
  /// full. What is the same for all items is looked at once, not for each as by `keep`.
  ///
  /// - Parameter part: which bytes of an item are kept, counted from its first.
  /// - Returns: the first item that is left; the end of `range` if none is.
  @inlinable
  package mutating func keepParts(
    of batch: Batch, _ range: Range<Int>, _ part: (RawSpan) -> Range<Int>
  ) -> Int {
    precondition(range.lowerBound >= 0 && range.upperBound <= batch.count)
    var item = range.lowerBound
    guard shares(batch) else {
      while item < range.upperBound, !isFull {
        keep(batch, item, bytes: batch.withLine(item, part))
        item += 1
      }
      return item
    }
    let most = min(range.count, BatchBuilder.fullLines - table.count)
    if most <= 0 { return item }
    if table.isEmpty { table.reserveCapacity(max(tableHint, most)) }
    var size = byteCount
    table.append(addingCapacity: most) { (entries: inout OutputSpan<Extent>) in
      let bytes = unsafe RawSpan(
        _unsafeStart: UnsafeRawPointer(batch.storage.base), byteCount: batch.block.limit)
      let last = item + most
      while item < last, size < BatchBuilder.fullBytes {
        let extent = batch.block.table[batch.first &+ item]
        let kept = part(bytes.extracting(extent.range))
        precondition(kept.lowerBound >= 0 && kept.upperBound <= Int(extent.length))
        entries.append(
          Extent(start: extent.lower &+ kept.lowerBound, length: kept.count, tag: extent.tag))
        size &+= kept.count &+ 1
        item &+= 1
      }
    }
    byteCount = size
    note(batch)
    return item
  }
}
