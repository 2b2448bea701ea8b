import Records

/// A date and a time of day, in the proleptic Gregorian calendar.
struct CivilTime: Equatable {
  var year: Int
  /// From 1 to 12, and from 1.
  var month: Int
  var day: Int
  var hour = 0
  var minute = 0
  var second = 0
  var nanosecond = 0

  init(year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0) {
    self.year = year
    self.month = month
    self.day = day
    self.hour = hour
    self.minute = minute
    self.second = second
  }

  /// - Parameter offset: of the zone's clocks before UTC's, in seconds.
  init(_ time: Timestamp, offset: Int = 0) {
    let local = Int(time.seconds) + offset
    let days = local >= 0 ? local / 86_400 : (local - 86_399) / 86_400
    let rest = local - days * 86_400
    self.init(days: days)
    hour = rest / 3600
    minute = rest / 60 % 60
    second = rest % 60
    nanosecond = Int(time.nanoseconds)
  }

  /// - Parameter days: since 1970-01-01.
  init(days: Int) {
    let date = CivilDate(daysSince1970: Int64(days))
    self.init(year: date.year, month: date.month, day: date.day)
  }

  /// Since 1970-01-01.
  var days: Int { Int(CivilDate(year: year, month: month, day: day).daysSince1970) }

  /// Seconds since 1970, were it UTC.
  var seconds: Int { days * 86_400 + hour * 3600 + minute * 60 + second }

  /// From 0 on Sunday.
  var weekday: Int { ((days + 4) % 7 + 7) % 7 }

  /// From 0 on the first of January.
  var dayOfYear: Int { days - CivilTime(year: year, month: 1, day: 1).days }

  /// The week and its year by ISO 8601: weeks begin on Monday, the first has the first Thursday.
  var week: (year: Int, number: Int) {
    let thursday = CivilTime(days: days - (weekday + 6) % 7 + 3)
    return (thursday.year, thursday.dayOfYear / 7 + 1)
  }

  /// Nil if it is no date or outside of the years 1 to 9999.
  func timestamp(offset: Int = 0) -> Timestamp? {
    guard day >= 1, let days = CivilDate.days(inMonth: month, of: year), day <= days,
      hour < 24, minute < 60, second <= 60
    else { return nil }
    return Timestamp(seconds: Int64(seconds - offset), nanoseconds: Int32(nanosecond))
  }
}
