import CSearch
import Glibc

/// What stages need of a span of bytes, so that no other module handles pointers.
extension RawSpan {
  /// The byte at `offset`, which is checked.
  @inlinable
  package subscript(offset: Int) -> UInt8 {
    unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self)
  }

  /// Puts a copy behind `bytes`.
  package func copy(behind bytes: inout [UInt8]) {
    unsafe withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
  }

  /// The offset of the first `byte` at or behind `start`.
  package func firstOffset(of byte: UInt8, from start: Int = 0) -> Int? {
    guard start < byteCount else { return nil }
    return unsafe withUnsafeBytes { buffer -> Int? in
      guard let base = buffer.baseAddress,
        let hit = unsafe memchr(base + start, Int32(byte), buffer.count - start)
      else { return nil }
      return unsafe UnsafeRawPointer(hit) - base
    }
  }

  /// Puts the offsets of `byte` into `offsets`, from its first place on: all of them, or as many as are
  /// `enough` and perhaps some more. `offsets` grows where it has no room.
  ///
  /// - Returns: how many there are.
  package func findOffsets(
    of byte: UInt8, enough: Int, into offsets: inout ContiguousArray<UInt32>
  ) -> Int {
    var found = 0
    var next = 0
    while found < enough, next < byteCount {
      if offsets.count < found + 64 {
        offsets.append(contentsOf: repeatElement(0, count: 64 + offsets.count))
      }
      found += unsafe withUnsafeBytes { buffer in
        unsafe offsets.withUnsafeMutableBufferPointer { offsets -> Int in
          guard let base = buffer.baseAddress, let start = offsets.baseAddress else { return 0 }
          return unsafe CSearchEach(
            base.assumingMemoryBound(to: UInt8.self), buffer.count, next, byte, enough - found,
            start + found, offsets.count - found, &next)
        }
      }
    }
    return found
  }

  /// The same for a delimiter of several bytes.
  package func findOffsets(
    of pattern: [UInt8], enough: Int, into offsets: inout ContiguousArray<UInt32>
  ) -> Int {
    var found = 0
    var next = 0
    while found < enough, let hit = firstOffset(of: pattern, from: next) {
      if found == offsets.count { offsets.append(0) }
      offsets[found] = UInt32(truncatingIfNeeded: hit)
      found += 1
      next = hit + pattern.count
    }
    return found
  }

  package func equals(_ other: RawSpan) -> Bool {
    let count = byteCount
    guard count == other.byteCount else { return false }
    // Short ones, as keys mostly are, by their first and their last bytes, which may overlap.
    if count >= 8, count <= 16 {
      return word(at: 0) == other.word(at: 0)
        && word(at: count &- 8) == other.word(at: count &- 8)
    }
    if count >= 4, count < 8 {
      return half(at: 0) == other.half(at: 0)
        && half(at: count &- 4) == other.half(at: count &- 4)
    }
    return unsafe withUnsafeBytes { a in
      unsafe other.withUnsafeBytes { b in
        guard let a = a.baseAddress, let b = b.baseAddress else { return true }
        return unsafe memcmp(a, b, count) == 0
      }
    }
  }

  /// Where `pattern` first stands at or behind `start`; an empty one stands everywhere.
  package func firstOffset(of pattern: [UInt8], from start: Int = 0) -> Int? {
    guard let first = pattern.first else { return start <= byteCount ? start : nil }
    var from = start
    while let hit = firstOffset(of: first, from: from), hit + pattern.count <= byteCount {
      if pattern.count == 1 || stands(pattern, at: hit) { return hit }
      from = hit + 1
    }
    return nil
  }

  /// Whether `pattern` stands at `offset`.
  package func stands(_ pattern: [UInt8], at offset: Int) -> Bool {
    guard offset >= 0, offset + pattern.count <= byteCount else { return false }
    return unsafe extracting(offset..<offset + pattern.count).equals(pattern.span.bytes)
  }

  /// A hash that is the same in every run and process for the same `seed`.
  package func hash(seed: UInt64) -> UInt64 {
    // Multiply and fold 16 bytes at a time, in the manner of wyhash.
    var state = seed ^ 0x9E37_79B9_7F4A_7C15
    var i = 0
    while i &+ 16 <= byteCount {
      let (low, high) = (word(at: i), word(at: i &+ 8))
      state = folded(low ^ 0xA076_1D64_78BD_642F ^ state, high ^ 0xE703_7ED1_A0B4_28DB)
      i &+= 16
    }
    if i &+ 8 <= byteCount {
      state = folded(word(at: i) ^ 0xA076_1D64_78BD_642F, state ^ 0xE703_7ED1_A0B4_28DB)
      i &+= 8
    }
    state = folded(tail(from: i) ^ 0x8EBC_6AF0_9C88_C6E3, state ^ 0x5899_65CC_7537_4CC3)
    return folded(state ^ UInt64(byteCount), 0x1D8E_4E27_C47D_124F)
  }

  /// Eight bytes, all of them there.
  @inline(__always)
  private func word(at offset: Int) -> UInt64 {
    unsafe unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt64.self)
  }

  @inline(__always)
  private func half(at offset: Int) -> UInt32 {
    unsafe unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt32.self)
  }

  /// The bytes from `offset` on, fewer than eight, as one number: the last of them lowest. Where there
  /// are enough they are read at once, together with some that stand before them.
  @inline(__always)
  private func tail(from offset: Int) -> UInt64 {
    let length = byteCount &- offset
    if byteCount >= 8 {
      return word(at: byteCount &- 8).bigEndian & ~(UInt64.max &<< UInt64(8 &* length))
    }
    if length >= 4 {
      let last = UInt64(half(at: byteCount &- 4).bigEndian)
      return UInt64(half(at: offset).bigEndian) &<< UInt64(8 &* (length &- 4)) | last
    }
    var tail: UInt64 = 0
    for i in offset..<byteCount { tail = tail << 8 | UInt64(self[i]) }
    return tail
  }

  package var array: [UInt8] {
    unsafe withUnsafeBytes { unsafe [UInt8]($0) }
  }

  /// The bytes as text, what is not UTF-8 replaced: for messages.
  package var text: String { String(decoding: array, as: UTF8.self) }
}

extension [UInt8] {
  package mutating func append(_ bytes: RawSpan) {
    unsafe bytes.withUnsafeBytes { unsafe append(contentsOf: $0) }
  }

  package mutating func append(_ bytes: [UInt8], _ range: Range<Int>) {
    unsafe append(bytes.span.bytes.extracting(range))
  }

  /// The eight bytes from `offset` on as a number that has their order; those from `end` on are zero.
  package func word(at offset: Int, upTo end: Int) -> UInt64 {
    precondition(offset >= 0 && offset <= end && end <= count)
    let length = end &- offset
    if count &- offset >= 8 {
      let word = unsafe withUnsafeBytes {
        unsafe UInt64(bigEndian: $0.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
      }
      return length >= 8 ? word : word & ~(UInt64.max >> UInt64(8 * length))
    }
    var word: UInt64 = 0
    for i in 0..<8 { word = word << 8 | (i < length ? UInt64(self[offset + i]) : 0) }
    return word
  }

  /// Less than zero if the bytes of `range` stand before those of `others` in the order of bytes,
  /// zero if they are the same.
  package func order(_ range: Range<Int>, _ others: [UInt8], _ otherRange: Range<Int>) -> Int {
    precondition(range.upperBound <= count && otherRange.upperBound <= others.count)
    let shared = Swift.min(range.count, otherRange.count)
    let order = unsafe withUnsafeBytes { a in
      unsafe others.withUnsafeBytes { b -> Int32 in
        guard shared > 0, let a = a.baseAddress, let b = b.baseAddress else { return 0 }
        return unsafe memcmp(a + range.lowerBound, b + otherRange.lowerBound, shared)
      }
    }
    return order == 0 ? range.count - otherRange.count : Int(order)
  }
}

/// How many bytes the character at `offset` has: 1 for ASCII and for a byte that begins no valid
/// sequence. Table 3-7 of the Unicode standard.
@inlinable
package func utf8Width(_ bytes: RawSpan, _ offset: Int) -> Int {
  let lead = bytes[offset]
  if lead < 0xC2 || lead > 0xF4 { return 1 }
  let width = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
  if offset &+ width > bytes.byteCount { return 1 }
  let second = bytes[offset &+ 1]
  let least: UInt8 = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80
  let most: UInt8 = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF
  if second < least || second > most { return 1 }
  if width > 2, bytes[offset &+ 2] & 0xC0 != 0x80 { return 1 }
  if width > 3, bytes[offset &+ 3] & 0xC0 != 0x80 { return 1 }
  return width
}

/// Both halves of the product, laid over each other.
@inline(__always)
private func folded(_ a: UInt64, _ b: UInt64) -> UInt64 {
  let product = a.multipliedFullWidth(by: b)
  return product.high ^ product.low
}
