import Lines

/// Where an item that is to be sorted stands in the bytes it is kept in, and what it is.
struct SortEntry {
  /// The first eight bytes of the key, so that most comparisons look no further.
  var prefix: UInt64
  /// Where its bytes begin: those of the key, if it has some of its own, those of the item, and, where
  /// the source keeps lines, four bytes of length and the input line as it was read.
  var start: Int
  private var itemLength: UInt32
  private var keyLength: UInt32
  /// The number of its line, its kind and the rank of its key.
  private var tag: UInt64

  /// The key is the item itself.
  private static let isItem = UInt32.max
  /// Beside the kind in the tag: the input line stands behind the item.
  private static let hasOrigin: UInt64 = 0x80
  /// Beside the kind in the tag: the entry before it in its run has the same key.
  private static let isRepeat: UInt64 = 0x100
  static let headerSize = 20

  init(
    in bytes: [UInt8], from start: Int, keyLength: Int?, itemLength: Int, number: UInt64,
    kind: ItemKind, rank: UInt8, hasOrigin: Bool = false
  ) {
    self.init(
      in: bytes, from: start, UInt32(itemLength), keyLength.map { UInt32($0) } ?? Self.isItem,
      number << 9 | (hasOrigin ? Self.hasOrigin : 0) | UInt64(kind.rawValue) << 4 | UInt64(rank))
  }

  private init(
    in bytes: [UInt8], from start: Int, _ itemLength: UInt32, _ keyLength: UInt32, _ tag: UInt64
  ) {
    self.start = start
    self.itemLength = itemLength
    self.keyLength = keyLength
    self.tag = tag
    prefix = 0
    let key = key
    prefix = bytes.word(at: key.lowerBound, upTo: key.upperBound)
  }

  var key: Range<Int> {
    start..<start + Int(keyLength == Self.isItem ? itemLength : keyLength)
  }
  var item: Range<Int> {
    let begin = keyLength == Self.isItem ? start : start + Int(keyLength)
    return begin..<begin + Int(itemLength)
  }
  var number: UInt64 { tag >> 9 }
  var kind: ItemKind { ItemKind(rawValue: UInt8(tag >> 4 & 7)) ?? .line }
  var rank: UInt8 { UInt8(tag & 15) }

  /// The entry before it in its run has the same key.
  var isRepeat: Bool { tag & Self.isRepeat != 0 }
  /// The item is its own key, which the entry before it in its run begins with: it stands there, and
  /// has no bytes besides.
  var repeatsBytes: Bool {
    tag & (Self.isRepeat | Self.hasOrigin) == Self.isRepeat && keyLength == Self.isItem
  }

  mutating func noteRepeat() { tag |= Self.isRepeat }

  /// All that is kept of it.
  func extent(in bytes: [UInt8]) -> Range<Int> {
    start..<(origin(in: bytes) ?? item).upperBound
  }

  /// Where the input line stands, if it was kept.
  func origin(in bytes: [UInt8]) -> Range<Int>? {
    if tag & Self.hasOrigin == 0 { return nil }
    let start = item.upperBound + 4
    return start..<start + Int(bytes.high(at: start - 4, bytes: 4))
  }

  // MARK: In a file

  /// Appends it, with its bytes if they are not those of the entry before, as `init(readFrom:)` reads
  /// it.
  func write(to file: inout [UInt8], from bytes: [UInt8]) {
    let extent = extent(in: bytes)
    file.append(high: UInt64(repeatsBytes ? 0 : extent.count), bytes: 4)
    file.append(high: UInt64(itemLength), bytes: 4)
    file.append(high: UInt64(keyLength), bytes: 4)
    file.append(high: tag, bytes: 8)
    if !repeatsBytes { file.append(bytes, extent) }
  }

  /// How many bytes there are behind the header at `offset`.
  static func length(in bytes: [UInt8], at offset: Int) -> Int {
    Int(bytes.high(at: offset, bytes: 4))
  }

  /// The entry whose header stands at `offset`, its bytes behind it or at those of the entry before.
  init(readFrom bytes: [UInt8], at offset: Int, after before: SortEntry?) {
    let length = Self.length(in: bytes, at: offset)
    let tag = bytes.high(at: offset + 12, bytes: 8)
    let isThere = length > 0 || tag & Self.isRepeat == 0
    self.init(
      in: bytes, from: isThere ? offset + Self.headerSize : before?.start ?? 0,
      UInt32(bytes.high(at: offset + 4, bytes: 4)), UInt32(bytes.high(at: offset + 8, bytes: 4)),
      tag)
  }

  // MARK: Order

  /// The order of the keys: less than zero if this one stands before the other.
  @inline(__always)
  func order(_ bytes: [UInt8], _ other: SortEntry, _ others: [UInt8]) -> Int {
    if rank != other.rank { return rank < other.rank ? -1 : 1 }
    if prefix != other.prefix { return prefix < other.prefix ? -1 : 1 }
    return bytes.order(key, others, other.key)
  }
}

extension [UInt8] {
  fileprivate func high(at offset: Int, bytes: Int) -> UInt64 {
    self[offset..<offset + bytes].reduce(0) { $0 << 8 | UInt64($1) }
  }
}
