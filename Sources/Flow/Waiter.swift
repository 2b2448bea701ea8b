import Dispatch
import Synchronization

/// Somebody who waits for a value: a suspended task or a blocked thread.
enum Waiter<Value: Sendable>: Sendable {
  case task(UnsafeContinuation<Value, Never>)
  case thread(BlockingSlot<Value>)

  /// Wakes it; called once, and never while a lock is held.
  func resume(returning value: Value) {
    switch self {
    case .task(let continuation): continuation.resume(returning: value)
    case .thread(let slot): slot.fill(value)
    }
  }
}

/// Where a blocked thread finds its answer.
final class BlockingSlot<Value: Sendable>: Sendable {
  private let value = Mutex<Value?>(nil)
  private let filled = DispatchSemaphore(value: 0)

  func fill(_ answer: Value) {
    value.withLock { $0 = answer }
    filled.signal()
  }

  func wait() -> Value {
    while true {
      filled.wait()
      if let answer = value.withLock({ $0 }) { return answer }
    }
  }
}
