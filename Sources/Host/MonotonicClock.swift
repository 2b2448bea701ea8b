// Which of CLinux and Glibc has `timespec` depends on which of them the compiler meets first.
import CLinux
package import Flow
import Glibc
import Synchronization

/// The clock of a real run: CLOCK_MONOTONIC without the time that streamline stood still. One thread
/// fires all timers; it starts with the first of them, and is woken only by a timer that is earlier
/// than what it sleeps for, which the usual limit, set and soon taken back, is not.
package final class MonotonicClock: TimerClock {
  private struct State {
    var timers = DeadlineHeap<@Sendable () -> Void>()
    /// Until when the thread sleeps; `.min` while it is awake and will look again by itself.
    var sleepsUntil = Instant(nanoseconds: .max)
    var isStarted = false
  }
  private let state = Monitor(State())
  /// What the clock does not count, in nanoseconds.
  private let stoodStill = Atomic<Int64>(0)
  /// The time while it stands still: whoever goes on before that is accounted for sees it stand.
  private let frozen = Atomic<Int64>(.min)

  package init() {}

  package var now: Instant {
    while true {
      let lost = stoodStill.load(ordering: .acquiring)
      let time = Self.monotonic
      let frozen = frozen.load(ordering: .acquiring)
      if frozen != .min { return Instant(nanoseconds: frozen) }
      // Stopped and continued in between: once more.
      if stoodStill.load(ordering: .acquiring) == lost { return Instant(nanoseconds: time - lost) }
    }
  }

  package var date: Int64 { Self.time(of: CLOCK_REALTIME) }

  package func schedule(
    at instant: Instant, phase: TimerPhase, _ action: @escaping @Sendable () -> Void
  ) -> TimerID {
    let (timer, isEarlier, isFirst) = state.withLock { state in
      let timer = state.timers.add(instant, phase, action)
      let isEarlier = instant < state.sleepsUntil
      if isEarlier { state.sleepsUntil = instant }
      defer { state.isStarted = true }
      return (timer, isEarlier, !state.isStarted)
    }
    if isFirst { Thread.start("clock") { [self] in run() } }
    if isEarlier { state.wakeOne() }
    return timer
  }

  @discardableResult package func cancel(_ timer: TimerID) -> Bool {
    state.withLock { $0.timers.remove(timer) } != nil
  }

  /// Does not count the time that `body` takes: all limits stand still while streamline is stopped.
  package func standStill(_ body: () -> Void) {
    // Under the lock, so that nothing is fired before the time is taken off.
    state.withLock { _ in
      let start = Self.monotonic
      frozen.store(start - stoodStill.load(ordering: .relaxed), ordering: .releasing)
      body()
      stoodStill.add(Self.monotonic - start, ordering: .releasing)
      frozen.store(.min, ordering: .releasing)
    }
    // What the thread sleeps for is further away now; woken early, it only looks again.
  }

  /// The clock lasts as long as the program.
  private func run() {
    while true {
      let action: @Sendable () -> Void = state.wait { state in
        let lost = stoodStill.load(ordering: .relaxed)
        let time = Self.monotonic - lost
        if let action = state.timers.popDue(Instant(nanoseconds: time)) {
          state.sleepsUntil = Instant(nanoseconds: .min)
          return .done(action)
        }
        // What it was woken for may be taken back by now. It sleeps until then all the same, else the
        // next limit, a little later, would wake it again, and so would each one after it.
        if state.sleepsUntil.nanoseconds <= time {
          state.sleepsUntil = state.timers.next?.instant ?? Instant(nanoseconds: .max)
        }
        let wake = state.sleepsUntil.nanoseconds.addingReportingOverflow(lost)
        let isForEver = wake.overflow || state.sleepsUntil.nanoseconds == .max
        return isForEver ? .sleep : .sleepUntil(wake.partialValue)
      }
      action()
    }
  }

  private static var monotonic: Int64 { time(of: CLOCK_MONOTONIC) }

  private static func time(of clock: clockid_t) -> Int64 {
    var time = timespec()
    unsafe clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}
