package import Lines

/// Why an input that is to be records can not be read as such.
package struct RecordInputFailure: Error, Sendable, Equatable {
  package enum Reason: Sendable, Equatable {
    /// The record is passed over: reading can go on behind it.
    case fault(RecordFault)
    /// Over the limit, in bytes: nothing more can be read.
    case tooLong(limit: Int)
  }

  /// The input line that the record begins with.
  package var number: UInt64
  package var reason: Reason

  package init(number: UInt64, reason: Reason) {
    self.number = number
    self.reason = reason
  }
}

/// Makes records of lines that come in batches as they lie in the input.
package protocol RecordReader: ~Copyable {
  /// Gives it lines, when `take` has returned nil.
  mutating func put(_ lines: Batch)

  /// Says that no more lines of this file will come. What is left then is taken as before; the next
  /// file begins anew, with a header of its own.
  mutating func endFile()

  /// The records there are, some at a time; nil if there are none in the lines given.
  ///
  /// - Throws: when the next record is none; those before it have been given.
  mutating func take() throws(RecordInputFailure) -> Batch?

  /// Records passed over by the policy for ragged ones.
  var skipped: UInt64 { get }
}
