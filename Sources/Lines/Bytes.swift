import Glibc

/// What stages need of a span of bytes, so that no other module handles pointers.
extension RawSpan {
  /// The byte at `offset`, which is checked.
  @inlinable
  package subscript(offset: Int) -> UInt8 {
    unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self)
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

  package func equals(_ other: RawSpan) -> Bool {
    guard byteCount == other.byteCount else { return false }
    return unsafe withUnsafeBytes { a in
      unsafe other.withUnsafeBytes { b in
        guard let a = a.baseAddress, let b = b.baseAddress else { return true }
        return unsafe memcmp(a, b, byteCount) == 0
      }
    }
  }

  package var array: [UInt8] {
    unsafe withUnsafeBytes { unsafe [UInt8]($0) }
  }

  /// The bytes as text, what is not UTF-8 replaced: for messages.
  package var text: String { String(decoding: array, as: UTF8.self) }
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
