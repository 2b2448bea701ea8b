package import Flow
import Glibc

/// The clock of a real run: CLOCK_MONOTONIC without the time that streamline stood still. One thread
/// fires all timers; it starts with the first of them, and is woken only by a timer that is earlier
/// than what it sleeps for, which the usual limit, set and soon taken back, is not.
package final class MonotonicClock: TimerClock {
  private struct State {
    var timers = DeadlineHeap<@Sendable () -> Void>()
    /// Until when the thread sleeps; `.min` while it is awake and will look again by itself.
    var sleepsUntil = Instant(nanoseconds: .max)
    /// What the clock does not count.
    var stoodStill: Int64 = 0
    var isStarted = false
  }
  private let state = Monitor(State())

  package init() {}

  package var now: Instant {
    let time = Self.monotonic
    return Instant(nanoseconds: time - state.withLock { $0.stoodStill })
  }

  package func schedule(
    at instant: Instant, phase: TimerPhase, _ action: @escaping @Sendable () -> Void
  ) -> TimerID {
    let (timer, isEarlier, isFirst) = state.withLock { state in
      let timer = state.timers.add(instant, phase, action)
      let isEarlier = instant < state.sleepsUntil
      if isEarlier { state.sleepsUntil = Instant(nanoseconds: .min) }
      defer { state.isStarted = true }
      return (timer, isEarlier, !state.isStarted)
    }
    if isFirst { Thread.start("clock") { [state] in Self.run(state) } }
    if isEarlier { state.wakeOne() }
    return timer
  }

  @discardableResult package func cancel(_ timer: TimerID) -> Bool {
    state.withLock { $0.timers.remove(timer) } != nil
  }

  /// Does not count the time that `body` takes: all limits stand still while streamline is stopped.
  package func standStill(_ body: () -> Void) {
    let start = Self.monotonic
    body()
    state.withLock { $0.stoodStill += Self.monotonic - start }
    // What the thread sleeps for is further away now; woken early, it only looks again.
  }

  private static func run(_ state: Monitor<State>) {
    while true {
      let action: @Sendable () -> Void = state.wait { state in
        let time = monotonic - state.stoodStill
        if let action = state.timers.popDue(Instant(nanoseconds: time)) {
          state.sleepsUntil = Instant(nanoseconds: .min)
          return .done(action)
        }
        guard let next = state.timers.next?.instant else {
          state.sleepsUntil = Instant(nanoseconds: .max)
          return .sleep
        }
        state.sleepsUntil = next
        let wake = next.nanoseconds.addingReportingOverflow(state.stoodStill)
        return wake.overflow ? .sleep : .sleepUntil(wake.partialValue)
      }
      action()
    }
  }

  private static var monotonic: Int64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}
