/// What an item is, besides its bytes.
@frozen
@usableFromInline
package enum ItemKind: UInt8, Sendable {
  case line
  /// A failure that a policy made an item: JSON text.
  case error
  /// A value with fields: its bytes are a row, in one of the two forms that Records knows.
  case record
  /// No item but a place between items, which a stage left for one downstream: it goes by everything
  /// else, is not counted and is never seen.
  case mark
}

/// Where an item lies in its storage, and what is known of it: two bits of kind, four of bypass
/// level, 58 of line number.
@frozen
@usableFromInline
package struct Extent: Sendable, Equatable {
  @usableFromInline var start: UInt32
  @usableFromInline var length: UInt32
  @usableFromInline var tag: UInt64

  @inlinable
  init(start: Int, length: Int, tag: UInt64) {
    self.start = UInt32(truncatingIfNeeded: start)
    self.length = UInt32(truncatingIfNeeded: length)
    self.tag = tag
  }

  @inlinable
  static func tag(number: UInt64, kind: ItemKind = .line, bypass: Int = 0) -> UInt64 {
    number << 6 | UInt64(bypass & 15) << 2 | UInt64(kind.rawValue)
  }

  @inlinable var lower: Int { Int(start) }
  @inlinable var upper: Int { Int(start) &+ Int(length) }
  @inlinable var range: Range<Int> { lower..<upper }
  @inlinable var number: UInt64 { tag >> 6 }
  @inlinable var kind: ItemKind {
    switch tag & 3 {
    case 0: .line
    case 1: .error
    case 2: .record
    default: .mark
    }
  }
  @inlinable var bypass: Int { Int(tag >> 2 & 15) }
  /// Neither a kind nor a bypass level.
  @inlinable var isPlain: Bool { tag & 63 == 0 }
}
