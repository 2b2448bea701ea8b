import Dispatch
import Synchronization

/// Somebody who waits for a value: a suspended task or a blocked thread.
@usableFromInline enum Waiter<Value: Sendable>: Sendable {
  case task(UnsafeContinuation<Value, Never>)
  case thread(BlockingSlot<Value>)

  /// Wakes it; called once, and never while a lock is held.
  @inlinable func resume(returning value: Value) {
    switch self {
    case .task(let continuation): continuation.resume(returning: value)
    case .thread(let slot): slot.fill(value)
    }
  }
}

/// Where a blocked thread finds its answer.
@usableFromInline final class BlockingSlot<Value: Sendable>: Sendable {
  private let value = Mutex<Value?>(nil)
  private let filled = DispatchSemaphore(value: 0)

  @usableFromInline init() {}

  @usableFromInline func fill(_ answer: Value) {
    value.withLock { $0 = answer }
    filled.signal()
  }

  @usableFromInline func wait() -> Value {
    while true {
      filled.wait()
      if let answer = value.withLock({ $0 }) { return answer }
    }
  }
}
