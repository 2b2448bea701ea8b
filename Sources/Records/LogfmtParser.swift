package import Lines

/// Lines of `name=value` pairs with spaces between them. A value in quotes has JSON's escapes; nothing
/// behind the `=` is null, and a name without one is true. All other values are text. Of a name that
/// comes twice the last value counts.
package struct LogfmtParser: RecordParser {
  package init() {}

  private struct Pair {
    var name: Range<Int>
    /// Nil for null and true.
    var value: Range<Int>?
    var isEscaped = false
    var isTrue = false
  }

  private var pairs: [Pair] = []

  package mutating func parse(
    _ line: RawSpan, into out: inout BatchBuilder
  ) throws(RecordFault) {
    pairs.removeAll(keepingCapacity: true)
    var i = 0
    while true {
      while i < line.byteCount, line[i] <= 0x20 { i += 1 }
      if i == line.byteCount { break }
      pairs.append(try pair(line, &i))
    }
    out.beginRow()
    let areLast = NamesSeen.areLast(pairs.map(\.name), line)
    for (pair, isLast) in zip(pairs, areLast) where isLast {
      out.append(rowName: line.extracting(pair.name))
      if let value = pair.value {
        let text = line.extracting(value)
        if pair.isEscaped {
          unsafe out.append(rowText: JSONDecoding.unescaped(text).span.bytes)
        } else {
          out.append(rowText: text)
        }
      } else {
        out.append(byte: (pair.isTrue ? RowTag.isTrue : .null).rawValue)
      }
    }
    out.endRow()
  }

  private func pair(_ line: RawSpan, _ i: inout Int) throws(RecordFault) -> Pair {
    let start = i
    while i < line.byteCount, LogfmtText.isName(line[i]) { i += 1 }
    if i == start { throw fault("a name", line, i) }
    let name = start..<i
    if i == line.byteCount || line[i] <= 0x20 { return Pair(name: name, isTrue: true) }
    guard line[i] == UInt8(ascii: "=") else { throw fault("'=' behind the name", line, i) }
    i += 1
    if i < line.byteCount, line[i] == UInt8(ascii: "\"") { return try quoted(name, line, &i) }
    let valueStart = i
    while i < line.byteCount, line[i] > 0x20 {
      if line[i] == UInt8(ascii: "\"") {
        throw fault("no quote within a value that does not begin with one", line, i)
      }
      i += 1
    }
    return Pair(name: name, value: i > valueStart ? valueStart..<i : nil)
  }

  private func quoted(
    _ name: Range<Int>, _ line: RawSpan, _ i: inout Int
  ) throws(RecordFault) -> Pair {
    let start = i + 1
    i = start
    var isEscaped = false
    while i < line.byteCount, line[i] != UInt8(ascii: "\"") {
      if line[i] == UInt8(ascii: "\\") {
        isEscaped = true
        i = try behindEscape(line, i)
      } else {
        i += 1
      }
    }
    if i >= line.byteCount { throw fault("the closing quote", line, line.byteCount) }
    i += 1
    if i < line.byteCount, line[i] > 0x20 { throw fault("a space behind the value", line, i) }
    return Pair(name: name, value: start..<i - 1, isEscaped: isEscaped)
  }

  private func behindEscape(_ line: RawSpan, _ i: Int) throws(RecordFault) -> Int {
    guard i + 1 < line.byteCount, line[i + 1] == UInt8(ascii: "u") else { return i + 2 }
    for k in i + 2..<i + 6
    where k >= line.byteCount || JSONDecoding.hexDigit(line[k]) == nil {
      throw fault("four hexadecimal digits behind '\\u'", line, min(k, line.byteCount))
    }
    return i + 6
  }

  private func fault(_ expected: String, _ line: RawSpan, _ i: Int) -> RecordFault {
    RecordFault(expected: expected, in: line, at: i, start: 0, end: line.byteCount)
  }
}
