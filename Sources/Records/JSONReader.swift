package import Lines

/// Reads JSON values that stand one after another, each on its line, several on one, or one over many
/// lines. A value on a line of its own is not copied. A record has the number of the line it begins on.
///
/// A value that breaks off is told at its own place, not at the end of the input: what is held is
/// checked as it grows. Reading then goes on with the line in which it broke off.
package struct JSONReader: RecordReader, ~Copyable {
  private let maxRecord: Int
  private let checker = JSONChecker()
  private var out = BatchBuilder(delimiter: 0x0A)
  package let skipped: UInt64 = 0

  /// What is being read, from byte `column` of line `i` on.
  private var lines = Batch()
  private var i = 0
  private var column = 0
  /// Which of the items that were found in `lines` comes next.
  private var nextItem = 0
  /// To be read before `lines` goes on.
  private var again: [Batch] = []
  private var isAtStart = true
  /// The first line that no batch given out accounts for, and the first not read.
  private var covered: UInt64?
  private var number: UInt64 = 0

  /// A value that goes on in the lines to come.
  private var open: OpenValue?
  private var isEnded = false
  /// Met behind what is in `out`.
  private var failure: RecordInputFailure?
  private var longOrigins = BatchBuilder(delimiter: 0x0A)

  private struct OpenValue {
    /// Whole lines with their newlines.
    var text: [UInt8]
    var number: UInt64
    var boundary: JSONBoundary
    /// It is checked when it has twice this size.
    var checkedSize = 0
  }

  /// - Parameter maxRecord: in bytes.
  package init(maxRecord: Int) { self.maxRecord = maxRecord }

  package mutating func put(_ lines: Batch) {
    if lines.isEmpty { return }
    begin(lines)
    if covered == nil { covered = number }
  }

  private mutating func begin(_ lines: Batch) {
    self.lines = lines
    i = 0
    column = 0
    nextItem = 0
    if lines.isEmpty { return }
    number = lines.number(0)
    nextItem = lines.tokens?.firstNumber(from: lines.range(0).lowerBound) ?? 0
  }

  package mutating func endFile() { isEnded = true }

  package mutating func take() throws(RecordInputFailure) -> Batch? {
    if failure == nil { readLines() }
    if let batch = given() { return batch }
    if let failure {
      self.failure = nil
      throw failure
    }
    if isEnded {
      isEnded = false
      isAtStart = true
    }
    return nil
  }

  private mutating func readLines() {
    do throws(RecordInputFailure) {
      repeat {
        // Before a line of them is kept, so that the tokens go with the batch it is kept in.
        checker.lookThrough(&lines)
        while i < lines.count {
          if out.isFull { return }
          if open == nil, column == 0, !isAtStart { keepLines() }
          if i < lines.count, !out.isFull { try readLine() }
        }
      } while nextBatch()
      if isEnded { try endOpen() }
    } catch {
      failure = error
    }
  }

  private mutating func nextBatch() -> Bool {
    if again.isEmpty { return false }
    begin(again.removeLast())
    return true
  }

  private mutating func given() -> Batch? {
    let first = covered ?? number
    let behind = failure?.number ?? open?.number ?? number
    if out.isEmpty, first >= behind { return nil }
    covered = max(first, behind)
    out.inherit(from: lines)
    var batch = out.take(covering: first..<max(first, behind))
    if !longOrigins.isEmpty { batch.addOrigins(longOrigins.take(covering: 0..<0)) }
    return batch
  }
}

// MARK: Values

extension JSONReader {
  private mutating func readLine() throws(RecordInputFailure) {
    let line = lines
    try line.withBytes { (bytes) throws(RecordInputFailure) in
      let range = line.range(i)
      if isAtStart {
        isAtStart = false
        if bytes.extracting(range).stands([0xEF, 0xBB, 0xBF], at: 0) { column = 3 }
      }
      if open != nil { return try goOn(bytes, range) }
      let rest = range.lowerBound + column..<range.upperBound
      if let value = try? checker.check(bytes, rest) {
        keep(value)
        endLine()
      } else {
        try readPart(bytes, rest)
      }
    }
  }

  /// Takes lines as long as each is one value.
  private mutating func keepLines() {
    let lines = lines
    let tokens = lines.tokens
    lines.withBytes { bytes in
      while i < lines.count, !out.isFull {
        let range = lines.range(i)
        guard let value = checked(tokens, range) ?? (try? checker.check(bytes, range)) else {
          return
        }
        out.keep(
          lines, i,
          bytes: value.lowerBound &- range.lowerBound..<value.upperBound &- range.lowerBound,
          as: .record)
        number = lines.number(i) &+ 1
        i &+= 1
      }
    }
  }

  /// The value that the line at `range` was found to be when all were checked.
  @inline(__always)
  private mutating func checked(_ tokens: TokenTable?, _ range: Range<Int>) -> Range<Int>? {
    guard let tokens else { return nil }
    while nextItem < tokens.count {
      let value = tokens[nextItem].range
      if value.lowerBound >= range.upperBound { return nil }
      nextItem &+= 1
      if value.lowerBound >= range.lowerBound { return value }
    }
    return nil
  }

  private mutating func keep(_ value: Range<Int>) {
    let start = lines.range(i).lowerBound
    out.keep(
      lines, i, bytes: value.lowerBound - start..<value.upperBound - start, as: .record)
  }

  private mutating func endLine() {
    number = lines.number(i) + 1
    i += 1
    column = 0
  }

  /// The rest of a line that is not just one value.
  private mutating func readPart(
    _ bytes: RawSpan, _ rest: Range<Int>
  ) throws(RecordInputFailure) {
    let start = JSONDecoding.behindSpace(bytes.extracting(0..<rest.upperBound), rest.lowerBound)
    if start == rest.upperBound { return endLine() }
    var boundary = JSONBoundary()
    let end = boundary.end(bytes, start..<rest.upperBound)
    let line = lines.number(i)
    if end == nil, !boundary.isInString {
      var text = bytes.extracting(start..<rest.upperBound).array
      text.append(0x0A)
      open = OpenValue(text: text, number: line, boundary: boundary)
      return endLine()
    }
    do throws(RecordFault) {
      keep(try checker.check(bytes, start..<(end ?? rest.upperBound)))
      column = (end ?? rest.upperBound) - lines.range(i).lowerBound
    } catch {
      let fault = error.moved(by: start - lines.range(i).lowerBound)
      endLine()
      throw RecordInputFailure(number: line, reason: .fault(fault))
    }
  }

  /// A line of a value that began on one before.
  private mutating func goOn(
    _ bytes: RawSpan, _ range: Range<Int>
  ) throws(RecordInputFailure) {
    guard var value = open else { return }
    open = nil
    let end = value.boundary.end(bytes, range)
    value.text.append(bytes.extracting(range.lowerBound..<(end ?? range.upperBound)))
    if value.text.count > maxRecord {
      throw RecordInputFailure(number: value.number, reason: .tooLong(limit: maxRecord))
    }
    if let end {
      column = end - range.lowerBound
      try put(value)
      return
    }
    endLine()
    if value.boundary.isInString { throw broken(value, check(value) ?? JSONTokens.noValue) }
    value.text.append(0x0A)
    if value.text.count >= 2 * value.checkedSize {
      value.checkedSize = value.text.count
      if let fault = check(value), fault.found != .end { throw broken(value, fault) }
    }
    open = value
  }

  private func check(_ value: OpenValue) -> RecordFault? {
    do throws(RecordFault) {
      _ = try unsafe checker.check(value.text.span.bytes, 0..<value.text.count)
      return nil
    } catch {
      return error
    }
  }

  private mutating func put(_ value: OpenValue) throws(RecordInputFailure) {
    if let fault = check(value) { throw broken(value, fault) }
    unsafe out.append(oneLine: value.text.span.bytes)
    out.endLine(number: value.number, kind: .record)
    if lines.hasOrigins {
      longOrigins.append(value.text)
      longOrigins.endLine(number: value.number)
    }
  }

  /// What stands in the line of the fault is read again, as if a value began there, unless that is
  /// where this one began.
  private mutating func broken(_ value: OpenValue, _ fault: RecordFault) -> RecordInputFailure {
    let before = value.text.prefix(min(fault.offset, value.text.count))
    if let newline = before.lastIndex(of: 0x0A), newline + 1 < value.text.count {
      let number = value.number + UInt64(before.count { $0 == 0x0A })
      let rest = value.text[(newline + 1)...].split(
        separator: 0x0A, omittingEmptySubsequences: false)
      var texts = rest.map { Array($0) }
      if column > 0 {
        // The value ended within the line it was found in, which has more.
        texts.removeLast()
      } else if texts.last?.isEmpty == true {
        texts.removeLast()
      }
      readAgain(texts, from: number)
    }
    return RecordInputFailure(number: value.number, reason: .fault(fault))
  }

  private mutating func readAgain(_ texts: [[UInt8]], from number: UInt64) {
    if column > 0 { column = 0 }
    if i < lines.count { again.append(lines.slice(i..<lines.count)) }
    if texts.isEmpty { return begin(again.popLast() ?? Batch()) }
    begin(Batch.of(texts, firstNumber: number))
  }

  /// At the end of the input.
  private mutating func endOpen() throws(RecordInputFailure) {
    guard let value = open else { return }
    open = nil
    if let fault = check(value) {
      throw RecordInputFailure(number: value.number, reason: .fault(fault))
    }
  }
}
