import CLinux
import Foundation
import Glibc

/// What a command did, once it has ended and left nothing behind.
package struct CommandOutcome {
  /// The exit status, 128 and the number for a signal, as a shell shows it.
  package var status: Int32
  /// The signal that ended it.
  package var signal: Int32?
  package var output: [UInt8]
  package var messages: String
  /// Names in its working folder that were not there at its start.
  package var newFiles: Set<String>
  package var elapsed: Duration

  package var text: String { String(decoding: output, as: UTF8.self) }
  package var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }
}

/// Why a command could not be run or watched to its end.
package struct CommandFault: Error, CustomStringConvertible {
  package var description: String

  init(_ what: String, _ error: Int32) {
    description = "\(what): \(String(cString: strerror(error)))"
  }

  init(_ description: String) { self.description = description }
}

/// A command that runs. The test and the command meet at pipes only: whatever the test waits for,
/// this one reads and writes on all of them, so that neither waits for the other.
package final class CommandRun {
  package let process: Int32
  package let folder: CommandFolder
  /// What it wrote so far.
  package private(set) var output: [UInt8] = []
  package private(set) var messageBytes: [UInt8] = []
  private let pidfd: Int32
  private var pipes: Pipes
  private var readsOutput: Bool
  private let keepsOutput: Bool
  /// How many lines it wrote so far.
  package private(set) var lineCount = 0
  private var pending: ArraySlice<UInt8> = []
  private var closesInput = false
  private var ending: linux_exit?
  private let namesBefore: Set<String>
  private let begun = ContinuousClock.now

  /// No wait of a test lasts longer: a command that hangs is killed, and fails the test.
  private static let patience: Duration = LongRun.isAsked ? .seconds(1800) : .seconds(60)

  init(
    process: Int32, folder: CommandFolder, pipes: Pipes, reads output: Command.Output,
    bytes: [UInt8]?, namesBefore: Set<String>
  ) throws {
    self.process = process
    self.folder = folder
    self.pipes = pipes
    readsOutput = !output.isHeld
    keepsOutput = !output.isCounted
    pidfd = linux_pidfd_open(process)
    guard pidfd >= 0 else { throw CommandFault("pidfd", errno) }
    // A write to a command that has ended is an error here, not the end of the tests.
    Glibc.signal(SIGPIPE, SIG_IGN)
    self.namesBefore = namesBefore
    for end in [pipes.input, pipes.outputs[0], pipes.outputs[1]] {
      if let end { _ = linux_set_nonblocking(end) }
    }
    if let bytes {
      pending = bytes[...]
      closesInput = true
    }
  }

  deinit {
    if ending == nil {
      kill(process, SIGKILL)
      for left in folder.processes(session: process) { kill(left, SIGKILL) }
      waitpid(process, nil, 0)
    }
    for end in [pipes.input, pipes.outputs[0], pipes.outputs[1]] {
      if let end { close(end) }
    }
    close(pidfd)
  }

  package var messages: String { String(decoding: messageBytes, as: UTF8.self) }
  package var text: String { String(decoding: output, as: UTF8.self) }

  // MARK: What a test does

  /// Gives it more input, and waits until it lies in the pipe.
  package func send(_ text: String) throws {
    pending += Array(text.utf8)
    try wait("room for the input") { $0.pending.isEmpty }
  }

  /// Gives it more input as far as it takes it, while the test waits for something else.
  package func offer(_ bytes: [UInt8]) { pending += bytes[...] }

  /// Waits until it has taken so much of what was offered that at most `rest` bytes are left.
  package func waitForInput(leaving rest: Int) throws {
    try wait("taking its input") { $0.pending.count <= rest }
  }

  /// Counts its lines, and reads them, from now on, whatever else the test waits for.
  package func readOutput() { readsOutput = true }

  /// The input has ended, once all of it is written.
  package func endInput() { closesInput = true }

  /// The reader of its output goes away.
  package func leaveOutput() {
    if let end = pipes.outputs[0] { close(end) }
    pipes.outputs[0] = nil
  }

  package func send(signal number: Int32) { kill(process, number) }

  /// Waits until it has been stopped by a signal. Its pipes are not read meanwhile.
  package func waitUntilStopped() throws {
    guard linux_await_stop(process) == 0 else { throw CommandFault("waiting for a stop", errno) }
  }

  /// Waits until it has written so many lines.
  package func waitForLines(_ count: Int) throws {
    readsOutput = true
    try wait("\(count) lines of output") { $0.lineCount >= count }
  }

  package func waitForMessage(_ text: String) throws {
    try wait("the message '\(text)'") { $0.messages.contains(text) }
  }

  /// Waits until so many lines came through a gate.
  package func wait(for gate: LineGate, lines: Int = 1) throws {
    var left = lines
    while left > 0 {
      try pump("a line at the gate", beside: gate.descriptor)
      var bytes = [UInt8](repeating: 0, count: 1)
      while left > 0, read(gate.descriptor, &bytes, 1) == 1 {
        if bytes[0] == 0x0A { left -= 1 }
      }
    }
  }

  /// Resident memory at its highest until now, in bytes. (What wait4 tells would begin with the
  /// memory of the test runner: the kernel carries it over from before the exec.)
  package func peakMemory() throws -> Int {
    let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    guard let kilobytes = line?.split(separator: " ").dropLast().last.flatMap({ Int($0) }) else {
      throw CommandFault("no VmHWM in: \(status)")
    }
    return kilobytes * 1024
  }

  /// Waits for its end, reads all it wrote, and looks at what it left.
  /// - Parameters:
  ///   - awaitsOthers: waits for all that it started to end too, for a command that was killed.
  /// - Throws: `CommandFault` if a process or a temporary file is left.
  package func finish(awaitsOthers: Bool = false) throws -> CommandOutcome {
    readsOutput = pipes.outputs[0] != nil
    try wait("its end") { $0.ending != nil }
    let elapsed = ContinuousClock.now - begun
    if awaitsOthers { try waitForOthers() }
    // Nothing more can come, unless a process that was left holds the pipe.
    drain()
    try checkNothingIsLeft()
    let status = ending?.status ?? -1
    let number = ending?.signal ?? 0
    return CommandOutcome(
      status: number > 0 ? 128 + number : status, signal: number > 0 ? number : nil,
      output: output, messages: messages, newFiles: try folder.names().subtracting(namesBefore),
      elapsed: elapsed)
  }

  /// Waits until everything that was started for this folder has ended.
  private func waitForOthers() throws {
    for other in folder.processes(session: process) {
      let descriptor = linux_pidfd_open(other)
      guard descriptor >= 0 else { continue }
      defer { close(descriptor) }
      try pump("the end of \(folder.description(of: other))", beside: descriptor)
    }
  }

  // MARK: Waiting

  private func wait(_ what: String, until isThere: (CommandRun) -> Bool) throws {
    while !isThere(self) {
      if ending != nil {
        throw CommandFault("ended before \(what); \(state)")
      }
      try pump(what)
    }
  }

  /// Waits until something moves, and moves it. Returns when `other` can be read, if there is one.
  private func pump(_ what: String, beside other: Int32? = nil) throws {
    let deadline = ContinuousClock.now + Self.patience
    while true {
      if closesInput, pending.isEmpty { closeInput() }
      var entries = pollEntries
      if let other { entries.append(pollfd(fd: other, events: Int16(POLLIN), revents: 0)) }
      let left = max(.zero, deadline - ContinuousClock.now).components.seconds
      let ready = poll(&entries, nfds_t(entries.count), Int32(left) * 1000)
      if ready < 0, errno == EINTR { continue }
      if ready == 0 { throw hung(what) }
      for entry in entries where entry.revents != 0 { move(entry.fd) }
      guard let other else { return }
      if entries.last?.fd == other, entries.last?.revents != 0 { return }
    }
  }

  private var pollEntries: [pollfd] {
    var entries: [pollfd] = []
    func add(_ descriptor: Int32?, _ events: Int32) {
      if let descriptor {
        entries.append(pollfd(fd: descriptor, events: Int16(events), revents: 0))
      }
    }
    if !pending.isEmpty { add(pipes.input, POLLOUT) }
    if readsOutput { add(pipes.outputs[0], POLLIN) }
    add(pipes.outputs[1], POLLIN)
    if ending == nil { add(pidfd, POLLIN) }
    return entries
  }

  private func move(_ descriptor: Int32) {
    switch descriptor {
    case pipes.input: writeInput()
    case pipes.outputs[0]:
      if !readBlock(descriptor) { leaveOutput() }
    case pipes.outputs[1]:
      if !readBlock(descriptor) {
        close(descriptor)
        pipes.outputs[1] = nil
      }
    case pidfd:
      let exit = linux_reap(process, 0)
      if exit.process == process { ending = exit }
    default: break
    }
  }

  private func closeInput() {
    if let end = pipes.input { close(end) }
    pipes.input = nil
  }

  private func writeInput() {
    guard let end = pipes.input else { return }
    let count = pending.prefix(1 << 20).withUnsafeBytes { write(end, $0.baseAddress, $0.count) }
    if count > 0 { pending = pending.dropFirst(count) }
    if count < 0, errno != EAGAIN, errno != EINTR {
      // It reads no more.
      pending = []
      closeInput()
    }
  }

  /// - Returns: false at the end.
  private func readBlock(_ descriptor: Int32) -> Bool {
    var block = [UInt8](repeating: 0, count: 1 << 16)
    let count = read(descriptor, &block, block.count)
    guard count > 0 else { return count < 0 && (errno == EAGAIN || errno == EINTR) }
    guard descriptor == pipes.outputs[0] else {
      messageBytes += block[..<count]
      return true
    }
    lineCount += newlines(in: block[..<count])
    if keepsOutput { output += block[..<count] }
    return true
  }

  // MARK: Its end

  /// Reads what is in the pipes now; it does not wait for a process that still holds one.
  private func drain() {
    for case let end? in pipes.outputs {
      var available = linux_bytes_available(end)
      while available > 0, readBlock(end) { available = linux_bytes_available(end) }
    }
  }

  private func checkNothingIsLeft() throws {
    let processes = folder.processes(session: process)
    if !processes.isEmpty {
      let names = processes.map { folder.description(of: $0) }.joined(separator: ", ")
      processes.forEach { kill($0, SIGKILL) }
      throw CommandFault("processes are left: \(names); \(state)")
    }
    let files = try folder.temporaryNames()
    if !files.isEmpty { throw CommandFault("temporary files are left: \(files); \(state)") }
  }

  private func hung(_ what: String) -> CommandFault {
    let processes = folder.processes(session: process).map { folder.description(of: $0) }
    let fault = CommandFault(
      "hung, waiting for \(what); alive: \(processes.joined(separator: ", ")); \(state)")
    kill(process, SIGKILL)
    return fault
  }

  private var state: String {
    let end = ending.map { "status \($0.status), signal \($0.signal)" } ?? "still running"
    return "\(end), \(output.count) bytes written, stderr: \(messages)"
  }
}

/// memchr, since a loop over bytes would take longer than what is measured.
private func newlines(in bytes: ArraySlice<UInt8>) -> Int {
  bytes.withUnsafeBytes { bytes in
    var count = 0
    var rest = bytes[...]
    while let start = UnsafeRawBufferPointer(rebasing: rest).baseAddress,
      let found = memchr(start, 0x0A, rest.count)
    {
      count += 1
      rest = rest.dropFirst(start.distance(to: UnsafeRawPointer(found)) + 1)
    }
    return count
  }
}
