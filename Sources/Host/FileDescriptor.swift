import CLinux
import Glibc

/// A number the kernel knows an open file by. Whoever holds one closes it, once.
struct FileDescriptor: Sendable, Hashable {
  var number: Int32

  enum Transfer: Equatable {
    case count(Int)
    /// Nothing now: only for descriptors that do not block.
    case later
    case failed(SystemError)
  }

  func close() { _ = Glibc.close(number) }

  /// Reads at most `limit` bytes; `count` 0 is the end.
  func read(into buffer: inout [UInt8], limit: Int) -> Transfer {
    var transfer = Transfer.later
    buffer = unsafe [UInt8](unsafeUninitializedCapacity: limit) { bytes, count in
      transfer = Self.transfer { unsafe Glibc.read(number, bytes.baseAddress, limit) }
      if case .count(let read) = transfer { count = read }
    }
    return transfer
  }

  func write(_ bytes: ArraySlice<UInt8>) -> Transfer {
    unsafe bytes.withUnsafeBytes { bytes in
      Self.transfer { unsafe Glibc.write(number, bytes.baseAddress, bytes.count) }
    }
  }

  private static func transfer(_ call: () -> Int) -> Transfer {
    while true {
      let count = call()
      if count >= 0 { return .count(count) }
      switch errno {
      case EINTR: continue
      case EAGAIN: return .later
      case let number: return .failed(SystemError(number))
      }
    }
  }
}

/// Both ends of a pipe, closed at exec.
struct Pipe {
  var reading: FileDescriptor
  var writing: FileDescriptor

  init() throws(SystemError) {
    var numbers: (Int32, Int32) = (-1, -1)
    let made = unsafe withUnsafeMutablePointer(to: &numbers) { pair in
      unsafe pair.withMemoryRebound(to: Int32.self, capacity: 2) { unsafe linux_pipe($0) }
    }
    guard made == 0 else { throw .last }
    reading = FileDescriptor(number: numbers.0)
    writing = FileDescriptor(number: numbers.1)
  }

  func close() {
    reading.close()
    writing.close()
  }
}
