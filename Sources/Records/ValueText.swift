import Lines

/// A string: bytes that are usually UTF-8. Two are equal if their bytes are, and they are ordered by
/// their bytes, which for UTF-8 is the order of the code points.
package struct Text: Sendable, Hashable {
  package var bytes: [UInt8]

  package init(_ bytes: [UInt8]) { self.bytes = bytes }
  package init(_ string: String) { bytes = Array(string.utf8) }
  package init(_ span: RawSpan) { bytes = span.array }

  /// What is no UTF-8 is replaced: for messages.
  package var string: String { String(decoding: bytes, as: UTF8.self) }

  /// The number of characters (code points); a byte that is part of none counts one.
  package var count: Int { unsafe bytes.span.bytes.characterCount }

  package var isUTF8: Bool { unsafe bytes.span.bytes.isUTF8 }

  /// A call that lends the bytes without copying them.
  package func withSpan<R: ~Copyable, E: Error>(
    _ body: (RawSpan) throws(E) -> R
  ) throws(E) -> R {
    try unsafe body(bytes.span.bytes)
  }
}

extension Text: Comparable {
  package static func < (a: Text, b: Text) -> Bool {
    unsafe a.bytes.span.bytes.order(b.bytes.span.bytes) < 0
  }
}

extension Text: ExpressibleByStringLiteral {
  package init(stringLiteral text: String) { self.init(text) }
}

extension Text: CustomStringConvertible {
  package var description: String { string }
}

extension RawSpan {
  /// Less than zero if these bytes stand before the others in the order of bytes, zero if they are
  /// the same.
  package func order(_ other: RawSpan) -> Int {
    let shared = Swift.min(byteCount, other.byteCount)
    var i = 0
    while i < shared {
      let a = self[i]
      let b = other[i]
      if a != b { return a < b ? -1 : 1 }
      i &+= 1
    }
    return byteCount - other.byteCount
  }

  /// The number of characters (code points); a byte that is part of none counts one.
  package var characterCount: Int {
    var count = 0
    var i = 0
    while i < byteCount {
      i &+= self[i] < 0x80 ? 1 : utf8Width(self, i)
      count &+= 1
    }
    return count
  }

  /// Whether all of it is UTF-8.
  package var isUTF8: Bool {
    var i = 0
    while i < byteCount {
      let lead = self[i]
      let width = lead < 0x80 ? 1 : utf8Width(self, i)
      if width == 1, lead >= 0x80 { return false }
      i &+= width
    }
    return true
  }
}
