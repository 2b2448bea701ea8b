import Flow
import PipelineModel
import Synchronization

/// One process of a coprocess stage from its start to its end. One attempt has it at a time.
final class RunningCoprocess: Sendable {
  /// How asking it ended; in all cases but an answer nothing is left of it.
  enum Reply: Sendable {
    case answer([UInt8])
    /// It had ended, or spoken unasked, before it had read any of the request.
    case untouched(Failure)
    case failed(Failure)
    case cancelled
  }

  private struct State {
    var conversation: Conversation
    var child: (any Child)?
    /// Grows with every attempt that has it, so that a late cancellation of one meets no other.
    var lease: UInt64 = 0
    /// The attempt that has it was cancelled.
    var isCancelled = false
    /// Forwards what it writes to stderr as of the attempt that has it, or had it last.
    var speaker: (any Attempt)?
    /// It had not ended when it was given its end of input.
    var wasUpToTheEnd = false
    /// Ends it when the grace of its leaving is over.
    var leaving: TimerID?
  }

  /// Ends the process.
  let ending = Cancellation()
  /// Between its end of input and its end.
  private let grace: Duration
  private let state: Mutex<State>

  init(_ conversation: Conversation, grace: Duration) {
    self.grace = grace
    state = Mutex(State(conversation: conversation))
  }

  // MARK: Its start

  /// Starts it and waits until it is up. Returns the failure if it does not come up; nothing is left
  /// of it then. Throws what keeps every process from being started.
  func start(
    _ command: StandingCommand, within limit: Duration, _ attempt: any Attempt
  ) async throws(Failure) -> Failure? {
    state.withLock { $0.speaker = attempt }
    attempt.cancellation.onCancel { [ending] in ending.cancel($0) }
    defer { attempt.cancellation.onCancel(nil) }
    let child: any Child
    do throws(Failure) {
      let ready = try command.childCommand(attempt.launcher) { [weak self] in self?.forward($0) }
      child = try await attempt.launcher.start(ready, cancellation: ending)
    } catch {
      guard error.kind == .spawn else { throw error }
      return error
    }
    let isStarting = state.withLock { state in
      state.child = child
      return state.conversation.state == .starting
    }
    return isStarting ? try await waitUntilUp(child, limit, attempt.clock) : nil
  }

  private func waitUntilUp(
    _ child: any Child, _ limit: Duration, _ clock: any TimerClock
  ) async throws(Failure) -> Failure? {
    let timer = clock.schedule(at: clock.now + limit, phase: .limit) { [ending] in
      ending.cancel(.limit)
    }
    defer { clock.cancel(timer) }
    while true {
      switch await child.next() {
      case .output(let bytes):
        if ending.isCancelled { continue }
        switch state.withLock({ $0.conversation.received(bytes) }) {
        case .ready: return nil
        case .trouble(.closed):
          let exit = try await leave(child, clock)
          return exit.map { neverUp($0, limit) } ?? Conversation.Trouble.closed.failure
        case .trouble(let trouble):
          try await end(child)
          return trouble.failure
        case .nothing, .answer: break
        }
      case .exited(let exit):
        if let failure = exit.immortality { throw failure }
        return neverUp(exit, limit)
      }
    }
  }

  private func neverUp(_ exit: ChildExit, _ limit: Duration) -> Failure {
    ending.reason == .limit
      ? Failure(.timeout, "it was not ready within \(limit.written)")
      : Failure(.exit, "it ended before it was ready: \(exit.words)")
  }

  private func forward(_ line: [UInt8]) {
    state.withLock { $0.speaker }?.forward(errorLine: line)
  }

  // MARK: A line

  /// Sends it a line and waits for the answer. Throws if it can not be ended.
  func ask(_ text: [UInt8], _ attempt: any Attempt) async throws(Failure) -> Reply {
    guard let child = state.withLock({ $0.child }) else { return .cancelled }
    guard child.isQuiet else { return try await findOut(child, attempt.clock) }
    let (lease, request) = state.withLock { state in
      state.lease += 1
      state.speaker = attempt
      return (state.lease, state.conversation.ask(text))
    }
    attempt.cancellation.onCancel { [self] in cancel($0, lease) }
    defer { attempt.cancellation.onCancel(nil) }
    child.send(request)
    while true {
      switch await child.next() {
      case .output(let bytes):
        attempt.progress()
        switch state.withLock({ $0.conversation.received(bytes) }) {
        case .nothing, .ready: break
        case .answer(let answer):
          // From here on no cancellation of this attempt reaches the process.
          if release(lease) { return .answer(answer) }
        case .trouble(.closed): return try await closed(child, request, attempt)
        case .trouble(let trouble):
          // What the line fails of is known: how long the process takes to end changes nothing.
          attempt.standStill(true)
          defer { attempt.standStill(false) }
          try await end(child)
          return .failed(trouble.failure)
        }
      case .exited(let exit): return try judge(exit, request)
      }
    }
  }

  private func cancel(_ reason: CancelReason, _ lease: UInt64) {
    let isHeld = state.withLock { state in
      if state.lease == lease { state.isCancelled = true }
      return state.lease == lease
    }
    if isHeld { ending.cancel(reason) }
  }

  /// False if it was cancelled before.
  private func release(_ lease: UInt64) -> Bool {
    state.withLock { state in
      if state.isCancelled || ending.isCancelled { return false }
      state.lease += 1
      return true
    }
  }

  private func judge(_ exit: ChildExit, _ request: [UInt8]) throws(Failure) -> Reply {
    if let failure = exit.immortality { throw failure }
    if ending.isCancelled { return .cancelled }
    var failure = exit.failure
    failure.message = "it ended without an answer: " + failure.message
    return exit.unreadInput >= request.count ? .untouched(failure) : .failed(failure)
  }

  /// It closed its stdout, most likely because it is about to end.
  private func closed(
    _ child: any Child, _ request: [UInt8], _ attempt: any Attempt
  ) async throws(Failure) -> Reply {
    attempt.standStill(true)
    defer { attempt.standStill(false) }
    let exit = try await leave(child, attempt.clock)
    if let exit { return try judge(exit, request) }
    return attempt.cancellation.isCancelled
      ? .cancelled : .failed(Conversation.Trouble.closed.failure)
  }

  /// Something is there that nobody asked for: it has ended, or spoken.
  private func findOut(
    _ child: any Child, _ clock: any TimerClock
  ) async throws(Failure) -> Reply {
    var failure = Conversation.Trouble.unasked.failure
    defer { finishLeaving(clock) }
    while true {
      switch await child.next() {
      case .output(let bytes):
        if bytes.isEmpty { beginLeaving(clock) } else { ending.cancel(.stop) }
      case .exited(let exit):
        if let failure = exit.immortality { throw failure }
        if !ending.isCancelled {
          failure = exit.failure
          failure.message = "it ended between two lines: " + failure.message
        }
        return .untouched(failure)
      }
    }
  }

  // MARK: Its end

  /// Ends it and waits for that.
  private func end(_ child: any Child) async throws(Failure) {
    ending.cancel(.stop)
    while true {
      if case .exited(let exit) = await child.next() {
        if let failure = exit.immortality { throw failure }
        return
      }
    }
  }

  /// Gives it its end of input, and after `grace` its end. The exit; nil if it had to be ended.
  private func leave(
    _ child: any Child, _ clock: any TimerClock
  ) async throws(Failure) -> ChildExit? {
    beginLeaving(clock)
    while true {
      if case .exited(let exit) = await child.next() {
        finishLeaving(clock)
        if let failure = exit.immortality { throw failure }
        return ending.isCancelled ? nil : exit
      }
    }
  }

  private func beginLeaving(_ clock: any TimerClock) {
    state.withLock { $0.child }?.endInput()
    let timer = clock.schedule(at: clock.now + grace, phase: .grace) { [ending] in
      ending.cancel(.stop)
    }
    state.withLock { $0.leaving = timer }
  }

  private func finishLeaving(_ clock: any TimerClock) {
    let timer = state.withLock { state in
      defer { state.leaving = nil }
      return state.leaving
    }
    if let timer { clock.cancel(timer) }
  }

  /// The stage is over: gives it its end of input. `awaitEnd` follows.
  func dismiss() {
    let (child, speaker) = state.withLock { ($0.child, $0.speaker) }
    guard let child, let speaker else { return }
    let isUp = child.isQuiet
    state.withLock { $0.wasUpToTheEnd = isUp }
    beginLeaving(speaker.clock)
  }

  /// Waits for the end of one that was dismissed, or is being ended: what is wrong about it.
  func awaitEnd() async -> Failure? {
    let (child, speaker) = state.withLock { ($0.child, $0.speaker) }
    guard let child, let speaker else { return nil }
    defer { finishLeaving(speaker.clock) }
    var unasked = 0
    while true {
      switch await child.next() {
      case .output(let bytes): unasked += bytes.count
      case .exited(let exit):
        if let failure = exit.immortality { return failure }
        if ending.isCancelled { return nil }
        // One that was lost between two lines, or behind the last, would have been replaced.
        let counts = state.withLock { $0.wasUpToTheEnd }
        if counts, exit.signal != nil || exit.status != 0 {
          return Failure(.stage, "it ended badly behind the last line: \(exit.words)")
        }
        if unasked == 0 { return nil }
        return Failure(
          .stage,
          "it wrote \(unasked) bytes behind its last answer, so that answers may be out of step",
          remedy: "it must write one answer to each request, and nothing else")
      }
    }
  }
}
