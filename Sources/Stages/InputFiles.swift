import Synchronization

/// Which input file a line came from. The source knows, once there is one; stages are built before.
package final class InputFiles: Sendable {
  /// A closure that is the value of a mutex itself is wrapped once more by every `withLock`, and each
  /// call goes through all wraps (Swift 6.3.1); within a struct it is not.
  private struct Lookup: Sendable { var name: @Sendable (UInt64) -> String? }
  private let lookup = Mutex<Lookup?>(nil)

  package init() {}

  /// - Parameter lookup: the name of the file of an input line, nil for stdin.
  package func connect(_ lookup: @escaping @Sendable (UInt64) -> String?) {
    self.lookup.withLock { $0 = Lookup(name: lookup) }
  }

  package func name(of number: UInt64) -> String? {
    number == 0 ? nil : lookup.withLock { $0 }?.name(number)
  }
}
