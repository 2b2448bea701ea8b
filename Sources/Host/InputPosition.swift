import CLinux
import Glibc
import Lines
import Synchronization

/// Where in a seekable stdin which line begins, coarsely: enough to find any of them again by reading
/// a few megabytes. It keeps the file open when stdin's number has been given to /dev/null.
final class InputPosition: Sendable {
  private struct State {
    /// Where reading stands.
    var offset: Int
    var marks: [(line: UInt64, offset: Int)]
  }
  /// How far marks are apart, in bytes.
  private static let distance = 16 << 20

  private let file: FileDescriptor
  private let state: Mutex<State>

  /// Nil if stdin is no regular file.
  init?(firstNumber: UInt64 = 1) {
    guard linux_kind(0) == LINUX_REGULAR else { return nil }
    let offset = lseek(0, 0, SEEK_CUR)
    let copy = fcntl(0, F_DUPFD_CLOEXEC, 3)
    guard offset >= 0, copy >= 0 else { return nil }
    file = FileDescriptor(number: copy)
    state = Mutex(State(offset: offset, marks: [(firstNumber, offset)]))
  }

  deinit { file.close() }

  func advance(by count: Int) { state.withLock { $0.offset += count } }

  /// Line `line` begins `rest` bytes before where reading stands.
  func mark(line: UInt64, rest: Int) {
    state.withLock { state in
      let offset = state.offset - rest
      guard let last = state.marks.last, offset - last.offset >= Self.distance else { return }
      state.marks.append((line, offset))
    }
  }

  /// Moves the file's position, which all who have it open share, behind line `number`.
  func set(behind number: UInt64, delimiter: UInt8) {
    let mark = state.withLock { $0.marks.last { $0.line <= number + 1 } }
    guard let mark else { return }
    var line = mark.line
    var offset = mark.offset
    var block = [UInt8](repeating: 0, count: 256 << 10)
    while line <= number {
      let count = unsafe pread(file.number, &block, block.count, offset)
      guard count > 0 else { break }
      var used = 0
      while line <= number, let end = block[used..<count].firstIndex(of: delimiter) {
        line += 1
        used = end + 1
      }
      offset += line <= number ? count : used
    }
    lseek(file.number, offset, SEEK_SET)
  }
}
