import CLinux
import Glibc
import Stages

/// A child just started, and our ends of what joins us to it.
struct Spawned {
  var process: Int32
  /// Becomes readable when the process ends.
  var handle: FileDescriptor
  var output: FileDescriptor
  var error: FileDescriptor
  /// Where the rest of its input goes; nil when all of it is in the pipe already.
  var input: (pipe: FileDescriptor, written: Int)?
}

/// Starts processes, from any number of threads.
struct Spawner: Sendable {
  /// The most one argument may hold, its final NUL included: MAX_ARG_STRLEN, execve(2).
  static let longestArgument = 32 * 4096

  /// Looked up once: what this process does with signals is settled before its first child.
  private let signalsToReset = linux_signals_to_reset()

  /// Starts `command` in a session of its own, with no descriptor of ours but its three.
  ///
  /// - Parameter expecting: is told, just before, what its stdout and stderr will be.
  func start(
    _ command: ChildCommand, expecting: (FileDescriptor, FileDescriptor) -> Void = { _, _ in }
  ) throws(Failure) -> Spawned {
    try check(command.arguments)
    do {
      var pipes = try ChildPipes(
        input: command.input, keepsInput: command.keepsInput, isWide: command.widensPipes)
      defer { pipes.close() }
      let ends = pipes.childEnds
      expecting(ends[1], ends[2])
      let process = try spawn(command, ends)
      // Before the handle is opened, so that it needs no more descriptors than there were.
      pipes.closeChildEnds()
      let handle = linux_pidfd_open(process)
      guard handle >= 0 else { throw abandon(process) }
      return pipes.taken(by: process, FileDescriptor(number: handle))
    } catch let error as SystemError {
      throw failure(error, command)
    } catch let failure as Failure {
      throw failure
    } catch {
      throw Failure(.stage, "\(error)")
    }
  }

  private func spawn(
    _ command: ChildCommand, _ files: [FileDescriptor]
  ) throws(SystemError) -> Int32 {
    let folder = command.directory.map { CStrings([Array($0.utf8)]) }
    let environment = command.environment.map { CStrings($0) }
    var process: Int32 = 0
    func attempt(_ executable: String, _ arguments: [[UInt8]]) -> Int32 {
      let arguments = CStrings(arguments)
      return unsafe executable.withCString { path in
        var spawned = unsafe linux_command(
          path: path, arguments: arguments.pointers,
          environment: environment?.pointers ?? linux_environment(),
          folder: folder?.pointers[0],
          files: (files[0].number, files[1].number, files[2].number), reset: signalsToReset)
        return unsafe linux_spawn(&spawned, &process)
      }
    }
    var error = attempt(command.executable, command.arguments)
    if error == ENOEXEC {
      // A script without a first line that names its interpreter: sh runs it, as execvp has it.
      let script = [Array("sh".utf8), Array(command.executable.utf8)]
      error = attempt("/bin/sh", script + command.arguments.dropFirst())
    }
    guard error == 0 else { throw SystemError(error) }
    return process
  }

  /// Ends a child that could not be given a handle, before anything of its output is read.
  private func abandon(_ process: Int32) -> SystemError {
    let error = SystemError.last
    kill(-process, SIGKILL)
    var status: Int32 = 0
    while unsafe waitpid(process, &status, 0) < 0, errno == EINTR {}
    return error
  }

  private func check(_ arguments: [[UInt8]]) throws(Failure) {
    for argument in arguments {
      if argument.contains(0) {
        throw Failure(.spawn, "an argument holds a NUL byte, which no command can be given")
      }
      if argument.count >= Self.longestArgument {
        throw Failure(
          .spawn,
          "an argument of \(argument.count) bytes is longer than the system allows (128 KiB)",
          remedy: "give it on stdin, which is the item where no argument uses it")
      }
    }
  }

  private func failure(_ error: SystemError, _ command: ChildCommand) -> Failure {
    switch error.number {
    case EMFILE, ENFILE:
      return Failure(
        .stage, "no descriptors are left to start '\(command.executable)': \(error)",
        remedy: "raise the limit with ulimit -n, or lower fanout")
    case EAGAIN, ENOMEM:
      return Failure(.stage, "no process could be started for '\(command.executable)': \(error)")
    case E2BIG:
      return Failure(.spawn, "the arguments and the environment are too long for the system")
    default:
      // There is one number for both the folder and the command.
      if let directory = command.directory, unsafe access(directory, X_OK) != 0 {
        return Failure(.spawn, "cannot run in folder '\(directory)': \(SystemError.last)")
      }
      return Failure(.spawn, "cannot run '\(command.executable)': \(error)")
    }
  }
}

/// A list of C strings as exec takes it, in one piece of memory.
@safe
final class CStrings {
  let pointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
  private let bytes: UnsafeMutablePointer<CChar>

  init(_ strings: [[UInt8]]) {
    let size = strings.reduce(0) { $0 + $1.count + 1 }
    unsafe bytes = .allocate(capacity: max(size, 1))
    unsafe pointers = .allocate(capacity: strings.count + 1)
    var offset = 0
    for (index, string) in strings.enumerated() {
      unsafe pointers[index] = bytes + offset
      unsafe string.withUnsafeBytes { string in
        guard let start = string.baseAddress else { return }
        unsafe UnsafeMutableRawPointer(bytes + offset).copyMemory(
          from: start, byteCount: string.count)
      }
      unsafe bytes[offset + string.count] = 0
      offset += string.count + 1
    }
    unsafe pointers[strings.count] = nil
  }

  deinit {
    unsafe pointers.deallocate()
    unsafe bytes.deallocate()
  }
}
