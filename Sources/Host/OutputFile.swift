import CLinux
import Glibc
package import PipelineRuntime

/// The file of `-o`: it takes its name only when the run has ended well, so that it appears whole or
/// not at all. Until then it has no name where the file system can do that, and a temporary one in
/// the same folder elsewhere. What is not a regular file (a device, a named pipe) is written
/// directly.
package struct OutputFile: Sendable {
  private enum Form: Equatable { case direct, unnamed, named(String) }

  package let path: String
  /// False for what is written directly: a device, a named pipe.
  package var appearsWhole: Bool { form != .direct }
  let file: FileDescriptor
  /// What `path` stands for when it is a link: the link stays.
  private let place: String
  private let form: Form

  /// - Throws: when the folder is missing or cannot be written.
  package init(_ path: String) throws(PortFailure) {
    self.path = path
    var facts = stat()
    let exists = unsafe stat(path, &facts) == 0
    if exists, facts.st_mode & S_IFMT == S_IFDIR {
      throw PortFailure("cannot write '\(path)': it is a folder")
    }
    if exists, facts.st_mode & S_IFMT != S_IFREG {
      (file, form, place) = (try Self.direct(path), .direct, path)
      return
    }
    if exists, unsafe access(path, W_OK) != 0 { throw Self.failure(path) }
    place = exists ? Self.resolved(path) : path
    let mode = exists ? facts.st_mode & 0o7777 : 0o666
    (file, form) = try Self.temporary(for: place, mode: mode)
    if exists { fchmod(file.number, mode) }
  }

  /// Writes a text that is at hand whole.
  package func write(_ bytes: [UInt8]) throws(PortFailure) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let written = unsafe rest.withUnsafeBytes {
        unsafe Glibc.write(file.number, $0.baseAddress, $0.count)
      }
      if written < 0, errno != EINTR { throw Self.failure(path) }
      rest = rest.dropFirst(max(written, 0))
    }
  }

  /// Puts the file in its place, after a run that ended well.
  package func commit() throws(PortFailure) {
    defer { file.close() }
    if form == .direct { return }
    guard fsync(file.number) == 0 || errno == EINVAL else { throw fail(removing: nil) }
    let name: String
    switch form {
    case .named(let temporary): name = temporary
    case .direct, .unnamed:
      name = Self.temporaryName(for: place)
      guard unsafe linux_link(file.number, name) == 0 else { throw fail(removing: nil) }
    }
    guard unsafe rename(name, place) == 0 else { throw fail(removing: name) }
  }

  /// Leaves nothing behind, after any other run.
  package func abandon() {
    if case .named(let temporary) = form { _ = unsafe unlink(temporary) }
    file.close()
  }

  private func fail(removing name: String?) -> PortFailure {
    let failure = Self.failure(path)
    if let name { _ = unsafe unlink(name) }
    if case .named(let temporary) = form { _ = unsafe unlink(temporary) }
    return failure
  }

  private static func failure(_ path: String) -> PortFailure {
    let error = SystemError.last
    let remedy = error.number == ENOENT ? "its folder has to be there" : nil
    return PortFailure("cannot write '\(path)': \(error)", remedy: remedy)
  }

  private static func direct(_ path: String) throws(PortFailure) -> FileDescriptor {
    let number = unsafe linux_open(path, 0, 0)
    guard number >= 0 else { throw failure(path) }
    return FileDescriptor(number: number)
  }

  private static func temporary(
    for place: String, mode: mode_t
  ) throws(PortFailure) -> (FileDescriptor, Form) {
    let number = unsafe linux_unnamed_file(folder(of: place), mode)
    if number >= 0 { return (FileDescriptor(number: number), .unnamed) }
    guard [EOPNOTSUPP, EISDIR, EINVAL, ENOENT].contains(errno) else { throw failure(place) }
    let name = temporaryName(for: place)
    let named = unsafe linux_open(name, O_CREAT | O_EXCL, mode)
    guard named >= 0 else { throw failure(place) }
    return (FileDescriptor(number: named), .named(name))
  }

  /// Beside the file itself: a rename does not cross file systems.
  private static func temporaryName(for place: String) -> String {
    let file = place.split(separator: "/").last.map(String.init) ?? "output"
    return "\(folder(of: place))/.\(file).streamline-\(getpid())"
  }

  private static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  private static func resolved(_ path: String) -> String {
    guard let real = unsafe realpath(path, nil) else { return path }
    defer { unsafe free(real) }
    return unsafe String(cString: real)
  }
}
