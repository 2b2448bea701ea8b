import Synchronization

/// Which input file a line came from. The source knows, once there is one; stages are built before.
package final class InputFiles: Sendable {
  private let lookup = Mutex<(@Sendable (UInt64) -> String?)?>(nil)

  package init() {}

  /// - Parameter lookup: the name of the file of an input line, nil for stdin.
  package func connect(_ lookup: @escaping @Sendable (UInt64) -> String?) {
    self.lookup.withLock { $0 = lookup }
  }

  package func name(of number: UInt64) -> String? {
    number == 0 ? nil : lookup.withLock { $0 }?(number)
  }
}
