import Glibc

/// A file that is read from its beginning to its end.
@safe
struct TableFile: ~Copyable {
  private let descriptor: CInt

  /// - Throws: why it can not be opened.
  init(_ path: String) throws(RecordTableFault) {
    descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    if descriptor < 0 { throw TableFile.fault(errno) }
  }

  deinit { close(descriptor) }

  /// - Returns: how many bytes were put into `space`, 0 at the end, less for a failure.
  func read(_ space: UnsafeMutableRawBufferPointer) -> Int {
    while true {
      let count = unsafe Glibc.read(descriptor, space.baseAddress, space.count)
      if count >= 0 || errno != EINTR { return count }
    }
  }

  /// What `read` failed with last.
  static var fault: RecordTableFault { fault(errno) }

  private static func fault(_ number: CInt) -> RecordTableFault {
    RecordTableFault("it can not be read: \(unsafe String(cString: strerror(number)))")
  }
}
