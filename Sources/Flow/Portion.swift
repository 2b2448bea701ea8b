/// What queues and gathers move: something with a weight that can be divided between two of its
/// lines.
@usableFromInline package protocol Portion: Sendable {
  /// How many items are in it; one that only accounts for dropped items has none.
  var lines: Int { get }
  /// What it weighs in memory, in bytes.
  var bytes: Int { get }
  /// What its first item weighs; 0 if there is none.
  var firstBytes: Int { get }
  /// Takes as many items as fit both bounds off the front, one at the least. Of a portion with no
  /// items it takes all. What is taken weighs, as its own `bytes` tells, no more than `bytes` unless
  /// it is that one; a bound may be 0.
  mutating func takePrefix(lines: Int, bytes: Int) -> Self
}

/// How a writer closes what it wrote to.
@usableFromInline package enum Closing<Cause: Sendable>: Sendable {
  /// No more lines, all is well: the reader gives what it holds.
  case end
  /// No more lines, the stream is broken here: the reader throws away what it holds.
  case cut(Cause)
}

extension Closing: Equatable where Cause: Equatable {}
extension Closing: Hashable where Cause: Hashable {}
