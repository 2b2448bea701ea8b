/// Applies a pattern: one worker's. Finding is unanchored and leftmost.
package final class Matcher {
  private let searches: [Search]
  /// The search that found the last match of `next`.
  private var last: Search
  private let acrossLines: Search?
  private let literals: LiteralSet?
  private let required: Search?
  /// True if batches whose lines are ended by the newline can be searched whole.
  private let delimitsByNewline: Bool

  init(_ pattern: Pattern, delimiter: UInt8) {
    searches = pattern.codes.map { Search($0) }
    last = searches[0]
    acrossLines = pattern.acrossLines.map { Search($0) }
    literals = pattern.literals
    required = pattern.required.map { Search($0) }
    delimitsByNewline = delimiter == 0x0A
  }

  /// Whether the pattern matches anywhere in `line`.
  package func matches(_ line: RawSpan) throws(PatternLimit) -> Bool {
    if let acrossLines, line.firstOffset(of: 0x0A) == nil {
      if let literals { return literals.firstOffset(in: line, from: 0) != nil }
      // A line without the required text never reaches the limit, here as in a batch.
      if let required, required.find(in: line) == .none { return false }
      return try acrossLines.matches(line)
    }
    for search in searches where try search.matches(line) { return true }
    return false
  }

  // MARK: Matches within a line

  /// Where the search for the next match in a line goes on.
  package struct Progress: Sendable {
    /// Where it begins, in bytes from the start of the line.
    package var position = 0
    /// Where the match before ended.
    package var previousEnd = -1

    package init() {}
  }

  /// The next match in `line`: they are disjoint, and an empty one never stands right behind another,
  /// as in `sed`. `group` then tells the groups.
  package func next(
    in line: RawSpan, _ progress: inout Progress
  ) throws(PatternLimit) -> Range<Int>? {
    while progress.position <= line.byteCount {
      guard let match = try leftmost(in: line, from: progress.position) else { break }
      if match.isEmpty, match.lowerBound == progress.previousEnd {
        progress.position =
          match.lowerBound < line.byteCount
          ? match.lowerBound + utf8Width(line, match.lowerBound) : line.byteCount + 1
        continue
      }
      progress.previousEnd = match.upperBound
      progress.position = max(match.upperBound, progress.position)
      return match
    }
    progress.position = line.byteCount + 1
    return nil
  }

  /// What group `i` spans in the match that `next` gave last; nil if it took no part in it.
  package func group(_ i: Int) -> Range<Int>? { last.group(i) }

  private func leftmost(in line: RawSpan, from: Int) throws(PatternLimit) -> Range<Int>? {
    var best: Range<Int>?
    for search in searches {
      guard try search.matches(line, from: from) else { continue }
      if let found = best, found.lowerBound <= search.match.lowerBound { continue }
      best = search.match
      last = search
    }
    return best
  }

  // MARK: Lines of a batch

  /// Keeps the items that match, or with `invert` those that do not, from `item` up to `end` or until
  /// `out` is full, and moves `item` behind the last one looked at. Just what `matches` says of each
  /// on its own, but found by searching whole runs of lines.
  ///
  /// - Throws: the limit; `item` is then the line that reached it.
  package func select(
    _ batch: Batch, _ item: inout Int, upTo end: Int, invert: Bool = false,
    into out: inout BatchBuilder
  ) throws(PatternLimit) {
    var run = Run()
    while item < end, !out.isFull {
      let start = item
      let isFound: Bool
      do throws(PatternLimit) {
        isFound = try nextMatching(batch, &item, upTo: end, &run)
      } catch {
        if invert { out.keepAll(batch, start..<item) }
        throw error
      }
      if invert { out.keepAll(batch, start..<item) }
      if isFound {
        if !invert { out.keep(batch, item) }
        item += 1
      }
    }
  }

  /// Neighbouring lines that are searched together, remembered from one call to the next.
  package struct Run: Sendable {
    fileprivate var items = 0..<0
    /// A line of this run reaches the limit: each is searched on its own, so that a failure never
    /// depends on a line's neighbours.
    fileprivate var isSingle = false
    /// Lines that had the required text.
    fileprivate var candidates = 0

    /// Looking for the required text first pays as long as few lines have it.
    fileprivate func prefers(required lines: Int) -> Bool { candidates * 4 < lines }

    package init() {}
  }

  /// Moves `item` to the first item at or behind it that matches, or to `end`.
  ///
  /// - Parameter run: one value for the calls about one batch.
  /// - Returns: true if there is one before `end`.
  /// - Throws: the limit; `item` is then the line that reached it.
  package func nextMatching(
    _ batch: Batch, _ item: inout Int, upTo end: Int, _ run: inout Run
  ) throws(PatternLimit) -> Bool {
    guard let acrossLines, delimitsByNewline, !batch.hasInnerDelimiters else {
      return try nextSingly(batch, &item, upTo: end)
    }
    return try batch.withBytes { (bytes) throws(PatternLimit) in
      while item < end {
        if !run.items.contains(item) {
          run.items = item..<batch.endOfRun(from: item, upTo: end, in: bytes)
          run.isSingle = false
        }
        let last = min(run.items.upperBound, end)
        if run.isSingle {
          if try nextSingly(batch, &item, upTo: last) { return true }
          continue
        }
        let start = batch.range(run.items.lowerBound).lowerBound
        let subject = bytes.extracting(start..<batch.range(last - 1).upperBound)
        let from = batch.range(item).lowerBound - start
        if let literals {
          guard let hit = literals.firstOffset(in: subject, from: from) else {
            item = last
            continue
          }
          item = batch.item(at: start + hit, from: item, upTo: last)
          return true
        }
        if let required, run.prefers(required: batch.count) {
          switch required.find(in: subject, from: from) {
          case .none: item = last
          case .limit: run.isSingle = true
          case .match:
            item = batch.item(at: start + required.match.lowerBound, from: item, upTo: last)
            run.candidates += 1
            if try acrossLines.matches(bytes.extracting(batch.range(item))) { return true }
            item += 1
          }
          continue
        }
        switch acrossLines.find(in: subject, from: from) {
        case .none: item = last
        case .limit: run.isSingle = true
        case .match:
          item = batch.item(at: start + acrossLines.match.lowerBound, from: item, upTo: last)
          return true
        }
      }
      return false
    }
  }

  private func nextSingly(
    _ batch: Batch, _ item: inout Int, upTo end: Int
  ) throws(PatternLimit) -> Bool {
    while item < end {
      let isFound = try batch.withLine(item) { (line) throws(PatternLimit) in
        try matches(line)
      }
      if isFound { return true }
      item += 1
    }
    return false
  }
}

extension Search {
  fileprivate func matches(_ subject: RawSpan, from start: Int = 0) throws(PatternLimit) -> Bool {
    switch find(in: subject, from: start) {
    case .match: return true
    case .none: return false
    case .limit: throw PatternLimit()
    }
  }
}

extension Batch {
  /// The end of the run of items that begins with `i`: each lies right behind the newline of the one
  /// before.
  func endOfRun(from i: Int, upTo end: Int, in bytes: RawSpan) -> Int {
    if block.ending == 0x0A { return end }
    var next = i + 1
    var upper = extent(i).upper
    while next < end, extent(next).lower == upper + 1, bytes[upper] == 0x0A {
      upper = extent(next).upper
      next += 1
    }
    return next
  }

  /// The item in which `offset` lies, its delimiter counted in, among items in storage order.
  func item(at offset: Int, from i: Int, upTo end: Int) -> Int {
    // Doubling steps from `i`: the match is mostly near.
    var lower = i
    var step = 1
    while lower + step < end, extent(lower + step).lower <= offset {
      lower += step
      step *= 2
    }
    var upper = min(lower + step, end)
    while upper - lower > 1 {
      let middle = (lower + upper) / 2
      if extent(middle).lower <= offset { lower = middle } else { upper = middle }
    }
    return lower
  }
}
