import Lines

/// Parts of dates as logs write them.
package enum ClockText {
  /// The number of `count` digits at `offset`; nil if they are none.
  @inline(__always)
  static func digits(_ bytes: RawSpan, _ offset: Int, _ count: Int) -> Int? {
    guard offset + count <= bytes.byteCount else { return nil }
    var number = 0
    for i in offset..<offset + count {
      let digit = bytes[i] &- 0x30
      guard digit < 10 else { return nil }
      number = number * 10 + Int(digit)
    }
    return number
  }

  /// The month, 1 to 12, whose English name begins at `offset`.
  static func month(_ bytes: RawSpan, _ offset: Int) -> Int? {
    guard offset + 3 <= bytes.byteCount else { return nil }
    let name =
      UInt32(bytes[offset]) << 16 | UInt32(bytes[offset + 1]) << 8 | UInt32(bytes[offset + 2])
    switch name {
    case 0x4A616E: return 1
    case 0x466562: return 2
    case 0x4D6172: return 3
    case 0x417072: return 4
    case 0x4D6179: return 5
    case 0x4A756E: return 6
    case 0x4A756C: return 7
    case 0x417567: return 8
    case 0x536570: return 9
    case 0x4F6374: return 10
    case 0x4E6F76: return 11
    case 0x446563: return 12
    default: return nil
    }
  }

  /// `hh:mm:ss` at `offset`, in seconds. A leap second counts as the next one.
  static func time(_ bytes: RawSpan, _ offset: Int) -> Int? {
    guard let hour = digits(bytes, offset, 2), let minute = digits(bytes, offset + 3, 2),
      let second = digits(bytes, offset + 6, 2), hour < 24, minute < 60, second <= 60,
      bytes[offset + 2] == UInt8(ascii: ":"), bytes[offset + 5] == UInt8(ascii: ":")
    else { return nil }
    return hour * 3600 + minute * 60 + second
  }

  /// `+hhmm` at `offset`, or `+hh:mm`, in seconds east of Greenwich.
  static func zone(_ bytes: RawSpan, _ offset: Int) -> Int? {
    guard offset < bytes.byteCount else { return nil }
    let sign = bytes[offset]
    guard sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"),
      let hour = digits(bytes, offset + 1, 2), hour < 24
    else { return nil }
    let colon = offset + 3 < bytes.byteCount && bytes[offset + 3] == UInt8(ascii: ":") ? 1 : 0
    guard let minute = digits(bytes, offset + 3 + colon, 2), minute < 60 else { return nil }
    return (hour * 3600 + minute * 60) * (sign == UInt8(ascii: "-") ? -1 : 1)
  }

  /// Seconds since 1970 for a date, a time of day and a zone; nil if there is no such day.
  static func seconds(_ date: CivilDate, time: Int, zone: Int) -> Int64? {
    guard let days = CivilDate.days(inMonth: date.month, of: date.year),
      (1...days).contains(date.day)
    else { return nil }
    return date.daysSince1970 * 86_400 + Int64(time - zone)
  }

  /// RFC 3339, as `2026-10-10T13:55:36.25+02:00`: the whole of `bytes`. A space may stand for the T.
  package static func rfc3339(_ bytes: RawSpan) -> Timestamp? {
    guard bytes.byteCount >= 20, let year = digits(bytes, 0, 4), let month = digits(bytes, 5, 2),
      let day = digits(bytes, 8, 2), let time = time(bytes, 11),
      bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
      bytes[10] | 0x20 == UInt8(ascii: "t") || bytes[10] == UInt8(ascii: " ")
    else { return nil }
    var i = 19
    var nanoseconds: Int32 = 0
    if bytes[i] == UInt8(ascii: ".") {
      var scale: Int32 = 100_000_000
      i += 1
      let start = i
      while i < bytes.byteCount, bytes[i] &- 0x30 < 10 {
        nanoseconds += Int32(bytes[i] &- 0x30) * scale
        scale /= 10
        i += 1
      }
      if i == start { return nil }
    }
    guard i < bytes.byteCount else { return nil }
    let isUTC = bytes[i] | 0x20 == UInt8(ascii: "z")
    let width = isUTC ? 1 : 6
    guard i + width == bytes.byteCount, let zone = isUTC ? 0 : zone(bytes, i),
      let seconds = seconds(
        CivilDate(year: year, month: month, day: day), time: time, zone: zone)
    else { return nil }
    return Timestamp(seconds: seconds, nanoseconds: nanoseconds)
  }
}
