import Records

extension Function {
  static let times: [Function] = [
    part("getFullYear", "The year.", ("timestamp(0).getFullYear()", "1970")) { $0.year },
    part("getMonth", "The month, from 0.", ("timestamp(0).getMonth()", "0")) { $0.month - 1 },
    part("getDayOfMonth", "The day of the month, from 0.", ("timestamp(0).getDayOfMonth()", "0")) {
      $0.day - 1
    },
    part("getDate", "The day of the month, from 1.", ("timestamp(0).getDate()", "1")) { $0.day },
    part("getDayOfYear", "The day of the year, from 0.", ("timestamp(0).getDayOfYear()", "0")) {
      $0.dayOfYear
    },
    part(
      "getDayOfWeek", "The day of the week, from 0 on Sunday.", ("timestamp(0).getDayOfWeek()", "4")
    ) {
      $0.weekday
    },
    part(
      "getHours", "The hour; of a duration all its hours.",
      ("duration(\"90m\").getHours()", "1"), { $0.hour }, span: { $0.seconds / 3600 }),
    part(
      "getMinutes", "The minute; of a duration all its minutes.",
      ("duration(\"90m\").getMinutes()", "90"), { $0.minute }, span: { $0.seconds / 60 }),
    part(
      "getSeconds", "The second; of a duration all its seconds.",
      ("duration(\"90m\").getSeconds()", "5400"), { $0.second }, span: { $0.seconds }),
    part(
      "getMilliseconds", "The thousandths behind the second, also of a duration.",
      ("duration(\"1.5s\").getMilliseconds()", "500"), { $0.nanosecond / 1_000_000 },
      span: { Int64($0.nanoseconds) / 1_000_000 }),
    Function(
      "timestamp.parse",
      [
        "timestamp.parse(string, string) -> timestamp",
        "timestamp.parse(string, string, string) -> timestamp",
      ],
      "The point in time that the text tells in the form of strptime(3). Without %z or %s it is in "
        + "UTC or in the time zone given.",
      (
        "timestamp.parse(\"10/Oct/2026:13:55:36 +0000\", \"%d/%b/%Y:%H:%M:%S %z\")",
        "timestamp(\"2026-10-10T13:55:36Z\")"
      ),
      .many { (values) throws(Problem) in
        let zone = values.count > 2 ? try TimeZone.named(Text(try values[2].text())) : .utc
        let format = Strptime(try values[1].text())
        return .timestamp(try format.parse(try values[0].text(), in: zone))
      }),
    Function(
      "truncate", ["timestamp.truncate(duration) -> timestamp"],
      "The latest whole multiple of the duration since 1970 that is not later.",
      (
        "timestamp(\"2026-10-10T13:55:36Z\").truncate(duration(\"1h\"))",
        "timestamp(\"2026-10-10T13:00:00Z\")"
      ), .two(truncated)),
  ]

  /// A part of a timestamp, in UTC or in a zone, or of a duration.
  private static func part(
    _ name: String, _ summary: String, _ example: (String, String),
    _ part: @escaping @Sendable (CivilTime) -> Int, span: (@Sendable (TimeSpan) -> Int64)? = nil
  ) -> Function {
    Function(
      name,
      ["timestamp.\(name)() -> int", "timestamp.\(name)(string) -> int"]
        + (span == nil ? [] : ["duration.\(name)() -> int"]),
      summary, example,
      .many { (values) throws(Problem) in
        if let span, case .duration(let length) = values[0], values.count == 1 {
          return .int(span(length))
        }
        guard case .timestamp(let time) = values[0] else { throw .unsuited }
        let zone = values.count > 1 ? try TimeZone.named(Text(try values[1].text())) : .utc
        return .int(Int64(part(CivilTime(time, offset: zone.offset(at: time.seconds)))))
      })
  }

  @Sendable private static func truncated(
    _ value: Value, _ step: Value
  ) throws(Problem) -> Value {
    guard case .timestamp(let time) = value, case .duration(let span) = step else {
      throw .unsuited
    }
    let width = Int128(span.seconds) * 1_000_000_000 + Int128(span.nanoseconds)
    guard width > 0 else { throw Problem("truncate takes a duration greater than zero") }
    let whole = Int128(time.seconds) * 1_000_000_000 + Int128(time.nanoseconds)
    let rest = whole % width
    let start = whole - (rest < 0 ? rest + width : rest)
    let seconds = start >= 0 ? start / 1_000_000_000 : (start - 999_999_999) / 1_000_000_000
    guard
      let result = Timestamp(
        seconds: Int64(seconds), nanoseconds: Int32(start - seconds * 1_000_000_000))
    else { throw Problem("the timestamp is outside of the years 1 to 9999") }
    return .timestamp(result)
  }
}
