import Flow
import Stages

/// The limit `idle` on a command: silence counts while somebody listens to it and it owes something,
/// input that it does not take or an answer to the end of it (SEMANTICS 4.3).
final class PipeSilence: Sendable {
  private let limits: LimitTimers

  init(_ length: Duration, _ clock: any TimerClock, _ ending: Cancellation) {
    limits = LimitTimers(clock)
    limits.aim(at: ending)
    // Nothing is owed, and nobody listens.
    limits.pause()
    limits.pause()
    limits.start(.idle, length)
  }

  /// The failure, if the limit has passed.
  var failure: Failure? { limits.failure }

  /// What it owes, it owes anew: silence begins.
  func owes(_ owes: Bool) { change(owes) }

  /// Whoever listens again has heard something: silence begins.
  func listens(_ listens: Bool) { change(listens) }

  func end() { limits.stop(.idle) }

  private func change(_ runs: Bool) {
    if runs {
      limits.restartIdle()
      limits.resume()
    } else {
      limits.pause()
    }
  }
}
