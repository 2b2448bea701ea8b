import Glibc

/// A named pipe by which a child process tells a test that it has come somewhere, or is told to go on.
/// The test holds both ends open: neither side waits for the other to open it.
package final class LineGate: Sendable {
  let descriptor: Int32

  package init(_ name: String, in folder: CommandFolder) throws {
    let path = folder.path(name)
    guard mkfifo(path, 0o600) == 0 else { throw CommandFault("mkfifo \(name)", errno) }
    descriptor = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { throw CommandFault("opening \(name)", errno) }
  }

  deinit { close(descriptor) }

  /// Lets through so many who wait to read a line.
  package func letThrough(_ times: Int = 1) {
    let lines = [UInt8](repeating: 0x0A, count: times)
    _ = lines.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
  }
}
