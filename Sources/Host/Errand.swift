/// A thread of its own for work that may block and of which only the newest is wanted: drawing on a
/// terminal that may be stopped.
package final class Errand: Sendable {
  private let asked = Monitor<(@Sendable () -> Void)?>(nil)

  /// Starts the thread, which stays until the program ends. `name` shows in `ps -T`.
  package init(_ name: String) {
    Thread.start(name) { [asked] in
      while true {
        let work: @Sendable () -> Void = asked.wait { work in
          guard let next = work else { return .sleep }
          work = nil
          return .done(next)
        }
        work()
      }
    }
  }

  /// Has `work` done soon, in place of what was asked for before and has not begun. Never waits.
  package func ask(_ work: @escaping @Sendable () -> Void) {
    asked.withLock { $0 = work }
    asked.wakeOne()
  }
}
