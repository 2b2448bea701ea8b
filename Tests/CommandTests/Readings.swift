import Flow
import PipelineRuntime
import Synchronization

/// Counters as a run might have them, made by hand.
extension StageReading {
  /// - Parameters:
  ///   - busy: seconds that its workers have worked, together, until the moment of the reading.
  ///   - starved: seconds without input.
  ///   - blocked: seconds without room in the next queue.
  static func made(
    _ name: String, _ kind: String = "grep", depth: Int = 0, workers: Int = 1, taken: Int,
    given: Int, busy: Int64 = 0, starved: Int64 = 0, blocked: Int64 = 0, engaged: Int64 = 0,
    fill: Double? = 0, completeBelow: UInt64 = 1,
    _ change: (inout StageCounters.Values) -> Void = { _ in }
  ) -> StageReading {
    var values = StageCounters.Values()
    values.lines.taken = taken
    values.lines.given = given
    values.busy.pass(busy)
    values.starved.pass(starved)
    values.blocked.pass(blocked)
    values.engaged.pass(engaged)
    values.completeBelow = completeBelow
    change(&values)
    return StageReading(
      name: name, kind: kind, depth: depth, workers: workers, isFanOut: workers > 1,
      values: values, queueFill: fill)
  }
}

extension Stretches {
  fileprivate mutating func pass(_ seconds: Int64) {
    enter(.seconds(0))
    leave(.seconds(seconds))
  }
}

extension Instant {
  static func seconds(_ seconds: Int64) -> Instant {
    Instant(nanoseconds: seconds * 1_000_000_000)
  }
}

/// A clock that stands until it is told to go on.
final class HandClock: TimerClock {
  private struct State {
    var now = Instant(nanoseconds: 0)
    var timers: [(id: UInt64, at: Instant, phase: TimerPhase, action: @Sendable () -> Void)] = []
    var next: UInt64 = 0
  }
  private let state = Mutex(State())

  var now: Instant { state.withLock { $0.now } }
  var date: Int64 { now.nanoseconds }
  var phases: [TimerPhase] { state.withLock { $0.timers.map(\.phase) } }

  func schedule(
    at instant: Instant, phase: TimerPhase, _ action: @escaping @Sendable () -> Void
  ) -> TimerID {
    state.withLock { state in
      state.next += 1
      state.timers.append((state.next, instant, phase, action))
      return TimerID(value: state.next)
    }
  }

  func cancel(_ timer: TimerID) -> Bool {
    state.withLock { state in
      let before = state.timers.count
      state.timers.removeAll { $0.id == timer.value }
      return state.timers.count < before
    }
  }

  /// Goes on to `instant`, firing what is due on the way.
  func go(to instant: Instant) {
    while true {
      let due = state.withLock { state -> (@Sendable () -> Void)? in
        guard
          let index = state.timers.indices.min(by: { state.timers[$0].at < state.timers[$1].at }),
          state.timers[index].at <= instant
        else {
          state.now = instant
          return nil
        }
        let timer = state.timers.remove(at: index)
        state.now = max(state.now, timer.at)
        return timer.action
      }
      guard let due else { return }
      due()
    }
  }
}
