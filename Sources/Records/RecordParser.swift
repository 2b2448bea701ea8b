package import Lines

/// Reads a line as a record. One worker's.
package protocol RecordParser {
  /// Appends the row that `line` is to the open line of `out`.
  ///
  /// - Throws: why it is none; something may have been appended then.
  mutating func parse(_ line: RawSpan, into out: inout BatchBuilder) throws(RecordFault)

  /// Puts item `i` of `batch` into `out` as a record, with its number.
  ///
  /// - Throws: why it is none; `out` is as it was then.
  mutating func parse(
    _ batch: Batch, _ i: Int, into out: inout BatchBuilder
  ) throws(RecordFault)
}

extension RecordParser {
  package mutating func parse(
    _ batch: Batch, _ i: Int, into out: inout BatchBuilder
  ) throws(RecordFault) {
    do throws(RecordFault) {
      try batch.withLine(i) { (line) throws(RecordFault) in try parse(line, into: &out) }
    } catch {
      out.abandonLine()
      throw error
    }
    out.endLine(like: batch, i, kind: .record)
  }
}

/// A line that is JSON. It stays as it is and where it is.
package struct JSONParser: RecordParser {
  private let checker = JSONChecker()

  package init() {}

  package mutating func parse(
    _ line: RawSpan, into out: inout BatchBuilder
  ) throws(RecordFault) {
    let value = try checker.check(line, 0..<line.byteCount)
    out.append(oneLine: line.extracting(value))
  }

  package mutating func parse(
    _ batch: Batch, _ i: Int, into out: inout BatchBuilder
  ) throws(RecordFault) {
    let range = batch.range(i)
    let value = try batch.withBytes { (bytes) throws(RecordFault) -> Range<Int>? in
      let value = try checker.check(bytes, range)
      // Only where lines end in something else can one have newlines in it.
      let hasNewline =
        batch.hasInnerDelimiters
        && bytes.extracting(value).firstOffset(of: 0x0A) != nil
      return hasNewline ? nil : value
    }
    guard let value else {
      batch.withLine(i) { out.append(oneLine: $0) }
      out.endLine(like: batch, i, kind: .record)
      return
    }
    out.keep(
      batch, i, bytes: value.lowerBound - range.lowerBound..<value.upperBound - range.lowerBound,
      as: .record)
  }
}

extension BatchBuilder {
  /// Checked JSON without the newlines between its tokens, since a row is written as one line; the
  /// white space around a newline goes with it.
  mutating func append(oneLine json: RawSpan) {
    guard json.firstOffset(of: 0x0A) != nil else {
      append(json)
      return
    }
    var i = 0
    while i < json.byteCount {
      let end = json[i] == UInt8(ascii: "\"") ? JSONDecoding.end(json, at: i) : i + 1
      if !isJSONSpace(json[i]) { append(json.extracting(i..<end)) }
      i = end
    }
  }
}
