/// A suspended task, to be resumed exactly once.
@safe
struct Waiter<Value: Sendable>: Sendable {
  private let continuation: UnsafeContinuation<Value, Never>

  func resume(returning value: Value) { unsafe continuation.resume(returning: value) }

  /// Suspends the calling task until `body`'s waiter is resumed, which may happen within `body`.
  static func suspend(_ body: (Waiter) -> Void) async -> Value {
    await unsafe withUnsafeContinuation { unsafe body(Waiter(continuation: $0)) }
  }
}

extension Waiter where Value == Void {
  func resume() { resume(returning: ()) }
}
