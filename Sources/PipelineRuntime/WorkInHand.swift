import Flow
import Synchronization

/// What the workers of a stage are at. A unit that was cancelled has left the ring, while its work
/// may still take all of its grace to end; this is how a second signal finds it.
final class WorkInHand: Sendable {
  private struct State {
    var tokens: [Cancellation?]
    var isHard = false
  }
  private let state: Mutex<State>

  init(workers: Int) { state = Mutex(State(tokens: Array(repeating: nil, count: workers))) }

  /// The worker of that number begins with a unit, in place of the one before. Work begun after
  /// `endHard` is ended at once.
  func set(_ token: Cancellation, _ worker: Int) {
    let isHard = state.withLock { state in
      state.tokens[worker] = token
      return state.isHard
    }
    if isHard { token.cancel(.hard) }
  }

  /// Cancels all of it with `hard`, whether it was cancelled before or not.
  func endHard() {
    let tokens = state.withLock { state in
      state.isHard = true
      return state.tokens
    }
    for token in tokens { token?.cancel(.hard) }
  }
}
