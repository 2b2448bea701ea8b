import CLinux
import Glibc

/// A permanent thread for work that blocks, which the pool of tasks must never do.
enum Thread {
  private final class Body: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  /// Starts a detached thread that takes no signals: those are for the thread of `Signals`.
  /// `name` shows in `ps -T`, at most 15 bytes of it.
  static func start(_ name: String, _ body: @escaping @Sendable () -> Void) {
    var all = sigset_t()
    var before = sigset_t()
    unsafe sigfillset(&all)
    unsafe pthread_sigmask(SIG_SETMASK, &all, &before)
    var thread = pthread_t()
    let box = unsafe Unmanaged.passRetained(Body(body)).toOpaque()
    let error = unsafe pthread_create(
      &thread, nil,
      { opaque in
        guard let opaque = unsafe opaque else { return nil }
        unsafe Unmanaged<Body>.fromOpaque(opaque).takeRetainedValue().run()
        return nil
      }, box)
    unsafe pthread_sigmask(SIG_SETMASK, &before, nil)
    // Only a handful of threads is ever started, all at the start of a run.
    guard error == 0 else { fatalError("no thread for \(name): \(SystemError(error))") }
    _ = unsafe linux_name_thread(thread, String(name.prefix(15)))
    pthread_detach(thread)
  }
}
