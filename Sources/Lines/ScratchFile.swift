import Glibc

/// A file without a name, for what does not fit into memory: nothing is left of it, however the
/// program ends. Its space is given back with the last reference.
package final class ScratchFile {
  /// Why something could not be kept or read again: one sentence with the folder's name.
  package struct Fault: Error, Sendable, Equatable {
    package var message: String
  }

  private let descriptor: Int32
  private let folder: String
  /// In bytes.
  package private(set) var count = 0

  /// - Throws: when no file can be made in that folder.
  package init(folder: String) throws(Fault) {
    self.folder = folder
    descriptor = ScratchFile.unnamed(folder)
    if descriptor < 0 { throw ScratchFile.fault("make", folder) }
  }

  deinit { close(descriptor) }

  package func append(_ bytes: [UInt8]) throws(Fault) {
    var done = 0
    while done < bytes.count {
      let written = unsafe bytes.withUnsafeBytes { all in
        unsafe pwrite(
          descriptor, all.baseAddress.map { unsafe $0 + done }, all.count - done, off_t(count))
      }
      if written < 0, errno == EINTR { continue }
      if written <= 0 { throw ScratchFile.fault("write", folder) }
      done += written
      count += written
    }
  }

  /// Appends `length` bytes from `offset` of the file, all of them there, to `bytes`.
  package func read(_ length: Int, at offset: Int, into bytes: inout [UInt8]) throws(Fault) {
    let start = bytes.count
    bytes.append(contentsOf: repeatElement(0, count: length))
    var done = 0
    while done < length {
      let count = unsafe bytes.withUnsafeMutableBytes { all in
        unsafe pread(
          descriptor, all.baseAddress.map { unsafe $0 + start + done }, length - done,
          off_t(offset + done))
      }
      if count < 0, errno == EINTR { continue }
      if count < 0 { throw ScratchFile.fault("read", folder) }
      if count == 0 { throw Fault(message: "a temporary file in '\(folder)' ends too early") }
      done += count
    }
  }

  private static func unnamed(_ folder: String) -> Int32 {
    // O_TMPFILE of Linux, which the headers give as an expression that Swift does not take over.
    let withoutName = O_DIRECTORY | 0o20000000
    let file = unsafe open(folder, O_RDWR | O_CLOEXEC | withoutName, 0o600)
    if file >= 0 || ![EOPNOTSUPP, EISDIR, EINVAL, ENOENT].contains(errno) { return file }
    // A file system without such files: one with a name, which is taken away at once.
    for attempt in 0..<100 {
      let path = "\(folder)/.streamline-\(getpid())-\(attempt)"
      let named = unsafe open(path, O_RDWR | O_CLOEXEC | O_CREAT | O_EXCL, 0o600)
      if named >= 0 { _ = unsafe unlink(path) }
      if named >= 0 || errno != EEXIST { return named }
    }
    return -1
  }

  private static func fault(_ verb: String, _ folder: String) -> Fault {
    let reason = unsafe String(cString: strerror(errno))
    return Fault(message: "cannot \(verb) a temporary file in '\(folder)': \(reason)")
  }
}
