import Flow
import Stages
import Synchronization

/// How a run comes to its end: which failure is the first in the stream, how long the ending may
/// take, and who is told when the time is over. One for a run, and one for each item's way through a
/// group, where it has no grace of its own.
///
/// A failure has a place, not a time. Since a failing stage stops all that is behind it, whatever is
/// recorded later lies further to the front; and what lies behind a place where the stream was ended
/// is void.
final class Shutdown: Sendable {
  enum Event: Sendable {
    case failure
    case signal(Int32)
    case timeLimit
  }

  /// What a signal asks for.
  enum Request {
    case first
    /// The same request again: GNU timeout signals child and group.
    case repeated
    case hard
  }

  private struct Recorded {
    let position: Int
    let order: Int
    let failure: StageFailure
    /// The inner shutdown it was first recorded by.
    var inner: ObjectIdentifier?
  }

  /// That of the chain that this one's is a part of, and where it stands there.
  private struct Outer {
    let shutdown: Shutdown
    let position: Int
  }

  private struct State {
    var recorded: [Recorded] = []
    /// Of side streams, in time. They have no place in the stream and are never void.
    var aside: [StageFailure] = []
    var asideIsFirst = false
    /// Of side streams that may fail.
    var warnings: [StageFailure] = []
    var voidBefore = 0
    var hasEndedEarly = false
    /// Causes of the exit status in the order they came.
    var events: [Event] = []
    var enders: [@Sendable (CancelReason, Cause) -> Void] = []
    var ended: CancelReason?
    var signalled: Instant?
    var graceTimer: TimerID?
    var graceEnd: Instant?
    /// What is left of a grace that stands still because the reader does not read.
    var graceLeft: Duration?
    var sinkIsBlocked = false
    var graceIsForSignal = false
  }

  private let clock: any TimerClock
  private let grace: Duration?
  private let outer: Outer?
  private let onWarning: AbsorbedFailure?
  private let state = Mutex(State())

  /// Without `grace` an ending takes as long as it takes.
  ///
  /// - Parameter onWarning: is told of failures that are none of the run's.
  init(clock: any TimerClock, grace: Duration?, onWarning: AbsorbedFailure? = nil) {
    self.clock = clock
    self.grace = grace
    self.onWarning = onWarning
    outer = nil
  }

  /// That of a branch: its failures are the outer one's too, at `position` of the outer chain and in
  /// the order of the input lines, for as long as they are not void. The outer one's hard end has to
  /// be passed on.
  init(within outer: Shutdown, at position: Int, clock: any TimerClock) {
    self.clock = clock
    grace = nil
    onWarning = nil
    self.outer = Outer(shutdown: outer, position: position)
  }

  // MARK: Failures

  /// Records a failure of the stage at `position` of its chain; `order` is the place of the item
  /// among the stage's. False if it is void.
  @discardableResult func record(_ failure: StageFailure, position: Int, order: Int) -> Bool {
    let isReal = record(Recorded(position: position, order: order, failure: failure))
    if isReal { tellOuter([failure]) }
    return isReal
  }

  private func record(_ recorded: Recorded) -> Bool {
    let isReal = state.withLock { state in
      guard recorded.position >= state.voidBefore else { return false }
      state.recorded.append(recorded)
      if !state.events.contains(where: { if case .failure = $0 { true } else { false } }) {
        state.events.append(.failure)
      }
      return true
    }
    if isReal { armGrace(forSignal: false) }
    return isReal
  }

  /// The stream was ended in front of `position`: failures of the stages before it are void.
  func voidFailures(before position: Int) {
    let (wasAny, left) = state.withLock { state in
      let wasAny = !state.recorded.isEmpty
      state.voidBefore = max(state.voidBefore, position)
      state.hasEndedEarly = true
      state.recorded.removeAll { $0.position < position }
      return (wasAny, state.recorded.map(\.failure))
    }
    disarmVoidGrace()
    guard wasAny, let outer else { return }
    outer.shutdown.forget(ObjectIdentifier(self))
    tellOuter(left)
  }

  private func tellOuter(_ failures: [StageFailure]) {
    guard let outer else { return }
    for failure in failures {
      let order = failure.number.map { Int(clamping: $0) } ?? .max
      _ = outer.shutdown.record(
        Recorded(
          position: outer.position, order: order, failure: failure, inner: ObjectIdentifier(self)))
    }
  }

  /// What an inner shutdown had recorded is void.
  private func forget(_ inner: ObjectIdentifier) {
    state.withLock { $0.recorded.removeAll { $0.inner == inner } }
    disarmVoidGrace()
  }

  /// Whether a stage, or the reader of the output, had enough before the input was over.
  var hasEndedEarly: Bool { state.withLock { $0.hasEndedEarly } }

  /// The first failure in the stream of those recorded: the furthest downstream, of one stage the
  /// one of the lowest item.
  var firstFailure: StageFailure? { state.withLock { Self.first($0.recorded)?.failure } }

  /// Every failure recorded and not void, in the order they happened.
  var allFailures: [StageFailure] { state.withLock { $0.recorded.map(\.failure) + $0.aside } }

  var events: [Event] { state.withLock { $0.events } }

  private static func first(_ recorded: [Recorded]) -> Recorded? {
    recorded.max { ($0.position, -$0.order) < ($1.position, -$1.order) }
  }

  // MARK: Side streams

  /// That of a side stream: its failures are its own, and it ends within the same grace. The hard end
  /// has to be passed on.
  func forSideStream() -> Shutdown { Shutdown(clock: clock, grace: graceOfRun) }

  private var graceOfRun: Duration? { outer?.shutdown.graceOfRun ?? grace }

  /// When the grace is over; nil while nothing has failed.
  var endOfGrace: Instant? { state.withLock { $0.graceEnd } }

  /// Records that a side stream has failed. Between it and this stream the first failure in time
  /// counts: true if that is it, and this stream is to be cut.
  ///
  /// - Parameter graceEnd: when the grace is over that began with the failure in the side stream.
  func recordAside(_ failure: StageFailure, graceEnd: Instant?) -> Bool {
    if let outer { return outer.shutdown.recordAside(failure, graceEnd: graceEnd) }
    let isFirst = state.withLock { state in
      let isFirst = state.recorded.isEmpty && state.aside.isEmpty
      if isFirst { state.asideIsFirst = true }
      state.aside.append(failure)
      if !state.events.contains(where: { if case .failure = $0 { true } else { false } }) {
        state.events.append(.failure)
      }
      return isFirst
    }
    armGrace(forSignal: false, end: graceEnd)
    return isFirst
  }

  /// The side stream's failure that counts, if one does, where the stream itself was cut by `other`.
  func failureAside(besides other: StageFailure?) -> StageFailure? {
    state.withLock { other == nil || $0.asideIsFirst ? $0.aside.first : nil }
  }

  /// A side stream has failed that may.
  func warn(of failure: StageFailure) {
    if let outer { return outer.shutdown.warn(of: failure) }
    state.withLock { $0.warnings.append(failure) }
    onWarning?(failure)
  }

  /// In time.
  var warnings: [StageFailure] { state.withLock { $0.warnings } }

  // MARK: The hard end

  /// Registers what a lane does at the hard end; done at once if that has come already.
  func onHardEnd(_ action: @escaping @Sendable (CancelReason, Cause) -> Void) {
    let ended = state.withLock { state in
      state.enders.append(action)
      return state.ended
    }
    if let ended { action(ended, cause) }
  }

  /// What it was for has ended: nobody is told of a hard end any more, and is let go.
  func disconnect() {
    let enders = state.withLock { state in
      defer { state.enders = [] }
      return state.enders
    }
    _ = enders
  }

  /// Everything is cancelled now: no stage flushes, nothing more moves. `hard` asks children only
  /// once.
  func hardEnd(_ reason: CancelReason) {
    let (enders, timer) = state.withLock { state in
      let again = state.ended == .hard || (state.ended != nil && reason != .hard)
      state.ended = reason
      defer { state.graceTimer = nil }
      return (again ? [] : state.enders, state.graceTimer)
    }
    if let timer { clock.cancel(timer) }
    for end in enders { end(reason, cause) }
  }

  /// Whether the ending is one by INT, TERM or HUP, for which a reader that does not read is not
  /// waited for longer than the grace.
  var isForSignal: Bool { state.withLock { $0.graceIsForSignal } }

  var hasEndedHard: Bool { state.withLock { $0.ended != nil } }

  private var cause: Cause { firstFailure.map(Cause.failure) ?? .ended }

  // MARK: Signals, limits, stdout

  /// INT, TERM or HUP. From the first one the ending has `grace`; signals within 100 ms of it are
  /// the same request.
  func signalled(_ number: Int32) -> Request {
    let now = clock.now
    let request = state.withLock { state -> Request in
      guard let first = state.signalled else {
        state.signalled = now
        state.events.append(.signal(number))
        return .first
      }
      return now - first < .milliseconds(100) ? .repeated : .hard
    }
    if case .first = request { armGrace(forSignal: true) }
    return request
  }

  /// The run's own limit passed.
  func timeLimitPassed() {
    state.withLock { $0.events.append(.timeLimit) }
    hardEnd(.stop)
  }

  /// Reading failed: the ending has `grace` from now, as for a failure.
  func inputFailed() { armGrace(forSignal: false) }

  // MARK: Grace

  /// The run is over: no timer is left.
  func disarm() {
    let timer = state.withLock { state in
      defer { state.graceTimer = nil }
      return state.graceTimer
    }
    if let timer { clock.cancel(timer) }
  }

  /// - Parameter given: when it ends, where it has begun elsewhere.
  private func armGrace(forSignal: Bool, end given: Instant? = nil) {
    guard let grace else { return }
    let now = clock.now
    let end = given ?? now + grace
    let isArmed = state.withLock { state in
      if forSignal { state.graceIsForSignal = true }
      guard state.graceEnd == nil, state.ended == nil else { return false }
      state.graceEnd = end
      if state.sinkIsBlocked && !state.graceIsForSignal {
        state.graceLeft = max(.zero, end - now)
        return false
      }
      return true
    }
    if isArmed { setTimer(end) } else if forSignal { resumeGrace() }
  }

  private func setTimer(_ end: Instant) {
    let timer = clock.schedule(at: end, phase: .grace) { [self] in hardEnd(.stop) }
    let isLate = state.withLock { state in
      if state.ended != nil || state.graceTimer != nil { return true }
      state.graceTimer = timer
      return false
    }
    if isLate { clock.cancel(timer) }
  }

  private func disarmVoidGrace() {
    let timer = state.withLock { state -> TimerID? in
      guard state.recorded.isEmpty, state.aside.isEmpty, !state.graceIsForSignal,
        state.ended == nil
      else { return nil }
      (state.graceEnd, state.graceLeft) = (nil, nil)
      defer { state.graceTimer = nil }
      return state.graceTimer
    }
    if let timer { clock.cancel(timer) }
  }

  /// While the reader does not read, the grace of a failure stands still: nothing is lost to a
  /// paused pager. That of a signal does not.
  func sinkIsBlocked(_ blocked: Bool) {
    if blocked { pauseGrace() } else { resumeGrace() }
  }

  private func pauseGrace() {
    let now = clock.now
    let timer = state.withLock { state -> TimerID? in
      state.sinkIsBlocked = true
      guard !state.graceIsForSignal, let end = state.graceEnd, state.graceTimer != nil else {
        return nil
      }
      state.graceLeft = end - now
      defer { state.graceTimer = nil }
      return state.graceTimer
    }
    if let timer { clock.cancel(timer) }
  }

  private func resumeGrace() {
    let now = clock.now
    let end = state.withLock { state -> Instant? in
      if !state.graceIsForSignal { state.sinkIsBlocked = false }
      guard let left = state.graceLeft else { return nil }
      state.graceLeft = nil
      state.graceEnd = now + left
      return state.graceEnd
    }
    if let end { setTimer(end) }
  }
}

extension Shutdown: SinkWatcher {}
