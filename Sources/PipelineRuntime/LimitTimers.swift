import Flow
import PipelineModel
import Stages
import Synchronization

extension Failure {
  /// A limit that passed.
  static func late(_ limit: Duration, _ what: String) -> Failure {
    Failure(.timeout, "\(what) within \(limit.written)")
  }
}

/// The limits on one item: on each attempt, on all of them together, on silence. They stand still
/// while streamline itself keeps the attempt waiting.
final class LimitTimers: Sendable {
  enum Kind: Int, CaseIterable { case attempt, item, idle }

  private struct Limit {
    var length: Duration
    /// Running until then, or standing still with so much left.
    var end: Instant?
    var left: Duration?
    var timer: TimerID?
  }

  /// By kind; no dictionary, since each item sets them up.
  private struct Limits {
    private var attempt: Limit?
    private var item: Limit?
    private var idle: Limit?

    subscript(kind: Kind) -> Limit? {
      get {
        switch kind {
        case .attempt: attempt
        case .item: item
        case .idle: idle
        }
      }
      // In place: a limit is large, and each item sets and stops one at the least.
      _modify {
        switch kind {
        case .attempt: yield &attempt
        case .item: yield &item
        case .idle: yield &idle
        }
      }
    }
  }

  private struct State {
    var limits = Limits()
    /// How many wait for room; the limits stand still until none does.
    var pauses = 0
    var passed: Kind?
    var target: Cancellation?
  }

  private let clock: any TimerClock
  private let state = Mutex(State())

  init(_ clock: any TimerClock) { self.clock = clock }

  /// What is cancelled when a limit passes, from now on.
  func aim(at target: Cancellation) {
    let isLate = state.withLock { state in
      state.target = target
      return state.passed == .item
    }
    if isLate { target.cancel(.limit) }
  }

  /// The failure of the limit that passed, if one did.
  var failure: Failure? {
    state.withLock { state in
      guard let kind = state.passed, let limit = state.limits[kind] else { return nil }
      switch kind {
      case .attempt: return .late(limit.length, "no answer")
      case .item: return .late(limit.length, "no result of all attempts")
      case .idle: return .late(limit.length, "no sign of life")
      }
    }
  }

  /// The limit that passed first.
  var passed: Kind? { state.withLock { $0.passed } }
  var itemLimitPassed: Bool { state.withLock { $0.passed == .item } }

  func start(_ kind: Kind, _ length: Duration) {
    state.withLock { state in
      if state.passed != .item { state.passed = nil }
      state.limits[kind] = Limit(length: length)
      run(kind, length, &state)
    }
  }

  func stop(_ kind: Kind) {
    state.withLock { state in
      if let timer = state.limits[kind]?.timer { clock.cancel(timer) }
      state.limits[kind]?.timer = nil
      state.limits[kind]?.left = nil
    }
  }

  /// Silence is over.
  func restartIdle() {
    state.withLock { state in
      // Of work that speaks after its attempt has ended nothing is counted any more.
      guard let limit = state.limits[.idle], state.passed == nil,
        limit.timer != nil || limit.left != nil
      else { return }
      if let timer = limit.timer { clock.cancel(timer) }
      run(.idle, limit.length, &state)
    }
  }

  func pause() {
    let now = clock.now
    state.withLock { state in
      state.pauses += 1
      guard state.pauses == 1 else { return }
      for kind in Kind.allCases {
        guard let limit = state.limits[kind], let timer = limit.timer, let end = limit.end else {
          continue
        }
        clock.cancel(timer)
        state.limits[kind]?.timer = nil
        state.limits[kind]?.left = end - now
      }
    }
  }

  func resume() {
    state.withLock { state in
      state.pauses -= 1
      guard state.pauses == 0 else { return }
      for kind in Kind.allCases {
        guard let left = state.limits[kind]?.left, state.passed == nil else { continue }
        run(kind, left, &state)
      }
    }
  }

  private func run(_ kind: Kind, _ left: Duration, _ state: inout State) {
    if state.pauses > 0 {
      state.limits[kind]?.left = left
      return
    }
    let end = clock.now + left
    state.limits[kind]?.end = end
    state.limits[kind]?.left = nil
    // The clock holds on to the limits until the timer is taken back, which whoever starts it does.
    state.limits[kind]?.timer = clock.schedule(at: end, phase: .limit) { [self] in pass(kind) }
  }

  private func pass(_ kind: Kind) {
    let target = state.withLock { state -> Cancellation? in
      guard state.passed == nil, state.limits[kind]?.timer != nil else { return nil }
      state.limits[kind]?.timer = nil
      state.passed = kind
      return state.target
    }
    target?.cancel(.limit)
  }
}
