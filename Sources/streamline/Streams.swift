import Glibc
import Host
import PipelineRuntime
import Synchronization

/// stderr, for messages and, on a terminal, for what is drawn below them. What can not be written
/// there is lost: there is nowhere to say so.
enum StandardError {
  /// Held while writing, so that messages of several threads and the drawing do not tear.
  private static let footer = Mutex(Footer())

  /// Whole lines. May block, as the terminal does while it is stopped.
  static func write(_ text: String) {
    footer.withLock { _ = FileText.write($0.message(text), to: 2) }
  }

  /// From now on rows can be drawn.
  static func openFooter() { footer.withLock { $0.open() } }

  /// Shows `rows` below all messages, in place of those shown before; nothing while it is not open.
  static func draw(_ rows: [String]) {
    footer.withLock { _ = FileText.write($0.draw(rows), to: 2) }
  }

  /// Takes away what is drawn: the terminal is as if nothing had been.
  static func closeFooter() { footer.withLock { _ = FileText.write($0.close(), to: 2) } }
}

/// stdout of the commands that print a text; `run` writes by its own thread.
enum StandardOutput {
  /// - Returns: the exit status: a reader that has left is no failure, a full disk is.
  static func write(_ text: String) -> Int32 {
    switch FileText.write(text, to: 1) {
    case 0, EPIPE: return ExitStatus.done
    case let error:
      StandardError.write("streamline: stdout can not be written: \(FileText.words(error))\n")
      return ExitStatus.io
    }
  }
}

/// Small files and texts, whole.
enum FileText {
  /// - Returns: 0, or the errno of the write that failed.
  static func write(_ text: String, to descriptor: Int32) -> Int32 {
    // A reader that has left must give EPIPE, not end the program.
    signal(SIGPIPE, SIG_IGN)
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if written < 0, errno != EINTR { return errno }
      rest = rest.dropFirst(max(written, 0))
    }
    return 0
  }

  /// The bytes of a file, at most `limit` and one more, so that the caller sees that it is longer.
  static func read(_ path: String, limit: Int) throws(CommandFailure) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw CommandFailure("\(path) can not be read: \(words(errno))")
    }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 65_536)
    while bytes.count <= limit {
      let count = block.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
      if count == 0 { break }
      if count < 0 {
        if errno == EINTR { continue }
        throw CommandFailure("\(path) can not be read: \(words(errno))")
      }
      bytes += block[..<count]
    }
    return bytes
  }

  /// Gives a file another text: it has the old one until the new one is there whole.
  static func replace(_ path: String, _ text: String) throws(CommandFailure) {
    do throws(PortFailure) {
      let file = try OutputFile(path)
      do throws(PortFailure) { try file.write(Array(text.utf8)) } catch {
        file.abandon()
        throw error
      }
      try file.commit()
    } catch { throw CommandFailure(error) }
  }

  static func words(_ error: Int32) -> String { String(cString: strerror(error)) }
}
