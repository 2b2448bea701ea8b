import CLinux
import Glibc

/// A permanent thread for work that blocks, which the pool of tasks must never do.
package enum Thread {
  private final class Body: Sendable {
    let name: String
    let run: @Sendable () -> Void
    init(_ name: String, _ run: @escaping @Sendable () -> Void) {
      self.name = name
      self.run = run
    }
  }

  /// Runs `body` on a thread of its own, which ends with it, while the caller's task waits.
  package static func run<R: Sendable>(
    _ name: String, _ body: @escaping @Sendable () -> R
  ) async -> R {
    await withCheckedContinuation { continuation in
      start(name) { continuation.resume(returning: body()) }
    }
  }

  /// Starts a detached thread that takes no signals: those are for the thread of `Signals`.
  /// `name` shows in `ps -T`, at most 15 bytes of it.
  static func start(_ name: String, _ body: @escaping @Sendable () -> Void) {
    var all = sigset_t()
    var before = sigset_t()
    unsafe sigfillset(&all)
    unsafe pthread_sigmask(SIG_SETMASK, &all, &before)
    var thread = pthread_t()
    let box = unsafe Unmanaged.passRetained(Body(name, body)).toOpaque()
    let error = unsafe pthread_create(
      &thread, nil,
      { opaque in
        guard let opaque = unsafe opaque else { return nil }
        let body = unsafe Unmanaged<Body>.fromOpaque(opaque).takeRetainedValue()
        // Named from within: to name another thread the C library opens a file that children inherit.
        _ = unsafe linux_name_thread(String(body.name.prefix(15)))
        linux_wake_as_main()
        body.run()
        return nil
      }, box)
    unsafe pthread_sigmask(SIG_SETMASK, &before, nil)
    // Only a handful of threads is ever started, all at the start of a run.
    guard error == 0 else { fatalError("no thread for \(name): \(SystemError(error))") }
    pthread_detach(thread)
  }
}
