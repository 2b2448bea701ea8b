import Lines

extension TimeSpan {
  /// Numbers with units, `h`, `m`, `s`, `ms`, `us`, `ns`, as `1h30m` or `-1.5s`; nil for anything
  /// else. What is less than a nanosecond is cut off.
  package init?(_ text: RawSpan) {
    if text.byteCount == 0 { return nil }
    let isNegative = text[0] == UInt8(ascii: "-")
    var at = isNegative || text[0] == UInt8(ascii: "+") ? 1 : 0
    if at == text.byteCount { return nil }
    var sum = TimeSpan.zero
    while at < text.byteCount {
      guard let part = TimeSpan(partOf: text, &at), let longer = sum.adding(part) else {
        return nil
      }
      sum = longer
    }
    self = isNegative ? sum.negated : sum
  }

  package init?(_ text: String) {
    self.init(unsafe text.utf8.span.bytes)
  }

  /// One number with its unit.
  private init?(partOf text: RawSpan, _ at: inout Int) {
    let whole = TimeSpan.digits(text, from: &at)
    var fraction = at..<at
    if at < text.byteCount, text[at] == UInt8(ascii: ".") {
      at += 1
      let start = at
      _ = TimeSpan.digits(text, from: &at)
      fraction = start..<at
    }
    guard whole.count + fraction.count > 0, let seconds = whole.value,
      let size = TimeSpan.unit(text, at: &at)
    else { return nil }
    var rest: Int64 = 0
    var scale = size
    for i in fraction {
      scale /= 10
      rest += Int64(text[i] - 0x30) * scale
    }
    let perSecond: Int64 = 1_000_000_000
    if size >= perSecond {
      let (whole, isTooMuch) = seconds.multipliedReportingOverflow(by: size / perSecond)
      if isTooMuch { return nil }
      self.init(seconds: whole, nanoseconds: rest)
    } else {
      let units = perSecond / size
      self.init(seconds: seconds / units, nanoseconds: seconds % units * size + rest)
    }
  }

  /// How many digits stand there, and their number; nil if it is too large.
  private static func digits(_ text: RawSpan, from at: inout Int) -> (count: Int, value: Int64?) {
    let start = at
    var number: Int64? = 0
    while at < text.byteCount {
      let digit = text[at] &- 0x30
      guard digit < 10 else { break }
      if let smaller = number {
        let (tens, isTooLarge) = smaller.multipliedReportingOverflow(by: 10)
        let (sum, isTooMuch) = tens.addingReportingOverflow(Int64(digit))
        number = isTooLarge || isTooMuch ? nil : sum
      }
      at += 1
    }
    return (at - start, number)
  }

  /// The unit's size in nanoseconds; nil if none stands there, or one that is none of them.
  private static func unit(_ text: RawSpan, at: inout Int) -> Int64? {
    let start = at
    while at < text.byteCount, (text[at] | 0x20) &- UInt8(ascii: "a") < 26 { at += 1 }
    switch at - start {
    case 1:
      switch text[start] {
      case UInt8(ascii: "h"): return 3_600_000_000_000
      case UInt8(ascii: "m"): return 60_000_000_000
      case UInt8(ascii: "s"): return 1_000_000_000
      default: return nil
      }
    case 2 where text[start + 1] == UInt8(ascii: "s"):
      switch text[start] {
      case UInt8(ascii: "m"): return 1_000_000
      case UInt8(ascii: "u"): return 1000
      case UInt8(ascii: "n"): return 1
      default: return nil
      }
    default: return nil
    }
  }
}
