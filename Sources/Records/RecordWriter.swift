package import Lines

/// Makes the lines of an output of records. One output's.
package protocol RecordWriter: ~Copyable {
  /// Puts item `i` of `batch` into `out` as it is to be written, with its number; lines without a
  /// number, as a header, may come before it.
  ///
  /// - Throws: why it can not be written; `out` is as it was then.
  mutating func write(
    _ batch: Batch, _ i: Int, into out: inout BatchBuilder
  ) throws(RecordFault)

  /// At the end: what was held back. To be called until it returns false; `out` is to be emptied when
  /// it is full.
  mutating func finish(into out: inout BatchBuilder) -> Bool
}

extension RecordWriter where Self: ~Copyable {
  package mutating func finish(into out: inout BatchBuilder) -> Bool { false }
}

/// Records as JSON, one on a line; other items as they are.
package struct JSONLinesWriter: RecordWriter {
  package init() {}

  package mutating func write(
    _ batch: Batch, _ i: Int, into out: inout BatchBuilder
  ) throws(RecordFault) {
    guard batch.kind(i) == .record, let range = compactRange(batch, i) else {
      out.keep(batch, i)
      return
    }
    batch.withBytes { out.append(json: $0, row: range) }
    out.endLine(number: batch.number(i))
  }

  /// Nil for a row that is its own JSON.
  private func compactRange(_ batch: Batch, _ i: Int) -> Range<Int>? {
    let range = batch.range(i)
    return batch.withBytes { RowScan.isCompact($0, at: range.lowerBound) } ? range : nil
  }
}
