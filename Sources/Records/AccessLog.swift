package import Lines

/// Lines of the common and combined log formats (Apache's `mod_log_config`): `host ident user [time]
/// "method path protocol" status size`, and in the combined one `"referer" "agent"`.
///
/// A lone `-` is null; `time` is a timestamp, `status` and `size` are ints; `path` is the request's
/// target as it stands, with its query. A request that is not of three words is kept whole as
/// `request`, and then `method`, `path` and `protocol` are null.
package struct AccessLogParser: RecordParser {
  private let isCombined: Bool

  package init(isCombined: Bool) { self.isCombined = isCombined }

  private static let host = FieldName("host")
  private static let ident = FieldName("ident")
  private static let user = FieldName("user")
  private static let time = FieldName("time")
  private static let method = FieldName("method")
  private static let path = FieldName("path")
  private static let `protocol` = FieldName("protocol")
  private static let request = FieldName("request")
  private static let status = FieldName("status")
  private static let size = FieldName("size")
  private static let referer = FieldName("referer")
  private static let agent = FieldName("agent")

  package mutating func parse(
    _ line: RawSpan, into out: inout BatchBuilder
  ) throws(RecordFault) {
    var i = 0
    out.beginRow()
    try word(Self.host, line, &i, "a space behind the host", &out)
    try word(Self.ident, line, &i, "a space behind the identity", &out)
    // A user's name may have spaces, even brackets: the time begins with a digit.
    try user(line, &i, &out)
    try time(line, &i, &out)
    try request(line, &i, &out)
    try number(Self.status, line, &i, "a status", &out)
    try expect(UInt8(ascii: " "), line, &i, "a space behind the status")
    try number(Self.size, line, &i, "a size or '-'", &out)
    if isCombined {
      try expect(UInt8(ascii: " "), line, &i, "a space behind the size")
      try quoted(Self.referer, line, &i, "the referer in quotes", &out)
      try expect(UInt8(ascii: " "), line, &i, "a space behind the referer")
      try quoted(Self.agent, line, &i, "the agent in quotes", &out)
    }
    // Many servers are told to write more; it is no part of the format.
    out.endRow()
  }

  private func word(
    _ name: FieldName, _ line: RawSpan, _ i: inout Int, _ expected: StaticString,
    _ out: inout BatchBuilder
  ) throws(RecordFault) {
    guard let end = line.firstOffset(of: UInt8(ascii: " "), from: i), end > i else {
      throw fault(expected, line, line.byteCount)
    }
    out.field(name, orNull: line.extracting(i..<end))
    i = end &+ 1
  }

  private func user(
    _ line: RawSpan, _ i: inout Int, _ out: inout BatchBuilder
  ) throws(RecordFault) {
    var from = i
    while let bracket = line.firstOffset(of: UInt8(ascii: "["), from: from) {
      if bracket > i &+ 1, line[bracket &- 1] == UInt8(ascii: " "),
        bracket &+ 1 < line.byteCount, line[bracket &+ 1] &- 0x30 < 10
      {
        out.field(Self.user, orNull: line.extracting(i..<bracket &- 1))
        i = bracket &+ 1
        return
      }
      from = bracket &+ 1
    }
    throw fault("the time in brackets", line, line.byteCount)
  }

  /// `10/Oct/2000:13:55:36 -0700]`
  private func time(
    _ line: RawSpan, _ i: inout Int, _ out: inout BatchBuilder
  ) throws(RecordFault) {
    guard let day = ClockText.digits(line, i, 2), let month = ClockText.month(line, i + 3),
      let year = ClockText.digits(line, i + 7, 4), let time = ClockText.time(line, i + 12),
      let zone = ClockText.zone(line, i + 21), i + 26 < line.byteCount,
      line[i + 26] == UInt8(ascii: "]"),
      let seconds = ClockText.seconds(
        CivilDate(year: year, month: month, day: day), time: time, zone: zone),
      let time = Timestamp(seconds: seconds)
    else { throw fault("a time as 10/Oct/2000:13:55:36 -0700", line, i) }
    out.field(Self.time, .timestamp(time))
    i += 27
    try expect(UInt8(ascii: " "), line, &i, "a space behind the time")
  }

  private func request(
    _ line: RawSpan, _ i: inout Int, _ out: inout BatchBuilder
  ) throws(RecordFault) {
    let (text, isEscaped) = try quotes(line, &i, "the request in quotes")
    let first = line.firstOffset(of: UInt8(ascii: " "), from: text.lowerBound) ?? text.upperBound
    let second = line.firstOffset(of: UInt8(ascii: " "), from: first &+ 1) ?? text.upperBound
    let third = line.firstOffset(of: UInt8(ascii: " "), from: second &+ 1) ?? text.upperBound
    if second < text.upperBound, third >= text.upperBound, !isEscaped {
      out.field(Self.method, text: line.extracting(text.lowerBound..<first))
      out.field(Self.path, text: line.extracting(first &+ 1..<second))
      out.field(Self.protocol, text: line.extracting(second &+ 1..<text.upperBound))
    } else {
      for name in [Self.method, Self.path, Self.protocol] { out.nullField(name) }
      field(Self.request, line.extracting(text), isEscaped, &out)
    }
    try expect(UInt8(ascii: " "), line, &i, "a space behind the request")
  }

  private func number(
    _ name: FieldName, _ line: RawSpan, _ i: inout Int, _ expected: StaticString,
    _ out: inout BatchBuilder
  ) throws(RecordFault) {
    if i < line.byteCount, line[i] == UInt8(ascii: "-") {
      out.nullField(name)
      i += 1
      return
    }
    var number: Int64 = 0
    let start = i
    while i < line.byteCount, line[i] &- 0x30 < 10, i - start < 18 {
      number = number * 10 + Int64(line[i] &- 0x30)
      i += 1
    }
    if i == start || i < line.byteCount && line[i] != UInt8(ascii: " ") {
      throw fault(expected, line, i)
    }
    out.field(name, int: number)
  }

  private func quoted(
    _ name: FieldName, _ line: RawSpan, _ i: inout Int, _ expected: StaticString,
    _ out: inout BatchBuilder
  ) throws(RecordFault) {
    let (text, isEscaped) = try quotes(line, &i, expected)
    field(name, line.extracting(text), isEscaped, &out)
  }

  private func field(
    _ name: FieldName, _ text: RawSpan, _ isEscaped: Bool, _ out: inout BatchBuilder
  ) {
    if isEscaped {
      unsafe out.field(name, text: AccessLogParser.unescaped(text).span.bytes)
    } else {
      out.field(name, orNull: text)
    }
  }

  /// What stands between quotes, and whether there is an escape in it.
  private func quotes(
    _ line: RawSpan, _ i: inout Int, _ expected: StaticString
  ) throws(RecordFault) -> (text: Range<Int>, isEscaped: Bool) {
    guard i < line.byteCount, line[i] == UInt8(ascii: "\"") else {
      throw fault(expected, line, i)
    }
    let start = i &+ 1
    var isEscaped = false
    var from = start
    while let quote = line.firstOffset(of: UInt8(ascii: "\""), from: from) {
      // Escaped by an odd number of backslashes.
      var slash = quote
      while slash > start, line[slash &- 1] == UInt8(ascii: "\\") { slash &-= 1 }
      if slash < quote { isEscaped = true }
      if (quote &- slash) % 2 == 0 {
        i = quote &+ 1
        if !isEscaped {
          isEscaped =
            line.extracting(start..<quote).firstOffset(of: UInt8(ascii: "\\")) != nil
        }
        return (start..<quote, isEscaped)
      }
      from = quote &+ 1
    }
    throw fault("the closing quote", line, line.byteCount)
  }

  /// Quotes, backslashes and what cannot be printed are written with a backslash by the servers.
  private static func unescaped(_ text: RawSpan) -> [UInt8] {
    var bytes: [UInt8] = []
    var i = 0
    while i < text.byteCount {
      guard text[i] == UInt8(ascii: "\\"), i + 1 < text.byteCount else {
        bytes.append(text[i])
        i += 1
        continue
      }
      i += 2
      switch text[i - 1] {
      case UInt8(ascii: "n"): bytes.append(0x0A)
      case UInt8(ascii: "t"): bytes.append(0x09)
      case UInt8(ascii: "r"): bytes.append(0x0D)
      case UInt8(ascii: "x"):
        if i + 2 <= text.byteCount, let high = JSONDecoding.hexDigit(text[i]),
          let low = JSONDecoding.hexDigit(text[i + 1])
        {
          bytes.append(high << 4 | low)
          i += 2
        } else {
          bytes += [UInt8(ascii: "\\"), UInt8(ascii: "x")]
        }
      case let other where other == UInt8(ascii: "\"") || other == UInt8(ascii: "\\"):
        bytes.append(other)
      case let other: bytes += [UInt8(ascii: "\\"), other]
      }
    }
    return bytes
  }

  private func expect(
    _ byte: UInt8, _ line: RawSpan, _ i: inout Int, _ expected: StaticString
  ) throws(RecordFault) {
    guard i < line.byteCount, line[i] == byte else { throw fault(expected, line, i) }
    i &+= 1
  }

  private func fault(_ expected: StaticString, _ line: RawSpan, _ i: Int) -> RecordFault {
    RecordFault(
      expected: "\(expected)", in: line, at: min(i, line.byteCount), start: 0, end: line.byteCount)
  }
}

extension BatchBuilder {
  /// The text, or null for a lone `-`, by which logs say that there is nothing.
  mutating func field(_ name: FieldName, orNull text: RawSpan) {
    if text.byteCount == 1, text[0] == UInt8(ascii: "-") {
      nullField(name)
    } else {
      field(name, text: text)
    }
  }
}
