import CLinux
package import Flow
import Glibc
package import PipelineRuntime

/// Another process of this program, which is given messages on its stdin and answers on its stdout.
/// It ends when its stdin does; whoever made it kills it or lets it go.
package final class WorkerProcess {
  private let process: Int32
  private let input: FileDescriptor
  private let output: FileDescriptor
  private var received = MessageReader()
  /// Its stdout has ended: it is over.
  package private(set) var isOver = false

  /// Starts this program with other arguments. Throws why it can not.
  package init(arguments: [String]) throws(PortFailure) {
    // So that the watcher of one that is killed can be waited for.
    linux_become_subreaper()
    do {
      let toIt = try Pipe()
      let fromIt = try Pipe()
      defer {
        toIt.reading.close()
        fromIt.writing.close()
      }
      process = try Self.spawn(arguments, input: toIt.reading, output: fromIt.writing)
      input = toIt.writing
      output = fromIt.reading
    } catch {
      throw PortFailure("a process for the cases can not be started: \(error)")
    }
  }

  deinit {
    input.close()
    output.close()
    kill()
  }

  /// What it is sent it reads in order. A process that has ended reads nothing; `receive` then tells.
  package func send(_ message: [String]) {
    var rest = MessageReader.bytes(of: message)[...]
    while !rest.isEmpty {
      let written = unsafe rest.withUnsafeBytes {
        unsafe Glibc.write(input.number, $0.baseAddress, $0.count)
      }
      if written < 0, errno != EINTR { return }
      rest = rest.dropFirst(max(written, 0))
    }
  }

  /// The messages that have come since the last call; reads once, which waits if nothing is there.
  package func receive() -> [[String]] {
    var block = [UInt8](repeating: 0, count: 65_536)
    let count = unsafe block.withUnsafeMutableBytes {
      unsafe Glibc.read(output.number, $0.baseAddress, $0.count)
    }
    if count == 0 || (count < 0 && errno != EINTR) { isOver = true }
    if count > 0 { received.add(block[..<count]) }
    return received.take()
  }

  /// Ends it at once, and waits until it and what it has started have ended. What it was doing, in
  /// words.
  @discardableResult package func kill() -> String {
    _ = Glibc.kill(process, SIGKILL)
    var status: Int32 = 0
    while unsafe waitpid(process, &status, 0) < 0, errno == EINTR {}
    Watcher.awaitOrphaned()
    return status & 0x7F == 0 ? "exit status \(status >> 8 & 0xFF)" : "signal \(status & 0x7F)"
  }

  /// How it ended by itself, after `isOver`.
  package func ending() -> String {
    var status: Int32 = 0
    while unsafe waitpid(process, &status, 0) < 0, errno == EINTR {}
    return status & 0x7F == 0 ? "exit status \(status >> 8 & 0xFF)" : "signal \(status & 0x7F)"
  }

  /// Waits until one of them has something to say, or until `deadline` on `clock`; nil is for ever.
  /// - Returns: the places of those that have.
  package static func wait(
    for workers: [WorkerProcess], until deadline: Instant?, _ clock: any TimerClock
  ) -> [Int] {
    var entries = workers.map {
      pollfd(fd: $0.output.number, events: Int16(POLLIN), revents: 0)
    }
    let left = deadline.map { max(.zero, $0 - clock.now).nanoseconds / 1_000_000 + 1 } ?? -1
    let ready = unsafe poll(&entries, nfds_t(entries.count), Int32(clamping: left))
    return ready <= 0 ? [] : entries.indices.filter { entries[$0].revents != 0 }
  }

  private static func spawn(
    _ arguments: [String], input: FileDescriptor, output: FileDescriptor
  ) throws(SystemError) -> Int32 {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_adddup2(&actions, input.number, 0)
    unsafe posix_spawn_file_actions_adddup2(&actions, output.number, 1)
    var words = unsafe (["streamline"] + arguments).map { unsafe strdup($0) } + [nil]
    defer { unsafe words.forEach { unsafe free($0) } }
    var process: pid_t = 0
    let error = unsafe posix_spawn(
      &process, "/proc/self/exe", &actions, nil, &words, linux_environment())
    guard error == 0 else { throw SystemError(error) }
    return process
  }
}

/// The other side: what a worker process is told, and its answers.
package enum WorkerChannel {
  /// Calls `handle` with each message on stdin, on a thread of its own, and ends the process when
  /// there can be no more.
  package static func listen(_ handle: @escaping @Sendable ([String]) -> Void) {
    Thread.start("messages") {
      var messages = MessageReader()
      var block = [UInt8](repeating: 0, count: 65_536)
      while true {
        let count = unsafe block.withUnsafeMutableBytes {
          unsafe Glibc.read(0, $0.baseAddress, $0.count)
        }
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { _exit(0) }
        messages.add(block[..<count])
        messages.take().forEach(handle)
      }
    }
  }

  /// Whole messages, from any thread.
  package static func answer(_ message: [String]) {
    lock.withLock { _ in
      var rest = MessageReader.bytes(of: message)[...]
      while !rest.isEmpty {
        let written = unsafe rest.withUnsafeBytes {
          unsafe Glibc.write(1, $0.baseAddress, $0.count)
        }
        if written < 0, errno != EINTR { _exit(0) }
        rest = rest.dropFirst(max(written, 0))
      }
    }
  }

  private static let lock = Monitor(())
}

/// Messages as bytes: the number of texts, then each one's length and its UTF-8, all in decimal
/// lines.
private struct MessageReader {
  private var bytes: [UInt8] = []

  static func bytes(of message: [String]) -> [UInt8] {
    var bytes = Array("\(message.count)\n".utf8)
    for text in message {
      bytes += Array("\(text.utf8.count)\n".utf8)
      bytes += Array(text.utf8)
    }
    return bytes
  }

  mutating func add(_ more: ArraySlice<UInt8>) { bytes += more }

  /// The messages that are there whole.
  mutating func take() -> [[String]] {
    var messages: [[String]] = []
    var position = 0
    while let (message, end) = message(at: position) {
      messages.append(message)
      position = end
    }
    bytes.removeFirst(position)
    return messages
  }

  private func message(at start: Int) -> (message: [String], end: Int)? {
    guard var (count, position) = number(at: start) else { return nil }
    var message: [String] = []
    while count > 0 {
      guard let (length, from) = number(at: position), from + length <= bytes.count else {
        return nil
      }
      message.append(String(decoding: bytes[from..<from + length], as: UTF8.self))
      position = from + length
      count -= 1
    }
    return (message, position)
  }

  private func number(at start: Int) -> (number: Int, end: Int)? {
    guard let end = bytes[start...].firstIndex(of: 0x0A),
      let number = Int(String(decoding: bytes[start..<end], as: UTF8.self))
    else { return nil }
    return (number, end + 1)
  }
}
