import Glibc

/// Reads one input, decompressed if it is a file that begins as gzip or zstd does. One thread's.
struct InputReading {
  enum Step {
    case count(Int)
    case end
    case failed(SystemError)
    case unreadable(DecompressionFailure)
    /// Nothing now: the input is to be waited for.
    case later
  }

  private let file: FileDescriptor
  /// Whether the first bytes are still to be looked at.
  private var isStart: Bool
  private var decompressor: Decompressor?
  /// First bytes that are too few to tell.
  private var held: [UInt8] = []

  init(_ file: FileDescriptor, mayBeCompressed: Bool) {
    self.file = file
    isStart = mayBeCompressed
  }

  /// Whether there may be text without anything more to read.
  var hasMore: Bool { decompressor?.hasMore ?? false }

  mutating func read(into space: UnsafeMutableRawBufferPointer) -> Step {
    if let decompressor { return unsafe read(decompressor, into: space) }
    if isStart { return unsafe readStart(into: space) }
    return unsafe step(Glibc.read(file.number, space.baseAddress, space.count))
  }

  private func step(_ count: Int) -> Step {
    if count > 0 { return .count(count) }
    if count == 0 { return .end }
    let error = SystemError.last
    return error.number == EINTR || error.number == EAGAIN ? .later : .failed(error)
  }

  private mutating func readStart(into space: UnsafeMutableRawBufferPointer) -> Step {
    unsafe space.copyBytes(from: held)
    let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: space[held.count...])
    let count = unsafe Glibc.read(file.number, rest.baseAddress, rest.count)
    if count < 0 { return step(count) }
    let start = unsafe UnsafeRawBufferPointer(rebasing: space[..<(held.count + count)])
    if count > 0, unsafe Decompressor.mayBegin(start) {
      held = unsafe Array(start)
      return .later
    }
    isStart = false
    do throws(DecompressionFailure) {
      decompressor = try unsafe Decompressor(start: start)
    } catch {
      return .unreadable(error)
    }
    if let decompressor { return unsafe read(decompressor, into: space) }
    return unsafe start.isEmpty ? .end : .count(start.count)
  }

  private func read(
    _ decompressor: Decompressor, into space: UnsafeMutableRawBufferPointer
  ) -> Step {
    do throws(DecompressionFailure) {
      let count = try unsafe decompressor.read(into: space)
      if count > 0 { return .count(count) }
      let read = unsafe decompressor.fill { space in
        unsafe Glibc.read(file.number, space.baseAddress, space.count)
      }
      if read < 0 { return step(read) }
      if read > 0 { return .later }
      try decompressor.finish()
      return .end
    } catch {
      return .unreadable(error)
    }
  }
}
