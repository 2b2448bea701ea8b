import Flow
import Synchronization

/// The processes of one coprocess stage as written, shared by all its runs, and no more of them than
/// its `fanout` says. A process is started when a line finds none free.
final class CoprocessPool: Keeper {
  typealias Machine = PoolMachine<RunningCoprocess, Asker>

  let mostChildren: Int
  private let command: StandingCommand
  private let terms: CoprocessTerms
  private let state: Mutex<(machine: Machine, alive: [RunningCoprocess], stopped: CancelReason?)>

  init(_ command: StandingCommand, _ terms: CoprocessTerms, most: Int) {
    self.command = command
    self.terms = terms
    mostChildren = most
    let machine = Machine(most: most, mostLosses: terms.mostRestarts)
    state = Mutex((machine, [], nil))
  }

  /// Whether any process has answered well yet.
  var hasAnswered: Bool { state.withLock { $0.machine.hasAnswered } }

  // MARK: To have one

  /// A process that is up and free. Nil when the attempt was cancelled or nothing is begun any more.
  /// Throws when too many were lost in a row, or none can be started.
  func take(_ attempt: any Attempt) async throws(Failure) -> RunningCoprocess? {
    let first = state.withLock { $0.machine.take() }
    if case .member(let member) = first { return member }
    attempt.standStill(true)
    defer { attempt.standStill(false) }
    var taking = first
    while !attempt.cancellation.isCancelled {
      switch taking {
      case .member(let member): return member
      case .over: return nil
      case .exhausted(let failure):
        hand { $0.wakeNext() }
        throw exhausted(failure)
      case .start(let losses):
        if let started = try await start(attempt, after: losses) { return started }
      case .wait:
        let handed = await wait(attempt)
        attempt.cancellation.onCancel(nil)
        if let handed, attempt.cancellation.isCancelled {
          hand { $0.returned(handed) }
          return nil
        }
        if let handed { return handed }
      }
      taking = state.withLock { $0.machine.take() }
    }
    giveUp(taking)
    return nil
  }

  /// What was taken for an attempt that is cancelled.
  private func giveUp(_ taking: Machine.Taking) {
    switch taking {
    case .member(let member): hand { $0.returned(member) }
    case .start: hand { $0.lost(nil) }
    case .wait, .exhausted, .over: break
    }
  }

  private func exhausted(_ last: Failure) -> Failure {
    let times = terms.mostRestarts + 1
    return Failure(
      .stage,
      "its process was lost \(times) time\(times == 1 ? "" : "s") without a good answer between; "
        + "the last: \(last.message)",
      remedy: last.remedy ?? "'restart: {max: …}' says how often it may be")
  }

  /// Starts a process in the place that was taken; nil if that came to nothing.
  private func start(
    _ attempt: any Attempt, after losses: Int
  ) async throws(Failure) -> RunningCoprocess? {
    let pause = terms.pause(after: losses)
    if pause > .zero, await !attempt.sleep(for: pause) {
      hand { $0.lost(nil) }
      return nil
    }
    let made = RunningCoprocess(terms.conversation(), grace: terms.grace)
    let stopped = state.withLock { state in
      state.alive.append(made)
      return state.stopped
    }
    if let stopped { made.ending.cancel(stopped) }
    do throws(Failure) {
      let failure = try await made.start(command, within: terms.startLimit, attempt)
      if failure == nil { return made }
      lost(made, attempt.cancellation.isCancelled ? nil : failure)
      return nil
    } catch {
      lost(made, nil)
      throw error
    }
  }

  // MARK: To give it back

  func giveBack(_ process: RunningCoprocess) { hand { $0.giveBack(process) } }

  /// It has ended; with a failure it counts among those without a good answer.
  func lost(_ process: RunningCoprocess, _ failure: Failure?) {
    state.withLock { $0.alive.removeAll { $0 === process } }
    hand { $0.lost(failure) }
  }

  private func hand(_ change: (inout Machine) -> Machine.Handing) {
    switch state.withLock({ change(&$0.machine) }) {
    case .member(let member, let asker): asker.wake(member)
    case .look(let asker): asker.wake(nil)
    case .nobody: break
    }
  }

  // MARK: To wait for one

  private func wait(_ attempt: any Attempt) async -> RunningCoprocess? {
    let asker = Asker()
    return await withUnsafeContinuation { continuation in
      asker.suspend(continuation)
      // There may be one by now.
      let taking = state.withLock { state in
        let taking = state.machine.take()
        if case .wait = taking { state.machine.wait(asker) }
        return taking
      }
      switch taking {
      case .wait:
        attempt.cancellation.onCancel { [self] _ in
          if state.withLock({ $0.machine.cancelWait(asker) }) { asker.wake(nil) }
        }
      case .member(let member): asker.wake(member)
      case .start:
        hand { $0.lost(nil) }
        asker.wake(nil)
      case .exhausted, .over: asker.wake(nil)
      }
    }
  }

  /// Somebody who waits for a process.
  final class Asker: Sendable, Equatable {
    private let waiting = Mutex<UnsafeContinuation<RunningCoprocess?, Never>?>(nil)

    func suspend(_ continuation: UnsafeContinuation<RunningCoprocess?, Never>) {
      waiting.withLock { $0 = continuation }
    }

    func wake(_ member: RunningCoprocess?) {
      let continuation = waiting.withLock { $0.take() }
      continuation?.resume(returning: member)
    }

    static func == (one: Asker, other: Asker) -> Bool { one === other }
  }

  // MARK: The end of the stage

  func stop(_ reason: CancelReason) {
    let (waiters, alive) = state.withLock { state in
      state.stopped = reason
      return (state.machine.close().waiters, state.alive)
    }
    for process in alive { process.ending.cancel(reason) }
    for waiter in waiters { waiter.wake(nil) }
  }

  /// All are told at once, so that the grace of one is the grace of all.
  func finish() async throws(Failure) {
    let idle = state.withLock { state in
      _ = state.machine.close()
      return state.machine.takeIdle()
    }
    for process in idle { process.dismiss() }
    var first: Failure?
    for process in idle {
      let failure = await process.awaitEnd()
      first = first ?? failure
      state.withLock { $0.alive.removeAll { $0 === process } }
    }
    if let first { throw first }
  }
}
