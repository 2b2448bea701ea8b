import Dispatch
package import Flow
import Synchronization

/// Runs one job at a time, in an order drawn from a seed, with a virtual clock that moves only when
/// nothing can run. Together they make a run a function of its input and the seed.
package final class StepExecutor: TaskExecutor, TimerClock {
  private struct State {
    var schedule: Schedule
    var now = Instant(nanoseconds: 0)
    var timers = DeadlineHeap<@Sendable () -> Void>()
    /// How many have left for another thread and will come back.
    var holds = 0
  }
  private let state: Mutex<State>
  /// The date when the clock stands at zero, in nanoseconds since 1970.
  private let begins: Int64
  /// Told of everything that comes from outside while the executor waits for a hold.
  private let news = DispatchSemaphore(value: 0)

  /// The seed picks the strategy too, unless one is given.
  ///
  /// - Parameter date: what the clock begins at, in nanoseconds since 1970.
  package init(seed: UInt64, strategy: Schedule.Strategy? = nil, date: Int64 = 0) {
    begins = date
    state = Mutex(State(schedule: Schedule(seed: seed, strategy: strategy)))
  }

  package func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    state.withLock { $0.schedule.add(job) }
    news.signal()
  }

  package var now: Instant { state.withLock { $0.now } }
  package var date: Int64 { begins.addingReportingOverflow(now.nanoseconds).partialValue }
  package var steps: Int { state.withLock { $0.schedule.steps } }
  package var timerCount: Int { state.withLock { $0.timers.count } }
  /// A hash of every choice made so far and when: equal for two runs with the same seed.
  package var trace: UInt64 { state.withLock { $0.schedule.trace } }

  package func schedule(
    at instant: Instant, phase: TimerPhase, _ action: @escaping @Sendable () -> Void
  ) -> TimerID {
    state.withLock { $0.timers.add(max(instant, $0.now), phase, action) }
  }

  package func cancel(_ timer: TimerID) -> Bool {
    state.withLock { $0.timers.remove(timer) != nil }
  }

  /// Work leaves for another thread: the clock stands still until `release`, which is called after
  /// what continues the work has been enqueued.
  package func hold() { state.withLock { $0.holds += 1 } }

  package func release() {
    state.withLock { $0.holds -= 1 }
    news.signal()
  }

  /// Runs `work` to its end. Nil if nothing can run any more although it has not ended: every wait
  /// is then for something that can not come. `onStep` is called after every job and every timer.
  /// Whoever is about to wait on a queue or gather may be made to give way first.
  package func run<R: Sendable>(
    onStep: () -> Void = {}, _ work: @escaping @Sendable () async -> R
  ) -> R? {
    let box = ResultBox<R>()
    Task(executorPreference: self) {
      box.set(
        await SchedulePoint.pausing(
          by: { [self] in if pauses() { await Task.yield() } }, { await work() }))
    }
    while box.value == nil {
      guard step(onStep) else { return nil }
    }
    return box.value
  }

  private func pauses() -> Bool { state.withLock { $0.schedule.toss() } }

  /// One job, or if there is none the next timers. False if there is neither.
  private func step(_ onStep: () -> Void) -> Bool {
    while true {
      if let job = state.withLock({ $0.schedule.next() }) {
        job.runSynchronously(on: asUnownedTaskExecutor())
        onStep()
        return true
      }
      guard state.withLock({ $0.holds > 0 }) else { break }
      news.wait()
    }
    let actions = state.withLock { Self.nextTimers(&$0) }
    for action in actions {
      action()
      onStep()
    }
    return !actions.isEmpty
  }

  /// All timers of the next instant and phase (SEMANTICS 8.2). Ticks that stand before the next timer
  /// fire on the way to it, but move nothing by themselves.
  private static func nextTimers(_ state: inout State) -> [@Sendable () -> Void] {
    guard state.timers.nextButTicks != nil, let due = state.timers.next else { return [] }
    state.now = max(state.now, due.instant)
    state.schedule.note(UInt64(bitPattern: state.now.nanoseconds))
    var actions: [@Sendable () -> Void] = []
    while let next = state.timers.next, next == due, let action = state.timers.popDue(state.now) {
      actions.append(action)
    }
    return actions
  }
}

private final class ResultBox<R: Sendable>: Sendable {
  private let stored = Mutex<R?>(nil)
  var value: R? { stored.withLock { $0 } }
  func set(_ value: R) { stored.withLock { $0 = value } }
}
