package import Flow
import Synchronization

extension TimerClock {
  /// Suspends until `instant`. Returns early, with false, when cancelled.
  package func sleep(
    until instant: Instant, phase: TimerPhase, _ cancellation: Cancellation
  ) async -> Bool {
    if cancellation.isCancelled { return false }
    if instant <= now { return true }
    let slept = await withUnsafeContinuation { continuation in
      let sleeper = Sleeper(continuation)
      let timer = schedule(at: instant, phase: phase) { sleeper.wake(true) }
      cancellation.onCancel { _ in
        if sleeper.wake(false) { cancel(timer) }
      }
    }
    cancellation.onCancel(nil)
    return slept
  }
}

/// A continuation that what is waited for and cancellation race for.
final class Sleeper: Sendable {
  private let continuation: Mutex<UnsafeContinuation<Bool, Never>?>

  init(_ continuation: UnsafeContinuation<Bool, Never>) { self.continuation = Mutex(continuation) }

  @discardableResult func wake(_ reached: Bool) -> Bool {
    let waiting = continuation.withLock { continuation in
      defer { continuation = nil }
      return continuation
    }
    waiting?.resume(returning: reached)
    return waiting != nil
  }
}

/// A value drawn from (seed, item, attempt), never from the order of calls: SplitMix64's finalizer
/// over the three.
func draw(_ seed: UInt64, _ number: UInt64, _ attempt: Int) -> UInt64 {
  var z = seed &+ number &* 0x9E37_79B9_7F4A_7C15 &+ UInt64(attempt) &* 0xD1B5_4A32_D192_ED03
  z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
  z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
  return z ^ (z >> 31)
}
