extension Batch {
  /// All items in order as they are to be written, each followed by `delimiter`, in as few pieces as
  /// can be: neighbours in storage go out in one piece, and small pieces are gathered first.
  ///
  /// - Parameter body: called for each piece; what it throws ends the walk. A piece of 16 KiB or more
  ///   whose delimiter does not follow it in storage is given without it; that comes with the next.
  package func withContiguousRuns<E: Error>(
    delimiter: UInt8, _ body: (RawSpan) throws(E) -> Void
  ) throws(E) {
    try block.storage.withBytes(upTo: block.limit) { (bytes) throws(E) in
      if count == 0 { return }
      let first = run(from: 0, delimiter: delimiter, in: bytes)
      if first.next == count, first.isEnded { return try body(bytes.extracting(first.bytes)) }
      var scratch = BatchBuilder(delimiter: delimiter, capacity: Batch.gathered)
      var i = 0
      while i < count {
        let run = run(from: i, delimiter: delimiter, in: bytes)
        if run.bytes.count < Batch.gathered / 4 {
          scratch.append(bytes.extracting(run.bytes))
          if scratch.openLineLength >= Batch.gathered { try scratch.flush(body) }
        } else {
          try scratch.flush(body)
          try body(bytes.extracting(run.bytes))
        }
        if !run.isEnded { scratch.append(byte: delimiter) }
        i = run.next
      }
      try scratch.flush(body)
    }
  }

  /// Items from `i` on that lie one behind the other, each but perhaps the last with its delimiter.
  private func run(
    from i: Int, delimiter: UInt8, in bytes: RawSpan
  ) -> (bytes: Range<Int>, next: Int, isEnded: Bool) {
    let start = extent(i).lower
    if i == 0, block.ending == delimiter, liveBytes <= Batch.largestRun {
      return (start..<start + liveBytes, count, true)
    }
    var end = extent(i).upper
    var next = i + 1
    while end < block.limit, bytes[end] == delimiter {
      end += 1
      if next == count || extent(next).lower != end || end - start >= Batch.largestRun {
        return (start..<end, next, true)
      }
      end = extent(next).upper
      next += 1
    }
    return (start..<end, next, false)
  }

  /// Pieces smaller than a quarter of this are gathered into one of this size: a system call costs
  /// more than copying them.
  private static let gathered = 64 << 10
  private static let largestRun = 1 << 20
}

extension BatchBuilder {
  fileprivate mutating func flush<E: Error>(_ body: (RawSpan) throws(E) -> Void) throws(E) {
    if openLineLength == 0 { return }
    try storage.withBytes(upTo: used) { (bytes) throws(E) in try body(bytes) }
    abandonLine()
  }
}
