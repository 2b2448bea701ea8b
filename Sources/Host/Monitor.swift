import CLinux
import Glibc

/// State that threads of our own wait on, with a lock and a condition. Tasks never use it: it blocks.
///
/// Unchecked, as lock, condition and state lie behind pointers, which have to stay in one place: the
/// pointers never change, and what they point to is used under the lock alone.
@safe
final class Monitor<State>: @unchecked Sendable {
  /// What a waiting thread does next.
  enum Waiting<Result> {
    case done(Result)
    /// Blocks until woken.
    case sleep
    /// Blocks until woken or until this moment of CLOCK_MONOTONIC, in nanoseconds.
    case sleepUntil(Int64)
  }

  private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  /// Apart, as every access to it is under the lock and needs no other check.
  private let state: UnsafeMutablePointer<State>

  init(_ state: State) {
    unsafe self.state = .allocate(capacity: 1)
    unsafe self.state.initialize(to: state)
    unsafe pthread_mutex_init(lock, nil)
    var attributes = pthread_condattr_t()
    unsafe pthread_condattr_init(&attributes)
    unsafe pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    unsafe pthread_cond_init(condition, &attributes)
    unsafe pthread_condattr_destroy(&attributes)
  }

  deinit {
    unsafe pthread_cond_destroy(condition)
    unsafe pthread_mutex_destroy(lock)
    unsafe condition.deallocate()
    unsafe state.deinitialize(count: 1)
    unsafe state.deallocate()
    unsafe lock.deallocate()
  }

  func withLock<Result>(_ body: (inout State) -> Result) -> Result {
    unsafe pthread_mutex_lock(lock)
    defer { unsafe pthread_mutex_unlock(lock) }
    return unsafe body(&state.pointee)
  }

  /// Asks `body`, under the lock, now and after each waking, until it is done.
  func wait<Result>(_ body: (inout State) -> Waiting<Result>) -> Result {
    unsafe pthread_mutex_lock(lock)
    defer { unsafe pthread_mutex_unlock(lock) }
    while true {
      switch unsafe body(&state.pointee) {
      case .done(let result): return result
      case .sleep: unsafe pthread_cond_wait(condition, lock)
      case .sleepUntil(let nanoseconds):
        var moment = timespec(
          tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
        unsafe pthread_cond_timedwait(condition, lock, &moment)
      }
    }
  }

  func wakeOne() { unsafe pthread_cond_signal(condition) }
  func wakeAll() { unsafe pthread_cond_broadcast(condition) }
}
