package import Flow
import Synchronization

/// Runs one job at a time, in an order drawn from a seed, with a virtual clock that moves only when
/// nothing can run. Together they make a run a function of its input and the seed.
package final class StepExecutor: TaskExecutor, TimerClock {
  private struct State {
    var ready: [UnownedJob] = []
    var now = Instant(nanoseconds: 0)
    var timers = DeadlineHeap<@Sendable () -> Void>()
    var random: SplitMix64
    var steps = 0
  }
  private let state: Mutex<State>

  package init(seed: UInt64) { state = Mutex(State(random: SplitMix64(seed: seed))) }

  package func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    state.withLock { $0.ready.append(job) }
  }

  package var now: Instant { state.withLock { $0.now } }
  package var steps: Int { state.withLock { $0.steps } }
  package var timerCount: Int { state.withLock { $0.timers.count } }

  package func schedule(
    at instant: Instant, phase: TimerPhase, _ action: @escaping @Sendable () -> Void
  ) -> TimerID {
    state.withLock { $0.timers.add(max(instant, $0.now), phase, action) }
  }

  package func cancel(_ timer: TimerID) -> Bool {
    state.withLock { $0.timers.remove(timer) != nil }
  }

  /// Runs `work` to its end. Nil if nothing can run any more although it has not ended: every wait
  /// is then for something that can not come. `onStep` is called after every job and every timer.
  package func run<R: Sendable>(
    onStep: () -> Void = {}, _ work: @escaping @Sendable () async -> R
  ) -> R? {
    let box = ResultBox<R>()
    Task(executorPreference: self) { box.set(await work()) }
    while box.value == nil {
      guard step() else { return nil }
      onStep()
    }
    return box.value
  }

  /// One job, or if there is none the next timer. False if there is neither.
  private func step() -> Bool {
    if let job = nextJob() {
      job.runSynchronously(on: asUnownedTaskExecutor())
      return true
    }
    guard let action = nextTimer() else { return false }
    action()
    return true
  }

  private func nextJob() -> UnownedJob? {
    state.withLock { state in
      guard !state.ready.isEmpty else { return nil }
      state.steps += 1
      return state.ready.remove(at: state.random.next(below: state.ready.count))
    }
  }

  private func nextTimer() -> (@Sendable () -> Void)? {
    state.withLock { state in
      guard let moment = state.timers.nextButTicks else { return nil }
      state.now = max(state.now, moment)
      return state.timers.popDue(state.now)
    }
  }
}

private final class ResultBox<R: Sendable>: Sendable {
  private let stored = Mutex<R?>(nil)
  var value: R? { stored.withLock { $0 } }
  func set(_ value: R) { stored.withLock { $0 = value } }
}

/// The generator SplitMix64 (Steele, Lea, Flood 2014): small, and the same everywhere.
package struct SplitMix64: RandomNumberGenerator, Sendable {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  package mutating func next(below bound: Int) -> Int { Int(next() % UInt64(bound)) }
}
