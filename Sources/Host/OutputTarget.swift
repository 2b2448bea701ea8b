import CLinux
import Glibc
import PipelineRuntime

/// What a sink writes to.
struct OutputTarget: Sendable {
  /// What is written to: for a pipe or terminal at stdout a descriptor of our own that does not
  /// block. stdout itself is never made so, since others share its flags.
  let file: FileDescriptor
  let name: String
  let kind: linux_kind
  private let isStandard: Bool
  private let isReopened: Bool

  static func standardOutput() -> OutputTarget {
    let kind = linux_kind(1)
    linux_widen_pipe(1)
    guard kind == LINUX_PIPE || kind == LINUX_TERMINAL else {
      return OutputTarget(
        file: FileDescriptor(number: 1), name: "stdout", kind: kind, isStandard: true,
        isReopened: false)
    }
    let own = linux_reopen_for_writing(1)
    return OutputTarget(
      file: FileDescriptor(number: own < 0 ? 1 : own), name: "stdout", kind: kind,
      isStandard: true, isReopened: own >= 0)
  }

  init(_ output: OutputFile) {
    self.init(
      file: output.file, name: "'\(output.path)'", kind: linux_kind(output.file.number),
      isStandard: false, isReopened: false)
  }

  private init(
    file: FileDescriptor, name: String, kind: linux_kind, isStandard: Bool, isReopened: Bool
  ) {
    self.file = file
    self.name = name
    self.kind = kind
    self.isStandard = isStandard
    self.isReopened = isReopened
  }

  /// Whether somebody may leave who reads what is written.
  var hasReader: Bool { kind == LINUX_PIPE || kind == LINUX_SOCKET || kind == LINUX_TERMINAL }

  /// Whether a write returns at once, so that nothing has to be asked before it. A regular file takes
  /// what it is given; a pipe that could not be reopened may block, and is asked first.
  var isPatient: Bool { isReopened || !hasReader || kind == LINUX_SOCKET }

  /// Closes stdout, whose number /dev/null then holds, and tells what the system says only then. A
  /// file is left open for its name.
  func close() -> PortFailure? {
    guard isStandard else { return nil }
    if isReopened { file.close() }
    let last = dup(1)
    dup2(FileDescriptor.nothing.number, 1)
    guard last >= 0, Glibc.close(last) != 0, errno != EINTR else { return nil }
    return failure(.last)
  }

  func failure(_ error: SystemError) -> PortFailure {
    if error.number == EBADF { return PortFailure("\(name) is closed") }
    return PortFailure("writing \(name) failed: \(error)")
  }
}
