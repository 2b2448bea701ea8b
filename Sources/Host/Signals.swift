import CLinux
import Glibc

/// The signals that streamline acts on, received by a thread of their own. One that was ignored at
/// the start (nohup, a shell's `&`) stays ignored and is never delivered.
package struct Signals: Sendable {
  private static let all: [Int32] = [SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGTSTP]

  /// Those that are acted on.
  package let numbers: [Int32]

  /// Holds the signals back from now on. Called before any thread is started, since threads inherit
  /// what is held back; children do not.
  package init() {
    numbers = Self.all.filter { linux_is_ignored($0) == 0 }
    var set = Self.set(numbers)
    unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
  }

  /// Delivers each signal that comes, one after another, on a thread of its own; those that came
  /// since `init` first. The numbers are those of <signal.h>.
  package func deliver(_ action: @escaping @Sendable (Int32) -> Void) {
    Thread.start("signals") { [numbers] in
      var set = Self.set(numbers)
      while true {
        var number: Int32 = 0
        if unsafe sigwait(&set, &number) == 0 { action(number) }
      }
    }
  }

  /// Stops this process as TSTP does by default. Returns when it has been continued.
  package static func stop() {
    // To this very thread: one that is sent to the process may let it go on for a moment.
    _ = raise(SIGSTOP)
  }

  /// Ends this process by the signal's default action, so that whoever waits for it sees that: a
  /// shell leaves its loop only for a command that died of INT, not for one that exited with 130.
  package static func die(by number: Int32) -> Never {
    _ = signal(number, SIG_DFL)
    var set = set([number])
    unsafe pthread_sigmask(SIG_UNBLOCK, &set, nil)
    _ = raise(number)
    // Not reached unless the signal's default is not to end a process.
    exit(128 + number)
  }

  private static func set(_ numbers: [Int32]) -> sigset_t {
    var set = sigset_t()
    unsafe sigemptyset(&set)
    for number in numbers { unsafe sigaddset(&set, number) }
    return set
  }
}
