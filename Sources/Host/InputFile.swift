import CCompression
import CLinux
import Glibc
import PipelineRuntime

/// One thing that lines are read from: stdin or a file.
struct InputFile: Sendable {
  /// As messages call it.
  let name: String
  private(set) var file: FileDescriptor?
  let isStandard: Bool
  /// How many files are kept open from the start; the others are tried, and opened in their turn.
  static let keptOpen = 16

  static func standardInput() throws(PortFailure) -> InputFile {
    let input = InputFile(name: "stdin", file: FileDescriptor(number: 0), isStandard: true)
    if linux_kind(0) == LINUX_FOLDER { throw PortFailure("stdin is a folder") }
    linux_widen_pipe(0)
    return input
  }

  /// Opens a file. Throws what is wrong with it, by its name.
  static func open(_ path: String) throws(PortFailure) -> InputFile {
    // Not blocking, so that a named pipe without a writer waits in `poll`, where it can be woken.
    let number = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard number >= 0 else {
      throw PortFailure("cannot read '\(path)': \(SystemError.last)")
    }
    let input = InputFile(
      name: "'\(path)'", file: FileDescriptor(number: number), isStandard: false, path: path)
    if linux_kind(number) == LINUX_FOLDER {
      input.file?.close()
      throw PortFailure("cannot read '\(path)': it is a folder")
    }
    linux_widen_pipe(number)
    return input
  }

  /// Opens all that can be kept open and tries the others, so that what is missing is told before
  /// the first line is read. `-` is stdin.
  static func openAll(_ paths: [String]) throws(PortFailure) -> [InputFile] {
    if paths.isEmpty { return [try standardInput()] }
    var inputs: [InputFile] = []
    for path in paths {
      var input = path == "-" ? try standardInput() : try open(path)
      if inputs.count >= keptOpen, !input.isStandard, input.kind == LINUX_REGULAR {
        input.file?.close()
        input.file = nil
      }
      inputs.append(input)
    }
    return inputs
  }

  let path: String?

  private init(name: String, file: FileDescriptor, isStandard: Bool, path: String? = nil) {
    self.name = name
    self.file = file
    self.isStandard = isStandard
    self.path = path
  }

  /// Whether it is a regular file that is compressed: its size tells nothing then.
  var isCompressed: Bool {
    guard let file, !isStandard else { return false }
    var start: [UInt8] = [0, 0, 0, 0]
    let count = unsafe pread(file.number, &start, start.count, 0)
    return unsafe count > 0 && CCompressionOf(start, count) != CCOMPRESSION_NONE
  }

  var kind: linux_kind { file.map { linux_kind($0.number) } ?? LINUX_REGULAR }

  /// Opens it now if it was only tried before.
  mutating func reopen() throws(PortFailure) -> FileDescriptor {
    if let file { return file }
    file = try path.map { path throws(PortFailure) in try Self.open(path) }?.file
    return file ?? FileDescriptor(number: -1)
  }

  /// Closes a file of ours. For stdin the number stays taken, by /dev/null, so that a writer at its
  /// other end gets its SIGPIPE now.
  func release() {
    guard isStandard else {
      file?.close()
      return
    }
    dup2(FileDescriptor.nothing.number, 0)
  }
}
