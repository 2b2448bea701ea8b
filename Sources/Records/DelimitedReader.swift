package import Lines

/// Reads CSV, TSV and their kin: a record is a line, or several if a quoted field has newlines in it.
///
/// A byte order mark in front, and the return of lines that end in CR LF, are no part of a field.
/// Empty lines between records are passed over, unless there is only one column.
package struct DelimitedReader: RecordReader, ~Copyable {
  private let format: DelimitedFormat
  private let maxRecord: Int
  private var scan: DelimitedScan
  private var columns: DelimitedColumns
  private var isHeaderDue: Bool
  private var isAtStart = true
  private var out = BatchBuilder(delimiter: 0x0A)
  package private(set) var skipped: UInt64 = 0

  /// What is being read: bytes `next..<end` of `lines`, whose first line is `number`. At `end` a line
  /// may be left that is empty; behind it there is nothing.
  private var lines = Batch()
  private var next = 1
  private var end = 0
  private var number: UInt64 = 0
  /// The first line that no batch given out accounts for.
  private var covered: UInt64?

  /// The lines of a record whose last field is not closed yet, and the number of the first.
  private var pending: [UInt8] = []
  private var pendingNumber: UInt64?
  private var isEnded = false
  /// Met behind what is in `out`.
  private var failure: RecordInputFailure?
  /// The text of records of several lines, if the source keeps lines.
  private var longOrigins = BatchBuilder(delimiter: 0x0A)

  /// - Parameter maxRecord: in bytes.
  package init(_ format: DelimitedFormat, maxRecord: Int) {
    self.format = format
    self.maxRecord = maxRecord
    scan = DelimitedScan(format)
    columns = DelimitedColumns(format)
    isHeaderDue = format.hasHeader
  }

  package mutating func put(_ lines: Batch) {
    if lines.isEmpty { return }
    self.lines = lines
    next = lines.range(0).lowerBound
    end = lines.range(lines.count - 1).upperBound
    number = lines.number(0)
    if covered == nil { covered = number }
    scan.restart(at: next)
  }

  package mutating func endFile() { isEnded = true }

  package mutating func take() throws(RecordInputFailure) -> Batch? {
    if failure == nil { readLines() }
    if let batch = given() { return batch }
    if let failure {
      self.failure = nil
      throw failure
    }
    if isEnded { restart() }
    return nil
  }

  /// Reads until there is enough, nothing more, or a failure.
  private mutating func readLines() {
    let lines = lines
    do throws(RecordInputFailure) {
      try lines.withBytes { (bytes) throws(RecordInputFailure) in
        while next <= end, !out.isFull { try readRecord(bytes) }
      }
      if next > end, isEnded, let pendingNumber {
        self.pendingNumber = nil
        let fault = RecordFault(
          expected: "the closing quote of a field", found: .end, at: pending.count)
        throw RecordInputFailure(number: pendingNumber, reason: .fault(fault))
      }
    } catch {
      failure = error
    }
  }

  /// What has been read before the failure, if there is one, and not been given out; nil if that is
  /// nothing.
  private mutating func given() -> Batch? {
    let first = covered ?? number
    let behind = failure?.number ?? pendingNumber ?? number
    if out.isEmpty, first >= behind { return nil }
    covered = behind
    out.inherit(from: lines)
    var batch = out.take(covering: first..<behind)
    if !longOrigins.isEmpty { batch.addOrigins(longOrigins.take(covering: 0..<0)) }
    return batch
  }

  private mutating func restart() {
    isEnded = false
    isAtStart = true
    isHeaderDue = format.hasHeader
    columns = DelimitedColumns(format)
    pending = []
  }
}

// MARK: Records

extension DelimitedReader {
  private mutating func readRecord(_ bytes: RawSpan) throws(RecordInputFailure) {
    if isAtStart {
      isAtStart = false
      if bytes.extracting(0..<end).stands([0xEF, 0xBB, 0xBF], at: next) {
        next += 3
        scan.restart(at: next)
      }
    }
    if let pendingNumber { return try endPending(bytes, pendingNumber) }
    let start = next
    let first = number
    switch scan.record(bytes, from: start, to: end) {
    case .open: keepOpen(bytes, from: first)
    case .fault(let fault, let next):
      advance(to: next, lines: scan.innerNewlines + 1)
      try limit(next - 1 - start, first)
      throw RecordInputFailure(number: first, reason: .fault(fault.moved(by: -start)))
    case .record(let next):
      advance(to: next, lines: scan.innerNewlines + 1)
      try limit(next - 1 - start, first)
      try put(bytes, start..<next - 1, number: first)
    }
  }

  private mutating func advance(to next: Int, lines: Int) {
    self.next = next
    number += UInt64(lines)
  }

  /// A quoted field goes on in the lines to come.
  private mutating func keepOpen(_ bytes: RawSpan, from first: UInt64) {
    pending.removeAll(keepingCapacity: pending.capacity <= 1 << 20)
    pending.append(bytes.extracting(next..<end))
    pending.append(0x0A)
    pendingNumber = first
    advance(to: end + 1, lines: bytes.newlines(next..<end) + 1)
  }

  /// Looks for the end of the record that is open.
  private mutating func endPending(
    _ bytes: RawSpan, _ first: UInt64
  ) throws(RecordInputFailure) {
    var recordEnd: Int?
    switch scan.record(bytes, from: next, to: end, isOpen: true) {
    case .open: break
    case .record(let next), .fault(_, let next): recordEnd = next
    }
    let upper = recordEnd.map { $0 - 1 } ?? end
    pending.append(bytes.extracting(next..<upper))
    let behind = recordEnd ?? end + 1
    advance(to: behind, lines: bytes.newlines(next..<upper) + 1)
    try limit(pending.count, first)
    guard recordEnd != nil else {
      pending.append(0x0A)
      return
    }
    pendingNumber = nil
    let text = pending
    scan.restart(at: 0)
    let outcome = unsafe scan.record(text.span.bytes, from: 0, to: text.count)
    defer { scan.restart(at: next) }
    switch outcome {
    case .record: try unsafe put(text.span.bytes, 0..<text.count, number: first)
    case .fault(let fault, _):
      throw RecordInputFailure(number: first, reason: .fault(fault))
    // It can not be: its end was found.
    case .open: break
    }
  }

  private mutating func limit(_ size: Int, _ first: UInt64) throws(RecordInputFailure) {
    if size <= maxRecord { return }
    pendingNumber = nil
    throw RecordInputFailure(number: first, reason: .tooLong(limit: maxRecord))
  }

  /// Takes over the record found last, which is all of `range`.
  private mutating func put(
    _ bytes: RawSpan, _ range: Range<Int>, number first: UInt64
  ) throws(RecordInputFailure) {
    if isEmptyLine(range) { return }
    if isHeaderDue {
      isHeaderDue = false
      if format.columns == nil {
        columns.setHeader(scan.fields.prefix(scan.count).map { scan.text(bytes, $0) })
      }
      return
    }
    do throws(RecordFault) {
      switch try columns.append(scan, bytes, start: range.lowerBound, into: &out) {
      case .row: out.endLine(number: first, kind: .record)
      case .skipped: skipped += 1
      }
    } catch {
      out.abandonLine()
      throw RecordInputFailure(number: first, reason: .fault(error))
    }
    if scan.innerNewlines > 0, lines.hasOrigins {
      longOrigins.append(bytes.extracting(range))
      longOrigins.endLine(number: first)
    }
  }

  private func isEmptyLine(_ range: Range<Int>) -> Bool {
    guard scan.count == 1, columns.count != 1, let field = scan.fields.first else {
      return false
    }
    // A pair of quotes is a field.
    return field.lower == field.upper && field.lower == range.lowerBound
  }
}

extension RecordFault {
  func moved(by distance: Int) -> RecordFault {
    var moved = self
    moved.offset += distance
    return moved
  }
}

extension RawSpan {
  /// How many newlines there are in a part of it.
  fileprivate func newlines(_ range: Range<Int>) -> Int {
    var count = 0
    var from = range.lowerBound
    while let hit = extracting(0..<range.upperBound).firstOffset(of: 0x0A, from: from) {
      count += 1
      from = hit + 1
    }
    return count
  }
}
