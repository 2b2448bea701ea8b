import Lines

/// Writes row bytes at a place that has room for all of them, for the few loops in which a check at
/// each part would be most of the work.
@safe
struct RowCursor {
  private let start: UnsafeMutableRawPointer
  private var next: UnsafeMutableRawPointer

  @unsafe
  init(_ start: UnsafeMutablePointer<UInt8>) {
    unsafe self.start = UnsafeMutableRawPointer(start)
    unsafe next = UnsafeMutableRawPointer(start)
  }

  /// How many bytes have been written.
  var count: Int { unsafe next - start }

  @inline(__always)
  mutating func put(_ byte: UInt8) {
    unsafe next.storeBytes(of: byte, as: UInt8.self)
    unsafe next += 1
  }

  /// A length as rows have it: at most five bytes.
  @inline(__always)
  mutating func put(length: Int) {
    if length < 255 {
      put(UInt8(truncatingIfNeeded: length))
    } else {
      put(255)
      unsafe next.storeBytes(of: UInt32(truncatingIfNeeded: length).littleEndian, as: UInt32.self)
      unsafe next += 4
    }
  }

  /// The most that a value takes which is no text, list or map, and the most that the tag and the
  /// length of a text take besides it.
  static let largestScalar = 13

  /// A value with its tag, if it is no text, list or map; else nothing.
  ///
  /// - Returns: whether it is there.
  @inline(__always)
  mutating func put(scalar value: Value) -> Bool {
    switch value {
    case .null: put(RowTag.null.rawValue)
    case .bool(let bool): put((bool ? RowTag.isTrue : .isFalse).rawValue)
    case .int(let number): put(.int, bits: UInt64(bitPattern: number))
    case .uint(let number): put(.uint, bits: number)
    case .double(let number): put(.double, bits: number.bitPattern)
    case .timestamp(let time): put(.timestamp, time.seconds, time.nanoseconds)
    case .duration(let span): put(.duration, span.seconds, span.nanoseconds)
    case .string, .bytes, .list, .map, .type, .optional: return false
    }
    return true
  }

  @inline(__always)
  private mutating func put(_ tag: RowTag, bits: UInt64) {
    put(tag.rawValue)
    unsafe next.storeBytes(of: bits.littleEndian, as: UInt64.self)
    unsafe next += 8
  }

  private mutating func put(_ tag: RowTag, _ seconds: Int64, _ nanoseconds: Int32) {
    put(tag, bits: UInt64(bitPattern: seconds))
    unsafe next.storeBytes(of: UInt32(bitPattern: nanoseconds).littleEndian, as: UInt32.self)
    unsafe next += 4
  }

  @inline(__always)
  mutating func put(_ bytes: RawSpan) {
    unsafe bytes.withUnsafeBytes { unsafe put($0) }
  }

  @inline(__always)
  mutating func put(_ bytes: [UInt8]) {
    unsafe bytes.withUnsafeBytes { unsafe put($0) }
  }

  /// Names and most fields are short: two copies that overlap take less than a call.
  @inline(__always)
  @unsafe
  private mutating func put(_ bytes: UnsafeRawBufferPointer) {
    guard let source = bytes.baseAddress else { return }
    let count = bytes.count
    if count >= 8, count <= 16 {
      unsafe copy(source, count, UInt64.self)
    } else if count >= 4, count < 8 {
      unsafe copy(source, count, UInt32.self)
    } else if count < 4 {
      for i in 0..<count {
        unsafe next.storeBytes(
          of: source.load(fromByteOffset: i, as: UInt8.self), toByteOffset: i, as: UInt8.self)
      }
    } else {
      unsafe next.copyMemory(from: source, byteCount: count)
    }
    unsafe next += count
  }

  /// The first and the last word of so many bytes, one word at least and two at most.
  @inline(__always)
  @unsafe
  private func copy<Word: BitwiseCopyable>(
    _ source: UnsafeRawPointer, _ count: Int, _ word: Word.Type
  ) {
    let last = count &- MemoryLayout<Word>.size
    let tail = unsafe source.loadUnaligned(fromByteOffset: last, as: word)
    unsafe next.storeBytes(of: source.loadUnaligned(as: word), as: word)
    unsafe next.storeBytes(of: tail, toByteOffset: last, as: word)
  }
}
