import Glibc
import Stages

/// Finds a command as execvp(3) does: one with a slash where it says, any other in PATH.
struct CommandSearch {
  /// Where the command will run: relative paths start there.
  var directory: String?
  /// The PATH to search; nil is streamline's own.
  var path: String?

  private enum Finding { case runnable, missing, folder, forbidden(SystemError) }

  func find(_ command: String) throws(Failure) -> String {
    guard !command.isEmpty else { throw Failure(.spawn, "the command has no name") }
    if let directory, case let finding = look(at: directory), case .folder = finding {
    } else if let directory {
      throw Failure(.spawn, "there is no folder '\(directory)' to run '\(command)' in")
    }
    if command.utf8.contains(UInt8(ascii: "/")) {
      if let failure = refusal(look(at: place(command)), command) { throw failure }
      return command
    }
    var refused: Failure?
    for folder in searchPath {
      let candidate = folder.isEmpty ? "./\(command)" : "\(folder)/\(command)"
      let finding = look(at: place(candidate))
      guard let failure = refusal(finding, candidate) else { return candidate }
      // What is there but can not be run is told only if nothing better follows, as execvp does.
      if case .missing = finding { continue }
      if refused == nil { refused = failure }
    }
    throw refused
      ?? Failure(
        .spawn, "there is no command '\(command)' in PATH",
        remedy: "install it, or name it by its path")
  }

  private var searchPath: [Substring] {
    let inherited = unsafe getenv("PATH").map { unsafe String(cString: $0) }
    let value = path ?? inherited
    return (value ?? "/bin:/usr/bin").split(separator: ":", omittingEmptySubsequences: false)
  }

  private func place(_ path: String) -> String {
    guard let directory, !path.hasPrefix("/") else { return path }
    return "\(directory)/\(path)"
  }

  private func look(at path: String) -> Finding {
    var facts = stat()
    guard unsafe stat(path, &facts) == 0 else {
      let error = SystemError.last
      let isMissing = error.number == ENOENT || error.number == ENOTDIR
      return isMissing ? .missing : .forbidden(error)
    }
    if facts.st_mode & S_IFMT == S_IFDIR { return .folder }
    if unsafe faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0 { return .runnable }
    return .forbidden(.last)
  }

  private func refusal(_ finding: Finding, _ path: String) -> Failure? {
    switch finding {
    case .runnable: nil
    case .missing: Failure(.spawn, "there is no command '\(path)'")
    case .folder: Failure(.spawn, "'\(path)' is a folder, not a command")
    case .forbidden(let error):
      Failure(
        .spawn, "'\(path)' cannot be run: \(error)",
        remedy: error.number == EACCES ? "make it executable: chmod +x \(path)" : nil)
    }
  }
}
