import Flow
import Lines
import PipelineModel
import Stages
import Synchronization

@testable import PipelineRuntime

/// Children without processes, in virtual time: each is played by what it is given.
final class PlayedChildren: Launcher {
  private let clock: any TimerClock
  private let play: @Sendable (PlayedChild) -> Void
  private let counts = Mutex((alive: 0, most: 0, started: 0))

  /// - Parameter play: is called for each child as it starts, to say what it does.
  init(_ clock: any TimerClock, _ play: @escaping @Sendable (PlayedChild) -> Void) {
    self.clock = clock
    self.play = play
  }

  var alive: Int { counts.withLock { $0.alive } }
  var mostAlive: Int { counts.withLock { $0.most } }

  func locate(_ command: String, directory: String?, path: String?) throws(Failure) -> String {
    command
  }

  func start(
    _ command: ChildCommand, cancellation: Cancellation
  ) async throws(Failure) -> any Child {
    let number = counts.withLock { counts in
      counts.alive += 1
      counts.most = max(counts.most, counts.alive)
      counts.started += 1
      return counts.started
    }
    let child = PlayedChild(number, clock, cancellation) { [self] in
      counts.withLock { $0.alive -= 1 }
    }
    play(child)
    if let input = command.input {
      child.send(input)
      child.endInput()
    }
    cancellation.onCancel { [weak child] _ in child?.asked() }
    return child
  }
}

final class PlayedChild: Child {
  private struct State {
    var events: [ChildEvent] = []
    var waiter: UnsafeContinuation<ChildEvent, Never>?
    var hasEnded = false
    var outputIsClosed = false
    /// What it does not read.
    var unread = 0
    var reads = true
    var drainer: UnsafeContinuation<Bool, Never>?
    var isFull = false
  }

  let number: Int
  let clock: any TimerClock
  private let cancellation: Cancellation
  private let onEnd: @Sendable () -> Void
  private let state = Mutex(State())
  /// What it does with what it is sent; with nil its input has ended.
  private let reader = Mutex<(@Sendable ([UInt8]?) -> Void)?>(nil)
  /// How long it takes to end when it is asked to.
  private let dying = Mutex(Duration.zero)

  init(
    _ number: Int, _ clock: any TimerClock, _ cancellation: Cancellation,
    _ onEnd: @escaping @Sendable () -> Void
  ) {
    self.number = number
    self.clock = clock
    self.cancellation = cancellation
    self.onEnd = onEnd
  }

  // MARK: What it plays

  func reads(_ body: @escaping @Sendable ([UInt8]?) -> Void) { reader.withLock { $0 = body } }
  func takes(toEnd duration: Duration) { dying.withLock { $0 = duration } }

  func after(_ pause: Duration, _ body: @escaping @Sendable () -> Void) {
    _ = clock.schedule(at: clock.now + pause, phase: .work) { [self] in
      if !state.withLock({ $0.hasEnded }) { body() }
    }
  }

  func write(_ text: String) {
    if state.withLock({ $0.outputIsClosed }) { return }
    tell(.output(Array(text.utf8)))
  }

  /// It reads nothing more, as one that is about to end.
  func stopReading() {
    let drainer = state.withLock { state in
      state.reads = false
      return state.drainer.take()
    }
    drainer?.resume(returning: false)
  }

  func exit(_ status: Int32) {
    let (isFirst, drainer, unread) = state.withLock { state in
      defer { state.hasEnded = true }
      return (!state.hasEnded, state.drainer.take(), state.unread)
    }
    drainer?.resume(returning: false)
    guard isFirst else { return }
    onEnd()
    tell(.exited(ChildExit(status: status, signal: nil, unreadInput: unread)))
  }

  fileprivate func asked() {
    _ = clock.schedule(at: clock.now + dying.withLock { $0 }, phase: .work) { [self] in exit(143) }
  }

  private func tell(_ event: ChildEvent) {
    let waiter = state.withLock { state in
      if state.waiter == nil { state.events.append(event) }
      return state.waiter.take()
    }
    waiter?.resume(returning: event)
  }

  // MARK: Child

  func next() async -> ChildEvent {
    await withUnsafeContinuation { continuation in
      let event = state.withLock { state -> ChildEvent? in
        if !state.events.isEmpty { return state.events.removeFirst() }
        state.waiter = continuation
        return nil
      }
      if let event { continuation.resume(returning: event) }
    }
  }

  func send(_ bytes: [UInt8]) {
    let isRead = state.withLock { state in
      if state.hasEnded || !state.reads { state.unread += bytes.count }
      return !state.hasEnded && state.reads
    }
    if isRead { reader.withLock({ $0 })?(bytes) }
  }

  func drained() async -> Bool {
    await withUnsafeContinuation { continuation in
      let answer = state.withLock { state -> Bool? in
        if state.hasEnded || !state.reads { return false }
        if !state.isFull { return true }
        state.drainer = continuation
        return nil
      }
      if let answer { continuation.resume(returning: answer) }
    }
  }

  /// From now on it takes nothing; or it takes what it was sent.
  func isFull(_ isFull: Bool) {
    let drainer = state.withLock { state in
      state.isFull = isFull
      return isFull ? nil : state.drainer.take()
    }
    drainer?.resume(returning: true)
  }

  func endInput() { reader.withLock({ $0 })?(nil) }

  func closeOutput() { state.withLock { $0.outputIsClosed = true } }

  var isQuiet: Bool { state.withLock { !$0.hasEnded && $0.events.isEmpty } }
}

extension Plan {
  /// The plan of a pipeline file.
  static func of(yaml: String, _ setting: Setting = Setting()) throws -> Plan {
    let result = PipelineReader.read(text: yaml, catalogue: Catalogue.manuals)
    guard let definition = result.definition else {
      throw result.diagnostics.first ?? Diagnostic("no pipeline")
    }
    var planner = Planner(setting, MemoryFiles())
    guard let plan = planner.plan(definition) else {
      throw planner.diagnostics.first ?? Diagnostic("no plan")
    }
    return plan
  }
}
