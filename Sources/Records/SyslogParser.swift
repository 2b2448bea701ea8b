package import Lines

/// Lines of syslog, each in the form it has: RFC 5424, RFC 3164, or what a syslog daemon writes to its
/// files, which is RFC 3164 without the priority and sometimes with an RFC 3339 time.
///
/// The fields are `facility`, `severity`, `time`, `host`, `app`, `pid`, `msgid`, `data` and `message`,
/// null where the line has none; the last but one and `msgid` are of RFC 5424. Facility and severity
/// are ints, `data` a map of maps. A time of RFC 3164 has no year: it is text, unless a year is given,
/// and then in UTC.
package struct SyslogParser: RecordParser {
  private let year: Int?

  package init(year: Int?) { self.year = year }

  private static let facility = FieldName("facility")
  private static let severity = FieldName("severity")
  private static let time = FieldName("time")
  private static let host = FieldName("host")
  private static let app = FieldName("app")
  private static let pid = FieldName("pid")
  private static let msgid = FieldName("msgid")
  private static let data = FieldName("data")
  private static let message = FieldName("message")

  package mutating func parse(
    _ line: RawSpan, into out: inout BatchBuilder
  ) throws(RecordFault) {
    var i = 0
    out.beginRow()
    try priority(line, &i, &out)
    if i > 0, line.stands([UInt8(ascii: "1"), 0x20], at: i) {
      i += 2
      try modern(line, &i, &out)
    } else {
      try old(line, &i, &out)
    }
    out.endRow()
  }

  private func priority(
    _ line: RawSpan, _ i: inout Int, _ out: inout BatchBuilder
  ) throws(RecordFault) {
    guard line.byteCount > 0, line[0] == UInt8(ascii: "<") else {
      out.nullField(Self.facility)
      out.nullField(Self.severity)
      return
    }
    i = 1
    while i < min(line.byteCount, 4), line[i] &- 0x30 < 10 { i += 1 }
    guard let priority = ClockText.digits(line, 1, i - 1), i > 1, priority < 192,
      i < line.byteCount, line[i] == UInt8(ascii: ">")
    else { throw fault("a priority from <0> to <191>", line, min(i, line.byteCount)) }
    i += 1
    out.field(Self.facility, int: Int64(priority / 8))
    out.field(Self.severity, int: Int64(priority % 8))
  }

  // MARK: RFC 5424

  private func modern(
    _ line: RawSpan, _ i: inout Int, _ out: inout BatchBuilder
  ) throws(RecordFault) {
    let time = try word(line, &i, "a time")
    if time.count == 1, line[time.lowerBound] == UInt8(ascii: "-") {
      out.nullField(Self.time)
    } else {
      try put(time: time, line, &out)
    }
    for name in [Self.host, Self.app, Self.pid, Self.msgid] {
      let range = try word(line, &i, "four words and structured data")
      out.field(name, orNull: line.extracting(range))
    }
    try structuredData(line, &i, &out)
    guard i < line.byteCount else { return out.nullField(Self.message) }
    if line[i] != 0x20 { throw fault("a space before the message", line, i) }
    i += 1
    // A byte order mark says that the message is UTF-8.
    if line.stands([0xEF, 0xBB, 0xBF], at: i) { i += 3 }
    out.field(Self.message, text: line.extracting(i..<line.byteCount))
  }

  private func put(
    time range: Range<Int>, _ line: RawSpan, _ out: inout BatchBuilder
  ) throws(RecordFault) {
    guard let time = ClockText.rfc3339(line.extracting(range)) else {
      throw fault("a time as 2003-10-11T22:14:15.003Z", line, range.lowerBound)
    }
    out.field(Self.time, .timestamp(time))
  }

  /// `-`, or elements `[id name="value" …]` one behind the other.
  private func structuredData(
    _ line: RawSpan, _ i: inout Int, _ out: inout BatchBuilder
  ) throws(RecordFault) {
    if i < line.byteCount, line[i] == UInt8(ascii: "-") {
      i += 1
      return out.nullField(Self.data)
    }
    guard i < line.byteCount, line[i] == UInt8(ascii: "[") else {
      throw fault("structured data or '-'", line, i)
    }
    var elements = ValueMapBuilder()
    while i < line.byteCount, line[i] == UInt8(ascii: "[") {
      i += 1
      let id = try name(line, &i, "an identifier")
      var parameters = ValueMapBuilder()
      while i < line.byteCount, line[i] == 0x20 {
        i += 1
        let name = try name(line, &i, "a name")
        parameters[.string(name)] = .string(try value(line, &i))
      }
      guard i < line.byteCount, line[i] == UInt8(ascii: "]") else { throw fault("']'", line, i) }
      i += 1
      elements[.string(id)] = .map(parameters.map())
    }
    out.field(Self.data, .map(elements.map()))
  }

  private func name(
    _ line: RawSpan, _ i: inout Int, _ expected: String
  ) throws(RecordFault) -> Text {
    let start = i
    while i < line.byteCount, line[i] > 0x20, line[i] != UInt8(ascii: "="),
      line[i] != UInt8(ascii: "]"), line[i] != UInt8(ascii: "\"")
    { i += 1 }
    if i == start { throw fault(expected, line, i) }
    return Text(line.extracting(start..<i))
  }

  /// `="value"`, in which a quote, a backslash and a bracket have a backslash before them.
  private func value(_ line: RawSpan, _ i: inout Int) throws(RecordFault) -> Text {
    guard line.stands(Array("=\"".utf8), at: i) else { throw fault("'=\"'", line, i) }
    i += 2
    var text: [UInt8] = []
    while i < line.byteCount, line[i] != UInt8(ascii: "\"") {
      let isEscape =
        line[i] == UInt8(ascii: "\\") && i + 1 < line.byteCount
        && "\"\\]".utf8.contains(line[i + 1])
      if isEscape { i += 1 }
      text.append(line[i])
      i += 1
    }
    if i == line.byteCount { throw fault("the closing quote", line, i) }
    i += 1
    return Text(text)
  }

  // MARK: RFC 3164

  private func old(
    _ line: RawSpan, _ i: inout Int, _ out: inout BatchBuilder
  ) throws(RecordFault) {
    if i < line.byteCount, line[i] &- 0x30 < 10 {
      try put(time: word(line, &i, "a time"), line, &out)
    } else {
      try oldTime(line, &i, &out)
    }
    let host = try word(line, &i, "a host")
    out.field(Self.host, text: line.extracting(host))
    tag(line, &i, &out)
    out.nullField(Self.msgid)
    out.nullField(Self.data)
    out.field(Self.message, text: line.extracting(i..<line.byteCount))
  }

  /// `Oct 11 22:14:15 `, the day with a space for its first digit.
  private func oldTime(
    _ line: RawSpan, _ i: inout Int, _ out: inout BatchBuilder
  ) throws(RecordFault) {
    let isPadded = i + 4 < line.byteCount && line[i + 4] == 0x20
    guard let month = ClockText.month(line, i),
      let day = ClockText.digits(line, i + (isPadded ? 5 : 4), isPadded ? 1 : 2), day > 0,
      let time = ClockText.time(line, i + 7), i + 15 < line.byteCount, line[i + 15] == 0x20
    else { throw fault("a time as Oct 11 22:14:15", line, min(i, line.byteCount)) }
    if let year {
      guard
        let seconds = ClockText.seconds(
          CivilDate(year: year, month: month, day: day), time: time, zone: 0),
        let time = Timestamp(seconds: seconds)
      else { throw fault("a day of \(year)", line, i) }
      out.field(Self.time, .timestamp(time))
    } else {
      out.field(Self.time, text: line.extracting(i..<i + 15))
    }
    i += 16
  }

  /// `app[pid]: `, or `app: `; without a colon all is the message.
  private func tag(_ line: RawSpan, _ i: inout Int, _ out: inout BatchBuilder) {
    var end = i
    while end < line.byteCount, line[end] > 0x20, line[end] != UInt8(ascii: ":"),
      line[end] != UInt8(ascii: "[")
    { end += 1 }
    var pid: Range<Int>?
    var colon = end
    if end < line.byteCount, line[end] == UInt8(ascii: "["),
      let close = line.firstOffset(of: UInt8(ascii: "]"), from: end)
    {
      pid = end + 1..<close
      colon = close + 1
    }
    guard end > i, colon < line.byteCount, line[colon] == UInt8(ascii: ":") else {
      out.nullField(Self.app)
      return out.nullField(Self.pid)
    }
    out.field(Self.app, text: line.extracting(i..<end))
    if let pid { out.field(Self.pid, text: line.extracting(pid)) } else { out.nullField(Self.pid) }
    i = colon + 1
    if i < line.byteCount, line[i] == 0x20 { i += 1 }
  }

  // MARK: Both

  private func word(
    _ line: RawSpan, _ i: inout Int, _ expected: String
  ) throws(RecordFault) -> Range<Int> {
    guard let end = line.firstOffset(of: 0x20, from: i), end > i else {
      throw fault(expected, line, i)
    }
    defer { i = end + 1 }
    return i..<end
  }

  private func fault(_ expected: String, _ line: RawSpan, _ i: Int) -> RecordFault {
    let at = min(i, line.byteCount)
    return RecordFault(expected: expected, in: line, at: at, start: 0, end: line.byteCount)
  }
}
