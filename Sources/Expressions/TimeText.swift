import Records

/// Points in time and lengths of time as text.
extension Timestamp {
  /// RFC 3339, as `2026-10-10T13:55:36.5Z`; nil if it is not that.
  init?(_ text: [UInt8]) {
    var reader = DigitReader(text)
    guard let year = reader.number(digits: 4), reader.take("-"),
      let month = reader.number(digits: 2), reader.take("-"),
      let day = reader.number(digits: 2), reader.take("Tt"),
      let hour = reader.number(digits: 2), reader.take(":"),
      let minute = reader.number(digits: 2), reader.take(":"),
      let second = reader.number(digits: 2), let nanosecond = reader.fraction()
    else { return nil }
    var civil = CivilTime(
      year: year, month: month, day: day, hour: hour, minute: minute, second: second)
    civil.nanosecond = nanosecond
    guard let offset = reader.offset(), reader.isAtEnd, let time = civil.timestamp(offset: offset)
    else { return nil }
    self = time
  }

  /// RFC 3339 in UTC, with three, six or nine digits behind the second if it has a fraction.
  var text: String {
    let civil = CivilTime(self)
    return
      "\(civil.year.padded(4))-\(civil.month.padded(2))-\(civil.day.padded(2))"
      + "T\(civil.hour.padded(2)):\(civil.minute.padded(2)):\(civil.second.padded(2))"
      + fraction + "Z"
  }
}

extension Timestamp {
  private var fraction: String {
    if nanoseconds == 0 { return "" }
    let digits = Int(nanoseconds).padded(9)
    let count = nanoseconds % 1_000_000 == 0 ? 3 : nanoseconds % 1000 == 0 ? 6 : 9
    return "." + digits.prefix(count)
  }
}

extension TimeSpan {
  /// Numbers with units, as `1h30m`, `1.5s` and `-250ms`; nil if it is not that, or too long.
  init?(_ text: [UInt8]) {
    var reader = DigitReader(text)
    let isNegative = reader.take("-")
    if !isNegative { _ = reader.take("+") }
    if reader.rest == Array("0".utf8) {
      self = .zero
      return
    }
    guard !reader.isAtEnd else { return nil }
    var sum: Int128 = 0
    while !reader.isAtEnd {
      guard let part = reader.amount() else { return nil }
      sum += part
      if sum > Int128(TimeSpan.range.upperBound) * 1_000_000_000 { return nil }
    }
    let (seconds, rest) = (isNegative ? -sum : sum).quotientAndRemainder(
      dividingBy: 1_000_000_000)
    self.init(seconds: Int64(seconds), nanoseconds: Int64(rest))
  }

  /// In seconds, as `5400s` and `1.5s`.
  var text: String {
    let sign = seconds < 0 || nanoseconds < 0 ? "-" : ""
    return "\(sign)\(seconds.magnitude)\(Int(nanoseconds.magnitude).fraction)s"
  }

  /// All of it; nil beyond 292 years.
  var wholeNanoseconds: Int64? {
    let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    let (sum, overflows) = product.addingReportingOverflow(Int64(nanoseconds))
    return overflow || overflows ? nil : sum
  }

  /// In seconds.
  var double: Double { Double(seconds) + Double(nanoseconds) / 1e9 }
}

extension Int {
  /// With zeros in front.
  func padded(_ width: Int, with filler: Character = "0") -> String {
    let digits = String(magnitude)
    let sign = self < 0 ? "-" : ""
    return sign + String(repeating: filler, count: Swift.max(0, width - digits.count)) + digits
  }

  /// Nanoseconds as the digits behind the second, if there are any: `.5`.
  var fraction: String {
    if self == 0 { return "" }
    var digits = padded(9)
    while digits.hasSuffix("0") { digits.removeLast() }
    return "." + digits
  }
}

/// Reads digits and marks one after the other.
struct DigitReader {
  private let text: [UInt8]
  private(set) var position = 0

  init(_ text: [UInt8]) { self.text = text }

  var isAtEnd: Bool { position == text.count }
  var rest: [UInt8] { Array(text[position...]) }
  var byte: UInt8? { position < text.count ? text[position] : nil }

  mutating func advance(_ count: Int = 1) { position = min(position + count, text.count) }

  /// Takes one of these bytes, if it is next.
  mutating func take(_ marks: String) -> Bool {
    guard let byte, marks.utf8.contains(byte) else { return false }
    position += 1
    return true
  }

  /// A number of just so many digits.
  mutating func number(digits: Int) -> Int? {
    var value = 0
    for _ in 0..<digits {
      guard let byte, byte.isDigit else { return nil }
      value = value * 10 + Int(byte - 0x30)
      position += 1
    }
    return value
  }

  /// A number of at most so many digits, and at least one.
  mutating func number(upTo digits: Int) -> Int? {
    guard let byte, byte.isDigit else { return nil }
    var value = 0
    for _ in 0..<digits {
      guard let byte = self.byte, byte.isDigit else { break }
      value = value * 10 + Int(byte - 0x30)
      position += 1
    }
    return value
  }

  /// `.5` as nanoseconds; 0 if there is none, nil if the point has no digits. More than nine are
  /// cut off.
  mutating func fraction() -> Int? {
    guard take(".") else { return 0 }
    var value = 0
    var count = 0
    while let byte, byte.isDigit {
      if count < 9 { value = value * 10 + Int(byte - 0x30) }
      count += 1
      position += 1
    }
    if count == 0 { return nil }
    for _ in 0..<max(0, 9 - count) { value *= 10 }
    return value
  }

  /// `Z` or `+01:00` (the colon may be missing) in seconds.
  mutating func offset() -> Int? {
    if take("Zz") { return 0 }
    let sign: Int
    if take("+") {
      sign = 1
    } else if take("-") {
      sign = -1
    } else {
      return nil
    }
    guard let hours = number(digits: 2) else { return nil }
    _ = take(":")
    guard let minutes = number(digits: 2), hours < 24, minutes < 60 else { return nil }
    return sign * (hours * 3600 + minutes * 60)
  }

  /// `1.5h` in nanoseconds.
  mutating func amount() -> Int128? {
    var whole: Int128 = 0
    var hasDigits = false
    while let byte, byte.isDigit {
      whole = whole * 10 + Int128(byte - 0x30)
      hasDigits = true
      position += 1
      if whole > Int128(Int64.max) { return nil }
    }
    var part: Int128 = 0
    var scale: Int128 = 1
    if take(".") {
      while let byte, byte.isDigit {
        if scale < 1_000_000_000_000_000 {
          part = part * 10 + Int128(byte - 0x30)
          scale *= 10
        }
        hasDigits = true
        position += 1
      }
    }
    guard hasDigits, let unit = unit() else { return nil }
    return whole * unit + part * unit / scale
  }

  private mutating func unit() -> Int128? {
    let units: [(String, Int128)] = [
      ("ns", 1), ("us", 1000), ("\u{B5}s", 1000), ("\u{3BC}s", 1000), ("ms", 1_000_000),
      ("s", 1_000_000_000), ("m", 60_000_000_000), ("h", 3_600_000_000_000),
    ]
    for (name, nanoseconds) in units where text[position...].starts(with: name.utf8) {
      position += name.utf8.count
      return nanoseconds
    }
    return nil
  }
}
