/// A point in time with nanoseconds, in UTC: years 1 to 9999, as protobuf's Timestamp.
package struct Timestamp: Sendable, Hashable {
  /// Since 1970-01-01T00:00:00Z.
  package let seconds: Int64
  /// From 0 to 999,999,999, counted forwards.
  package let nanoseconds: Int32

  /// 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z.
  package static let range: ClosedRange<Int64> = -62_135_596_800...253_402_300_799

  /// Nil if it is out of range.
  package init?(seconds: Int64, nanoseconds: Int32 = 0) {
    guard Timestamp.range.contains(seconds), (0..<1_000_000_000).contains(nanoseconds) else {
      return nil
    }
    self.seconds = seconds
    self.nanoseconds = nanoseconds
  }

  /// Nil if it is out of range.
  package func adding(_ span: TimeSpan) -> Timestamp? {
    let sum = Int64(nanoseconds) + Int64(span.nanoseconds)
    let carry: Int64 = sum < 0 ? -1 : sum >= 1_000_000_000 ? 1 : 0
    return Timestamp(
      seconds: seconds + span.seconds + carry, nanoseconds: Int32(sum - carry * 1_000_000_000))
  }

  /// Nil if it is out of the range of a duration, which no two points in time can be.
  package func since(_ other: Timestamp) -> TimeSpan? {
    TimeSpan(
      seconds: seconds - other.seconds, nanoseconds: Int64(nanoseconds) - Int64(other.nanoseconds))
  }
}

extension Timestamp: Comparable {
  package static func < (a: Timestamp, b: Timestamp) -> Bool {
    (a.seconds, a.nanoseconds) < (b.seconds, b.nanoseconds)
  }
}

/// A length of time with nanoseconds, as protobuf's Duration: about ±10,000 years.
package struct TimeSpan: Sendable, Hashable {
  /// Whole seconds, cut off towards zero.
  package let seconds: Int64
  /// The rest, of the same sign.
  package let nanoseconds: Int32

  package static let range: ClosedRange<Int64> = -315_576_000_000...315_576_000_000
  package static let zero = TimeSpan(wholeSeconds: 0)

  private init(wholeSeconds: Int64) {
    seconds = wholeSeconds
    nanoseconds = 0
  }

  /// Nil if it is out of range.
  ///
  /// - Parameter nanoseconds: any number of either sign.
  package init?(seconds: Int64, nanoseconds: Int64 = 0) {
    let (whole, part) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
    var (sum, overflow) = seconds.addingReportingOverflow(whole)
    var rest = part
    if sum > 0, rest < 0 {
      sum -= 1
      rest += 1_000_000_000
    } else if sum < 0, rest > 0 {
      sum += 1
      rest -= 1_000_000_000
    }
    guard !overflow, TimeSpan.range.contains(sum) else { return nil }
    self.seconds = sum
    self.nanoseconds = Int32(rest)
  }

  /// Nil if it is out of range.
  package func adding(_ other: TimeSpan) -> TimeSpan? {
    TimeSpan(
      seconds: seconds + other.seconds,
      nanoseconds: Int64(nanoseconds) + Int64(other.nanoseconds))
  }

  package var negated: TimeSpan {
    TimeSpan(seconds: -seconds, nanoseconds: -Int64(nanoseconds)) ?? self
  }
}

extension TimeSpan: Comparable {
  package static func < (a: TimeSpan, b: TimeSpan) -> Bool {
    (a.seconds, a.nanoseconds) < (b.seconds, b.nanoseconds)
  }
}
