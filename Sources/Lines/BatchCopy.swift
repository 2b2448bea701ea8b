extension BatchBuilder {
  /// Copies every item of `batch` with its delimiter, whatever storage it is in. No line is open.
  mutating func copyAll(_ batch: Batch) {
    // Asked for once, and not for each line.
    reserve(batch.liveBytes)
    let (target, room, delimiter) = unsafe (storage.base, storage.capacity, self.delimiter)
    var end = used
    table.append(addingCapacity: batch.count) { (entries: inout OutputSpan<Extent>) in
      let bytes = unsafe RawSpan(
        _unsafeStart: UnsafeRawPointer(batch.storage.base), byteCount: batch.block.limit)
      for i in 0..<batch.count {
        let extent = batch.extent(i)
        let line = bytes.extracting(extent.range)
        precondition(line.byteCount < room &- end, "A batch has more bytes than it says.")
        unsafe line.withUnsafeBytes { source in
          guard let start = source.baseAddress else { return }
          unsafe (target + end).copyMemory(from: start, byteCount: source.count)
        }
        entries.append(Extent(start: end, length: line.byteCount, tag: extent.tag))
        end &+= line.byteCount
        unsafe target.storeBytes(of: delimiter, toByteOffset: end, as: UInt8.self)
        end &+= 1
      }
    }
    byteCount += end - used
    used = end
    lineStart = end
  }
}
