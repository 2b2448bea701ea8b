import Glibc

/// Which regular file a path stands for, whatever it is written like: links, `./` and `..` are
/// followed. Of a file that is not there yet, its folder and its name.
package struct FileIdentity: Sendable {
  /// The same for all that is one file. A text, since for each further type of a dictionary's keys the
  /// runtime goes through all conformances of the program at every start.
  package let key: String

  /// Nil for what can be written by several without harm (a device, a named pipe, a terminal), and
  /// for what cannot be written at all.
  package init?(path: String) {
    var facts = stat()
    if unsafe stat(path, &facts) == 0 {
      self.init(facts)
      return
    }
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    guard let last = parts.last, !last.isEmpty else { return nil }
    let folder = parts.count == 1 ? "." : parts.dropLast().joined(separator: "/") + "/"
    guard unsafe stat(folder, &facts) == 0 else { return nil }
    self.init(facts, name: String(last))
  }

  /// The file that this process has open as `descriptor`.
  package init?(descriptor: Int32) {
    var facts = stat()
    guard unsafe fstat(descriptor, &facts) == 0 else { return nil }
    self.init(facts)
  }

  private init?(_ facts: stat) {
    guard facts.st_mode & S_IFMT == S_IFREG else { return nil }
    self.init(facts, name: nil)
  }

  private init(_ facts: stat, name: String?) {
    key = "\(facts.st_dev):\(facts.st_ino):\(name ?? "")"
  }
}
