extension BatchBuilder {
  /// A state to come back to, between two lines.
  package struct Mark: Sendable {
    fileprivate var count: Int
    fileprivate var byteCount: Int
    fileprivate var hasMarks: Bool
    fileprivate var hasInnerDelimiters: Bool
    fileprivate var origins: Int
  }

  package func mark() -> Mark {
    Mark(
      count: table.count, byteCount: byteCount, hasMarks: hasMarks,
      hasInnerDelimiters: hasInnerDelimiters, origins: origins.count)
  }

  /// Drops every line since `mark`, and the open one.
  package mutating func rollback(to mark: Mark) {
    table.removeLast(table.count - mark.count)
    isWhole = false
    byteCount = mark.byteCount
    hasMarks = mark.hasMarks
    hasInnerDelimiters = mark.hasInnerDelimiters
    origins.removeLast(origins.count - mark.origins)
    if owns {
      // Owned lines lie one behind the other, each with its delimiter.
      used = table.last.map { $0.upper + 1 } ?? 0
      lineStart = used
      written?.drop(from: used)
    }
  }
}
