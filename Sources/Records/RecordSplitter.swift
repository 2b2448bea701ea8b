package import Lines

/// The source's half of reading records: bytes go in as they come, batches of records come out. The
/// same for records as LineSplitter for lines, on which it stands.
package struct RecordSplitter<Reader: RecordReader & ~Copyable>: ~Copyable {
  private var splitter: LineSplitter
  private var reader: Reader

  /// - Parameter maxLine: in bytes, for a line as for a record.
  package init(
    _ reader: consuming Reader, maxLine: Int, keepsOrigins: Bool = false, firstNumber: UInt64 = 1
  ) {
    splitter = LineSplitter(
      delimiter: 0x0A, maxLine: maxLine, keepsOrigins: keepsOrigins, firstNumber: firstNumber)
    self.reader = reader
  }

  /// The number the next line gets.
  package var nextNumber: UInt64 { splitter.nextNumber }
  package var skipped: UInt64 { reader.skipped }

  /// Lets `read` put bytes into free space; it returns how many. All records should have been taken
  /// before.
  package mutating func fill<E: Error>(
    _ read: (UnsafeMutableRawBufferPointer) throws(E) -> Int
  ) throws(E) -> Int {
    try unsafe splitter.fill(read)
  }

  /// The records there are, some at a time; nil if there is none. A batch may be empty and account
  /// for lines that are no record, as a header is.
  ///
  /// - Throws: when the next record is none or over the limit; those before it have been given.
  package mutating func take() throws(RecordInputFailure) -> Batch? {
    while true {
      if let batch = try reader.take() { return batch }
      do throws(LineTooLong) {
        guard let lines = try splitter.take() else { return nil }
        reader.put(lines)
      } catch {
        throw RecordInputFailure(number: error.number, reason: .tooLong(limit: error.limit))
      }
    }
  }

  /// At the end of the input, or of one file of several: what is left, some at a time, then nil. All
  /// records have to be taken before.
  package mutating func finish() throws(RecordInputFailure) -> Batch? {
    if let last = splitter.finish() { reader.put(last) }
    reader.endFile()
    return try reader.take()
  }

  /// Forgets what was read but not taken.
  ///
  /// - Returns: the number of bytes dropped.
  package mutating func dropRest() -> Int { splitter.dropRest() }

  /// How many bytes have been read and not been given to the reader as lines.
  package var restBytes: Int { splitter.restBytes }
}
