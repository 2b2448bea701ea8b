import CLinux

/// The pipes between a child and us while it is started: six descriptors at most, in an order in
/// which what is done with is closed before the next is opened.
struct ChildPipes {
  /// The child's stdin and where the rest of its input goes; nil without input.
  private var input: (reading: FileDescriptor, writing: FileDescriptor?, written: Int)?
  private var output: Pipe
  private var error: Pipe
  private var childEndsAreOpen = true
  private var oursAreOpen = true

  /// Puts as much of the input as fits into its pipe before the child is there to read it: for
  /// nearly all items that is everything, and nothing has to be waited for.
  ///
  /// - Parameters:
  ///   - keepsInput: its pipe stays open behind what there is.
  ///   - isWide: the pipes of stdin and stdout are made larger, where the system allows it.
  init(
    input bytes: [UInt8]?, keepsInput: Bool = false, isWide: Bool = false
  ) throws(SystemError) {
    var opened: [FileDescriptor] = []
    do throws(SystemError) {
      let bytes = bytes ?? []
      if keepsInput || !bytes.isEmpty {
        let pipe = try Pipe()
        opened = [pipe.reading, pipe.writing]
        if isWide { linux_widen_pipe(pipe.writing.number) }
        _ = linux_set_nonblocking(pipe.writing.number)
        var written = 0
        if !bytes.isEmpty, case .count(let count) = pipe.writing.write(bytes[...]) {
          written = count
        }
        if written == bytes.count && !keepsInput {
          pipe.writing.close()
          opened.removeLast()
        }
        let isDone = written == bytes.count && !keepsInput
        input = (pipe.reading, isDone ? nil : pipe.writing, written)
      }
      output = try Pipe()
      opened += [output.reading, output.writing]
      if isWide { linux_widen_pipe(output.writing.number) }
      error = try Pipe()
    } catch {
      for file in opened { file.close() }
      throw error
    }
    for file in [output.reading, error.reading] { _ = linux_set_nonblocking(file.number) }
  }

  /// What the child's 0, 1 and 2 shall be.
  var childEnds: [FileDescriptor] { [input?.reading ?? .nothing, output.writing, error.writing] }

  mutating func closeChildEnds() {
    guard childEndsAreOpen else { return }
    childEndsAreOpen = false
    for end in [input?.reading, output.writing, error.writing] { end?.close() }
  }

  /// Our ends, which the child's owner closes from now on.
  mutating func taken(by process: Int32, _ handle: FileDescriptor) -> Spawned {
    oursAreOpen = false
    var spawned = Spawned(
      process: process, handle: handle, output: output.reading, error: error.reading)
    if let input, let rest = input.writing { spawned.input = (rest, input.written) }
    return spawned
  }

  /// Closes what is still ours to close: everything, where no child was started.
  mutating func close() {
    closeChildEnds()
    guard oursAreOpen else { return }
    oursAreOpen = false
    for end in [input?.writing, output.reading, error.reading] { end?.close() }
  }
}
