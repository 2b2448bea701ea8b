/// A moment on the injected clock, in nanoseconds since the clock's own zero.
@frozen @usableFromInline package struct Instant: Sendable, Hashable, Comparable {
  @usableFromInline package var nanoseconds: Int64

  @inlinable package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  @inlinable package static func < (a: Instant, b: Instant) -> Bool {
    a.nanoseconds < b.nanoseconds
  }

  /// Saturates: a limit of a thousand years is no overflow.
  package static func + (instant: Instant, duration: Duration) -> Instant {
    let sum = instant.nanoseconds.addingReportingOverflow(duration.nanoseconds)
    guard sum.overflow else { return Instant(nanoseconds: sum.partialValue) }
    return Instant(nanoseconds: duration < .zero ? .min : .max)
  }

  /// Saturates, as `+` does.
  package static func - (later: Instant, earlier: Instant) -> Duration {
    let difference = later.nanoseconds.subtractingReportingOverflow(earlier.nanoseconds)
    guard difference.overflow else { return .nanoseconds(difference.partialValue) }
    return .nanoseconds(later < earlier ? Int64.min : .max)
  }
}

extension Duration {
  /// The whole duration in nanoseconds, saturating at about 292 years.
  package var nanoseconds: Int64 { Int64(clamping: attoseconds / 1_000_000_000) }
}

extension TimerClock {
  /// When it will be `date`, as far as can be told now. Saturates.
  package func instant(ofDate date: Int64) -> Instant {
    now + (Instant(nanoseconds: date) - Instant(nanoseconds: self.date))
  }
}

/// What a timer is for: at one instant timers fire in this order, and between two phases everything
/// that can run does.
@usableFromInline package enum TimerPhase: Int, Sendable, Comparable, CaseIterable {
  /// Brings work: delay, back-off, throttle.
  case work
  /// A time limit: a result at the very moment of the limit is still a result.
  case limit
  /// The grace of an ending.
  case grace
  /// Drawing, counting: never moves a virtual clock by itself.
  case tick

  @inlinable package static func < (a: TimerPhase, b: TimerPhase) -> Bool {
    a.rawValue < b.rawValue
  }
}

@frozen @usableFromInline package struct TimerID: Sendable, Hashable {
  @usableFromInline package var value: UInt64
  @inlinable package init(value: UInt64) { self.value = value }
}

/// The one clock of a run: every limit, pause, delay, rate and grace period goes through it.
package protocol TimerClock: Sendable {
  var now: Instant { get }

  /// The date at this moment, in nanoseconds since 1970 in UTC. Unlike `now` it may go back or leap,
  /// where somebody sets the machine's date: no limit or pause goes by it.
  var date: Int64 { get }

  /// Calls `action` once, at `instant` or as soon after it as can be, from a thread of the clock.
  /// The action must not block. An instant in the past fires at once, never within this call.
  func schedule(
    at instant: Instant, phase: TimerPhase, _ action: @escaping @Sendable () -> Void
  ) -> TimerID

  /// Takes a timer back. False if it has fired or is firing now.
  @discardableResult func cancel(_ timer: TimerID) -> Bool
}
