import Lines

/// What the text of a column is made into.
package enum FieldType: String, Sendable, CaseIterable {
  case string, int, uint, double, bool, timestamp, duration, json

  /// The value of `text`; nil if it is none of this type. Empty text is null, but for a string.
  package func value(_ text: RawSpan) -> Value? {
    if self == .string { return .string(Text(text)) }
    if text.byteCount == 0 { return .null }
    switch self {
    case .string: return nil
    case .int: return FieldType.int(text).map { .int($0) }
    case .uint: return FieldType.uint(text).map { .uint($0) }
    case .double: return FieldType.double(text).map { .double($0) }
    case .bool: return FieldType.bool(text)
    case .timestamp: return FieldType.timestamp(text).map { .timestamp($0) }
    case .duration: return TimeSpan(text).map { .duration($0) }
    case .json:
      guard let value = try? JSONChecker().check(text, 0..<text.byteCount) else { return nil }
      return JSONDecoding.value(in: text, at: value.lowerBound)
    }
  }

  /// With an article, as messages have it.
  package var phrase: String {
    switch self {
    case .string: "a string"
    case .int: "an int"
    case .uint: "a uint"
    case .double: "a double"
    case .bool: "'true' or 'false'"
    case .timestamp: "a time as 2026-10-10T13:55:36Z"
    case .duration: "a duration as 1m30s"
    case .json: "JSON"
    }
  }

  // Most have no more than some digits; a string of them would take ten times as long.
  private static func int(_ text: RawSpan) -> Int64? {
    let isNegative = text[0] == UInt8(ascii: "-")
    guard let number = digits(text, from: isNegative ? 1 : 0) else { return Int64(text.text) }
    return isNegative ? -number : number
  }

  private static func uint(_ text: RawSpan) -> UInt64? {
    digits(text, from: 0).map { UInt64($0) } ?? UInt64(text.text)
  }

  /// The number of one to 18 digits that are all there is; nil for anything else.
  private static func digits(_ text: RawSpan, from first: Int) -> Int64? {
    guard text.byteCount > first, text.byteCount - first <= 18 else { return nil }
    var number: Int64 = 0
    for i in first..<text.byteCount {
      let digit = text[i] &- 0x30
      guard digit < 10 else { return nil }
      number = number &* 10 &+ Int64(digit)
    }
    return number
  }

  /// As JSON writes it, and with a plus in front, without digits before or behind the point, and the
  /// three that are no number.
  private static func double(_ text: RawSpan) -> Double? {
    if let form = JSONNumber.form(text, at: 0, end: text.byteCount), form.end == text.byteCount {
      return JSONNumber.double(text, 0..<form.end)
    }
    let word = text.text
    switch word {
    case "NaN": return .nan
    case "Infinity", "+Infinity": return .infinity
    case "-Infinity": return -.infinity
    default: break
    }
    let plain = word.utf8.allSatisfy { $0 &- 0x30 < 10 || "+-.eE".utf8.contains($0) }
    return plain ? Double(word) : nil
  }

  private static func bool(_ text: RawSpan) -> Value? {
    for (word, value) in words where unsafe text.equals(word.span.bytes) { return .bool(value) }
    return nil
  }

  private static let words = [
    ("true", true), ("false", false), ("1", true), ("0", false), ("TRUE", true), ("FALSE", false),
    ("True", true), ("False", false),
  ].map { (Array($0.utf8), $1) }

  /// RFC 3339, or a day alone: its first moment in UTC.
  private static func timestamp(_ text: RawSpan) -> Timestamp? {
    if let time = ClockText.rfc3339(text) { return time }
    guard text.byteCount == 10, text[4] == UInt8(ascii: "-"), text[7] == UInt8(ascii: "-"),
      let year = ClockText.digits(text, 0, 4), let month = ClockText.digits(text, 5, 2),
      let day = ClockText.digits(text, 8, 2),
      let seconds = ClockText.seconds(
        CivilDate(year: year, month: month, day: day), time: 0, zone: 0)
    else { return nil }
    return Timestamp(seconds: seconds)
  }
}
