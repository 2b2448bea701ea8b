import CCompression
import Glibc

/// Why compressed input can not be read on.
enum DecompressionFailure: Error, Equatable {
  case noLibrary(String)
  case damaged(String)
  case cutOff(String)
  case tooLarge

  var message: String {
    switch self {
    case .noLibrary(let library): "it is compressed, and \(library) is not installed"
    case .damaged(let format): "its \(format) data is damaged"
    case .cutOff(let format): "its \(format) data breaks off"
    case .tooLarge: "its zstd data takes more than 128 MiB of memory to read"
    }
  }
}

/// Gzip or zstd data, given in pieces; several members or frames behind each other are one text. One
/// thread's.
@safe
final class Decompressor {
  private let format: String
  private let stream: OpaquePointer
  private var input: [UInt8]
  private var used = 0
  /// Between two members: the input may end here.
  private var isComplete = false
  /// There may be more without more input, since the space was filled.
  private(set) var hasMore = true

  /// - Parameter start: the first bytes of the data.
  /// - Returns: nil if they are not compressed.
  init?(start: UnsafeRawBufferPointer) throws(DecompressionFailure) {
    let kind = unsafe CCompressionOf(
      start.baseAddress?.assumingMemoryBound(to: UInt8.self), start.count)
    if kind == CCOMPRESSION_NONE { return nil }
    format = kind == CCOMPRESSION_GZIP ? "gzip" : "zstd"
    guard let stream = unsafe CCompressionOpen(kind) else {
      throw .noLibrary(kind == CCOMPRESSION_GZIP ? "libz.so.1" : "libzstd.so.1")
    }
    unsafe self.stream = stream
    input = unsafe Array(start)
  }

  deinit { unsafe CCompressionClose(stream) }

  /// Whether bytes as these may begin compressed data, if more of them are seen.
  static func mayBegin(_ bytes: UnsafeRawBufferPointer) -> Bool {
    let starts: [[UInt8]] = [[0x1F, 0x8B, 0x08], [0x28, 0xB5, 0x2F, 0xFD]]
    return starts.contains { unsafe bytes.count < $0.count && $0.starts(with: bytes) }
  }

  /// Met behind text that was still to be given.
  private var failure: DecompressionFailure?

  /// Puts text into `space`; 0 if there is none without more input.
  ///
  /// - Throws: what is wrong with the data; all text before has been given.
  func read(
    into space: UnsafeMutableRawBufferPointer
  ) throws(DecompressionFailure) -> Int {
    guard let out = unsafe space.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return 0 }
    if let failure { throw failure }
    var filled = 0
    while filled < space.count {
      if isComplete { skipPadding() }
      if used == input.count, isComplete || !hasMore { break }
      var taken = input.count - used
      var made = space.count - filled
      let outcome = unsafe input.withUnsafeBufferPointer { input in
        unsafe CCompressionRead(
          stream, input.baseAddress.map { unsafe $0 + used }, &taken, out + filled, &made)
      }
      used += taken
      filled += made
      isComplete = outcome == CCOMPRESSION_COMPLETE
      hasMore = filled == space.count
      let isStuck = taken == 0 && made == 0 && used < input.count && !isComplete
      if outcome == CCOMPRESSION_TOO_LARGE {
        failure = .tooLarge
      } else if outcome == CCOMPRESSION_DAMAGED || isStuck {
        failure = .damaged(format)
      }
      if failure != nil { break }
    }
    if filled == 0, let failure { throw failure }
    if failure != nil { hasMore = true }
    return filled
  }

  /// Writers to tape fill the last block with zeros (gzip(1)).
  private func skipPadding() {
    while used < input.count, input[used] == 0 { used += 1 }
  }

  /// Gives it more of the data, when `read` has returned 0.
  func fill(_ read: (UnsafeMutableRawBufferPointer) -> Int) -> Int {
    var count = 0
    input = unsafe [UInt8](unsafeUninitializedCapacity: 64 << 10) { space, size in
      count = unsafe read(UnsafeMutableRawBufferPointer(space))
      size = max(0, count)
    }
    used = 0
    hasMore = true
    return count
  }

  /// At the end of the data.
  func finish() throws(DecompressionFailure) {
    if !isComplete { throw .cutOff(format) }
  }
}
