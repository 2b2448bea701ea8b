import Records

/// How a zone's clocks go on from year to year: the TZ string of POSIX.1-2024, section 8.3, as
/// `CET-1CEST,M3.5.0,M10.5.0/3`.
struct ZoneRule: Sendable {
  private enum Day: Sendable {
    /// From 1 to 365, the leap day never counted.
    case julian(Int)
    /// From 0 to 365.
    case ofYear(Int)
    /// A weekday (0 is Sunday) in a week of a month, 5 being the last.
    case ofMonth(month: Int, week: Int, weekday: Int)
  }

  private var standard: ZoneFile.Clock
  private var summer: ZoneFile.Clock?
  private var start: (day: Day, time: Int) = (.ofYear(0), 0)
  private var end: (day: Day, time: Int) = (.ofYear(0), 0)

  /// Nil if it is none.
  init?(_ text: [UInt8]) {
    var reader = DigitReader(text)
    guard let name = ZoneRule.name(&reader), let offset = ZoneRule.time(&reader) else { return nil }
    standard = ZoneFile.Clock(offset: -offset, abbreviation: name)
    guard !reader.isAtEnd else { return }
    guard let other = ZoneRule.name(&reader) else { return nil }
    var advance = 3600 - offset
    if reader.byte != UInt8(ascii: ","), let offset = ZoneRule.time(&reader) { advance = -offset }
    summer = ZoneFile.Clock(offset: advance, abbreviation: other)
    guard let first = ZoneRule.change(&reader), let second = ZoneRule.change(&reader) else {
      return nil
    }
    (start, end) = (first, second)
  }

  func clock(at seconds: Int) -> ZoneFile.Clock {
    guard let summer else { return standard }
    let days = (seconds + standard.offset).quotient(by: 86_400)
    let year = CivilTime(days: days).year
    let first = ZoneRule.seconds(start, year) - standard.offset
    let last = ZoneRule.seconds(end, year) - summer.offset
    // In the south summer goes over the end of the year.
    let isSummer =
      first < last
      ? (first..<last).contains(seconds) : !(last..<first).contains(seconds)
    return isSummer ? summer : standard
  }

  /// Seconds since 1970 by the clock of the place.
  private static func seconds(_ change: (day: Day, time: Int), _ year: Int) -> Int {
    let january = CivilTime(year: year, month: 1, day: 1).days
    let day: Int
    switch change.day {
    case .julian(let number):
      day =
        january + number - 1 + (CivilDate.days(inMonth: 2, of: year) == 29 && number > 59 ? 1 : 0)
    case .ofYear(let number): day = january + number
    case .ofMonth(let month, let week, let weekday):
      let first = CivilTime(year: year, month: month, day: 1)
      var number = 1 + (weekday - first.weekday + 7) % 7 + (week - 1) * 7
      if number > CivilDate.days(inMonth: month, of: year) ?? 31 { number -= 7 }
      day = first.days + number - 1
    }
    return day * 86_400 + change.time
  }

  // MARK: Reading

  private static func name(_ reader: inout DigitReader) -> String? {
    var name: [UInt8] = []
    if reader.take("<") {
      while let byte = reader.byte, byte != UInt8(ascii: ">") {
        name.append(byte)
        reader.advance()
      }
      guard reader.take(">") else { return nil }
    } else {
      while let byte = reader.byte, (0x61...0x7A).contains(byte | 0x20) {
        name.append(byte)
        reader.advance()
      }
    }
    return name.isEmpty ? nil : String(decoding: name, as: UTF8.self)
  }

  /// `[+-]h[h][:mm[:ss]]` in seconds.
  private static func time(_ reader: inout DigitReader) -> Int? {
    let isNegative = reader.take("-")
    if !isNegative { _ = reader.take("+") }
    guard var seconds = reader.number(upTo: 3).map({ $0 * 3600 }) else { return nil }
    if reader.take(":"), let minutes = reader.number(upTo: 2) {
      seconds += minutes * 60
      if reader.take(":"), let rest = reader.number(upTo: 2) { seconds += rest }
    }
    return isNegative ? -seconds : seconds
  }

  private static func change(_ reader: inout DigitReader) -> (day: Day, time: Int)? {
    guard reader.take(",") else { return nil }
    let day: Day
    if reader.take("M") {
      guard let month = reader.number(upTo: 2), reader.take("."),
        let week = reader.number(upTo: 1), reader.take("."),
        let weekday = reader.number(upTo: 1), (1...12).contains(month)
      else { return nil }
      day = .ofMonth(month: month, week: week, weekday: weekday)
    } else if reader.take("J") {
      guard let number = reader.number(upTo: 3) else { return nil }
      day = .julian(number)
    } else {
      guard let number = reader.number(upTo: 3) else { return nil }
      day = .ofYear(number)
    }
    if reader.take("/") {
      guard let seconds = time(&reader) else { return nil }
      return (day, seconds)
    }
    return (day, 7200)
  }
}

extension Int {
  /// Rounded down.
  func quotient(by divisor: Int) -> Int {
    self >= 0 ? self / divisor : (self - divisor + 1) / divisor
  }
}
