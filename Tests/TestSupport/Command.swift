import CLinux
import Foundation
import Glibc

/// One call of the built program, as a test wants it.
package struct Command {
  package enum Input {
    /// /dev/null
    case empty
    /// A pipe that gives these bytes and ends.
    case bytes([UInt8])
    case file(String)
    /// A pipe into which the test writes what it likes when it likes.
    case held
    case closed
    /// The slave side of a new terminal; `send` types on its master side.
    case terminal
  }

  package enum Output {
    /// A pipe that is always read.
    case captured
    /// A pipe that is read only while the test waits for something on it.
    case held
    /// The same, and its bytes are thrown away: only its lines are counted.
    case counted
    /// The slave side of a new terminal, always read.
    case terminal
    case closed
    case file(String)
  }

  package var arguments: [String]
  package var folder: CommandFolder
  package var input = Input.empty
  package var output = Output.captured
  package var messages = Output.captured
  package var environment: [String: String] = [:]
  /// What a shell does first, such as `ulimit -n 20`; it then becomes the program.
  package var before: String?
  /// Something else than the built program.
  package var program: String?

  package init(
    _ arguments: [String], in folder: CommandFolder, input: Input = .empty,
    output: Output = .captured
  ) {
    self.arguments = arguments
    self.folder = folder
    self.input = input
    self.output = output
  }

  /// The built program, which lies beside the test bundle; nil if it is not there.
  package static let program: String? = {
    let bundle = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    let program = bundle.deletingLastPathComponent().appending(path: "streamline").path
    return access(program, X_OK) == 0 ? program : nil
  }()

  /// Runs it to its end.
  /// - Throws: `CommandFault` if it hangs or leaves anything behind.
  package func run() throws -> CommandOutcome { try start().finish() }

  package func start() throws -> CommandRun {
    guard let program = program ?? Self.program else { throw CommandFault("no program", ENOENT) }
    var pipes = Pipes()
    defer { pipes.closeChildEnds() }
    let inner = try pipes.input(input)
    let files = try [pipes.output(output), pipes.output(messages)]
    let words: [String] =
      before.map { ["/bin/sh", "-c", "\($0)\nexec \"$0\" \"$@\"", program] + arguments }
      ?? [program] + arguments
    var values = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    values["TMPDIR"] = folder.temporary.path
    values["STREAMLINE_TEST_MARK"] = folder.mark
    let names = try folder.names()
    let process = try spawn(
      words, environment: values.map { "\($0)=\($1)" }, folder: folder.work.path,
      descriptors: [inner] + files)
    return try CommandRun(
      process: process, folder: folder, pipes: pipes, reads: output,
      bytes: input.bytes, namesBefore: names)
  }
}

extension Command.Input {
  fileprivate var bytes: [UInt8]? {
    if case .bytes(let bytes) = self { bytes } else { nil }
  }
}

extension Command.Output {
  var isHeld: Bool {
    switch self {
    case .held, .counted: true
    default: false
    }
  }
  var isCounted: Bool { if case .counted = self { true } else { false } }
}

/// The test's ends of what a command's 0, 1 and 2 are, and the command's own ends while it starts.
struct Pipes {
  var input: Int32?
  var outputs: [Int32?] = []
  private var childEnds: [Int32] = []

  mutating func closeChildEnds() {
    for end in childEnds { close(end) }
    childEnds = []
  }

  /// - Returns: the descriptor that the command shall have, -1 for none.
  mutating func input(_ input: Command.Input) throws -> Int32 {
    switch input {
    case .empty: return try file("/dev/null", O_RDONLY)
    case .file(let path): return try file(path, O_RDONLY)
    case .closed: return -1
    case .bytes, .held:
      let (read, write) = try pipe()
      self.input = write
      childEnds.append(read)
      return read
    case .terminal:
      let (master, name) = try terminal()
      self.input = master
      return try file(name, O_RDWR | O_NOCTTY)
    }
  }

  mutating func output(_ output: Command.Output) throws -> Int32 {
    switch output {
    case .captured, .held, .counted:
      let (read, write) = try pipe()
      outputs.append(read)
      childEnds.append(write)
      return write
    case .terminal:
      let (master, name) = try terminal()
      outputs.append(master)
      return try file(name, O_RDWR | O_NOCTTY)
    case .closed:
      outputs.append(nil)
      return -1
    case .file(let path):
      outputs.append(nil)
      return try file(path, O_WRONLY | O_CREAT | O_TRUNC)
    }
  }

  private mutating func file(_ path: String, _ mode: Int32) throws -> Int32 {
    let descriptor = open(path, mode | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw CommandFault(path, errno) }
    childEnds.append(descriptor)
    return descriptor
  }

  /// A new terminal: its master side, and the path of the other one.
  private func terminal() throws -> (master: Int32, path: String) {
    let master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
    var locked: Int32 = 0
    var number: UInt32 = 0
    // TIOCSPTLCK and TIOCGPTN of asm-generic/ioctls.h, which Glibc's module leaves out.
    guard master >= 0, ioctl(master, 0x4004_5431, &locked) == 0,
      ioctl(master, 0x8004_5430, &number) == 0
    else { throw CommandFault("a terminal", errno) }
    return (master, "/dev/pts/\(number)")
  }

  private func pipe() throws -> (read: Int32, write: Int32) {
    var ends: [Int32] = [-1, -1]
    guard linux_pipe(&ends) == 0 else { throw CommandFault("a pipe", errno) }
    return (ends[0], ends[1])
  }
}

/// Starts a process in a session of its own, with `descriptors` as its 0, 1 and 2 (-1: closed).
private func spawn(
  _ words: [String], environment: [String], folder: String, descriptors: [Int32]
) throws -> pid_t {
  var actions = posix_spawn_file_actions_t()
  posix_spawn_file_actions_init(&actions)
  defer { posix_spawn_file_actions_destroy(&actions) }
  for (number, descriptor) in descriptors.enumerated() {
    if descriptor < 0 {
      posix_spawn_file_actions_addclose(&actions, Int32(number))
    } else {
      posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(number))
    }
  }
  _ = linux_spawn_without(&actions, 3)
  _ = linux_spawn_in(&actions, folder)
  var attributes = posix_spawnattr_t()
  guard linux_spawn_attributes(&attributes) == 0 else { throw CommandFault("attributes", errno) }
  defer { posix_spawnattr_destroy(&attributes) }
  var process: pid_t = 0
  let program = words[0]
  let result = withArray(words) { words in
    withArray(environment) {
      environment in
      posix_spawn(&process, program, &actions, &attributes, words, environment)

    }
  }
  guard result == 0 else { throw CommandFault(words[0], result) }
  return process
}

/// Hands out a null-terminated array of C strings.
private func withArray<Result>(
  _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
) -> Result {
  let copies = strings.map { strdup($0) } + [nil]
  defer { copies.forEach { free($0) } }
  return body(copies)
}
