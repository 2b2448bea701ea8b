import Synchronization

/// Why work in flight is to end.
package enum CancelReason: Sendable, Equatable {
  /// A time limit of the work passed: its outcome is a timeout.
  case limit
  /// Nobody wants the result any more.
  case stop
  /// A second signal, or grace has passed: end it without asking twice.
  case hard
}

/// Tells one piece of work that it is to end. Whoever waits on the work's behalf registers what
/// wakes it; the work then ends on its own, and is awaited by whoever started it.
package final class Cancellation: Sendable {
  private struct State {
    var reason: CancelReason?
    var action: (@Sendable (CancelReason) -> Void)?
  }
  private let state = Mutex(State())

  package init() {}

  package var reason: CancelReason? { state.withLock { $0.reason } }
  package var isCancelled: Bool { reason != nil }

  /// Registers the one action that wakes the work, replacing an earlier one. If the work is
  /// cancelled already the action is called before this returns. `nil` takes it back.
  package func onCancel(_ action: (@Sendable (CancelReason) -> Void)?) {
    let reason = state.withLock { state in
      state.action = action
      return state.reason
    }
    if let reason { action?(reason) }
  }

  /// Cancels the work. The first reason stays, but `hard` is passed on even after another one.
  package func cancel(_ reason: CancelReason) {
    let action: (@Sendable (CancelReason) -> Void)? = state.withLock { state in
      if state.reason == nil {
        state.reason = reason
      } else if reason != .hard {
        return nil
      }
      return state.action
    }
    action?(reason)
  }
}
