import Flow
import Stages
import Synchronization
import Testing

@testable import Host

@Suite struct ClockTests {
  /// Waits for so many calls, made in any order by any thread.
  private final class Calls: Sendable {
    private let state = Mutex<(seen: [Int], wanted: Int, waiter: Waiter<Void>?)>(([], .max, nil))
    func call(_ number: Int) {
      let waiter = state.withLock { state -> Waiter<Void>? in
        state.seen.append(number)
        return state.seen.count == state.wanted ? state.waiter : nil
      }
      waiter?.resume()
    }
    func wait(for count: Int) async -> [Int] {
      await Waiter<Void>.suspend { waiter in
        let isThere = state.withLock { state in
          if state.seen.count >= count { return true }
          state.wanted = count
          state.waiter = waiter
          return false
        }
        if isThere { waiter.resume() }
      }
      return state.withLock { $0.seen }
    }
  }

  @Test func `timers of one instant fire by phase, then as they were set`() async {
    let clock = MonotonicClock()
    let calls = Calls()
    // One that holds the clock's thread until all are set, so that they are due together.
    let gate = Monitor(false)
    _ = clock.schedule(at: clock.now, phase: .work) {
      gate.wait { $0 ? .done(()) : .sleep }
      calls.call(0)
    }
    let moment = clock.now
    for (number, phase) in [
      (5, TimerPhase.grace), (3, .limit), (1, .work), (4, .limit), (2, .work),
    ] {
      _ = clock.schedule(at: moment, phase: phase) { calls.call(number) }
    }
    gate.withLock { $0 = true }
    gate.wakeAll()
    #expect(await calls.wait(for: 6) == [0, 1, 2, 3, 4, 5])
  }

  @Test func `a timer taken back does not fire, and one that fired cannot be taken back`() async {
    let clock = MonotonicClock()
    let calls = Calls()
    let kept = clock.schedule(at: clock.now + .milliseconds(2), phase: .work) { calls.call(2) }
    let taken = clock.schedule(at: clock.now + .milliseconds(1), phase: .work) { calls.call(1) }
    #expect(clock.cancel(taken))
    #expect(!clock.cancel(taken))
    #expect(await calls.wait(for: 1) == [2])
    #expect(!clock.cancel(kept))
  }

  @Test func `an earlier timer wakes the thread that sleeps for a later one`() async {
    let clock = MonotonicClock()
    let calls = Calls()
    _ = clock.schedule(at: Instant(nanoseconds: .max), phase: .work) { calls.call(1) }
    _ = clock.schedule(at: clock.now + .seconds(3600), phase: .work) { calls.call(2) }
    _ = clock.schedule(at: clock.now + .milliseconds(1), phase: .work) { calls.call(3) }
    #expect(await calls.wait(for: 1) == [3])
  }

  @Test func `time that streamline stood still does not count`() {
    let clock = MonotonicClock()
    let other = MonotonicClock()
    let before = clock.now
    var inside: (Instant, Instant)?
    let ahead = other.now - clock.now
    clock.standStill {
      let start = clock.now
      let begun = other.now
      while other.now - begun < .milliseconds(50) {}
      inside = (start, clock.now)
    }
    // Whoever goes on before it is over sees the time stand.
    #expect(inside?.0 == inside?.1)
    let behind = other.now - clock.now
    #expect(behind - ahead >= .milliseconds(50))
    #expect(clock.now >= before)
  }
}
