package import Lines

/// Numbers and times as text, into the open line of a builder.
extension BatchBuilder {
  package mutating func append(decimal number: Int64) {
    if number < 0 { append(byte: UInt8(ascii: "-")) }
    append(digits: number.magnitude, atLeast: 1)
  }

  /// With zeros in front, up to so many digits.
  mutating func append(digits number: UInt64, atLeast count: Int) {
    var text: InlineArray<20, UInt8> = InlineArray(repeating: 0x30)
    var i = 20
    var rest = number
    while rest > 0 {
      i &-= 1
      text[i] = 0x30 &+ UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
    }
    i = min(i, 20 - count)
    unsafe append(text.span.bytes.extracting(i..<20))
  }

  /// The shortest text that reads as the same number, in JSON's form: 5.0 is `5.0`, so that it is a
  /// double again.
  package mutating func append(double number: Double) { append(number.description) }

  /// As RFC 3339 in UTC, with as many digits of a second as are needed: three, six or nine.
  package mutating func append(rfc3339 time: Timestamp) {
    let date = CivilDate(daysSince1970: time.seconds.flooredQuotient(86_400))
    let second = UInt64(time.seconds - time.seconds.flooredQuotient(86_400) * 86_400)
    append(digits: UInt64(date.year), atLeast: 4)
    append(byte: UInt8(ascii: "-"))
    append(digits: UInt64(date.month), atLeast: 2)
    append(byte: UInt8(ascii: "-"))
    append(digits: UInt64(date.day), atLeast: 2)
    append(byte: UInt8(ascii: "T"))
    append(digits: second / 3600, atLeast: 2)
    append(byte: UInt8(ascii: ":"))
    append(digits: second / 60 % 60, atLeast: 2)
    append(byte: UInt8(ascii: ":"))
    append(digits: second % 60, atLeast: 2)
    append(fraction: time.nanoseconds)
    append(byte: UInt8(ascii: "Z"))
  }

  /// Seconds, as protobuf writes a Duration: `1.5s`, `-0.001s`.
  package mutating func append(seconds span: TimeSpan) {
    if span.seconds < 0 || span.nanoseconds < 0 { append(byte: UInt8(ascii: "-")) }
    append(digits: span.seconds.magnitude, atLeast: 1)
    var nanoseconds = span.nanoseconds.magnitude
    if nanoseconds > 0 {
      var digits = 9
      while nanoseconds % 10 == 0 {
        nanoseconds /= 10
        digits -= 1
      }
      append(byte: UInt8(ascii: "."))
      append(digits: UInt64(nanoseconds), atLeast: digits)
    }
    append(byte: UInt8(ascii: "s"))
  }

  private mutating func append(fraction nanoseconds: Int32) {
    if nanoseconds == 0 { return }
    append(byte: UInt8(ascii: "."))
    if nanoseconds % 1_000_000 == 0 {
      append(digits: UInt64(nanoseconds / 1_000_000), atLeast: 3)
    } else if nanoseconds % 1000 == 0 {
      append(digits: UInt64(nanoseconds / 1000), atLeast: 6)
    } else {
      append(digits: UInt64(nanoseconds), atLeast: 9)
    }
  }

  /// RFC 4648, section 4.
  package mutating func append(base64 bytes: [UInt8]) {
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let part = bytes[start..<min(start + 3, bytes.count)]
      let word = part.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << (8 * UInt32(3 - part.count))
      for digit in 0..<4 {
        let value = Int(word >> UInt32(18 - 6 * digit)) & 63
        append(byte: digit <= part.count ? base64Digits[value] : UInt8(ascii: "="))
      }
    }
  }
}

private let base64Digits = Array(
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
