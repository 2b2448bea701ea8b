import Flow
import PipelineModel
import Synchronization

/// Permits at a rate, in the order they are asked for: the generic cell rate algorithm (ITU-T I.371).
final class RateLimiter: Sendable {
  private let interval: Int64
  private let burst: Int64
  /// When the next permit would be due at the plain rate.
  private let due = Mutex<Int64?>(nil)

  init(_ rate: Rate) {
    interval = max(1, rate.per.nanoseconds / Int64(max(1, rate.limit)))
    burst = Int64(max(1, rate.burst))
  }

  /// Takes the next permit: when it may be used.
  func reserve(_ now: Instant) -> Instant {
    due.withLock { due in
      let expected = max(due ?? now.nanoseconds, now.nanoseconds)
      due = expected &+ interval
      return Instant(nanoseconds: max(now.nanoseconds, expected - (burst - 1) * interval))
    }
  }
}
