import Synchronization

/// Why work in flight is to end.
@usableFromInline package enum CancelReason: Sendable, Equatable {
  /// A time limit of the work passed: its outcome is a timeout.
  case limit
  /// Nobody wants the result any more.
  case stop
  /// A second signal, or grace has passed: end it without asking twice.
  case hard
}

/// Tells one piece of work that it is to end. Whoever waits on the work's behalf registers what
/// wakes it; the work then ends on its own, and is awaited by whoever started it.
@usableFromInline package final class Cancellation: Sendable {
  private struct State {
    var reason: CancelReason?
    var isHard = false
    var action: (@Sendable (CancelReason) -> Void)?

    /// What an action is told: `hard` outweighs the reason that came first.
    var urgency: CancelReason? { isHard ? .hard : reason }
  }
  private let state = Mutex(State())

  package init() {}

  /// The first reason there was; it decides the outcome of the work.
  package var reason: CancelReason? { state.withLock { $0.reason } }
  package var isCancelled: Bool { reason != nil }

  /// Registers the one action that wakes the work, replacing an earlier one. If the work is
  /// cancelled already the action is called before this returns, with `hard` if that has come.
  /// `nil` takes it back; a call that another thread has begun may then still be running.
  package func onCancel(_ action: (@Sendable (CancelReason) -> Void)?) {
    let urgency = state.withLock { state in
      state.action = action
      return state.urgency
    }
    if let urgency { action?(urgency) }
  }

  /// Cancels the work. The first reason stays, but the first `hard` is passed on even after another
  /// one. Two threads that cancel at once may call the action in either order.
  @usableFromInline package func cancel(_ reason: CancelReason) {
    let action: (@Sendable (CancelReason) -> Void)? = state.withLock { state in
      let isNews = state.reason == nil || (reason == .hard && !state.isHard)
      guard isNews else { return nil }
      state.reason = state.reason ?? reason
      state.isHard = state.isHard || reason == .hard
      return state.action
    }
    action?(reason)
  }
}
