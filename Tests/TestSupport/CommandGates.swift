import Glibc

/// A named pipe by which a child process tells a test that it has come somewhere, or is told to go on.
/// The test holds both ends open: neither side waits for the other to open it.
package final class LineGate: Sendable {
  let descriptor: Int32

  package init(_ name: String, in folder: CommandFolder) throws {
    descriptor = try namedPipe(name, folder, O_RDWR)
  }

  deinit { close(descriptor) }

  /// Lets through so many who wait to read a line.
  package func open(times: Int = 1) {
    let lines = [UInt8](repeating: 0x0A, count: times)
    _ = lines.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
  }
}

/// A named pipe that child processes hold open for writing; it ends when the last of them has ended.
package final class LifeGate: Sendable {
  let descriptor: Int32

  package init(_ name: String, in folder: CommandFolder) throws {
    descriptor = try namedPipe(name, folder, O_RDONLY)
  }

  deinit { close(descriptor) }
}

private func namedPipe(_ name: String, _ folder: CommandFolder, _ mode: Int32) throws -> Int32 {
  let path = folder.path(name)
  guard mkfifo(path, 0o600) == 0 else { throw CommandFault("mkfifo \(name)", errno) }
  let descriptor = open(path, mode | O_NONBLOCK | O_CLOEXEC)
  guard descriptor >= 0 else { throw CommandFault("opening \(name)", errno) }
  return descriptor
}
