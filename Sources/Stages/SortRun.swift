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
  private(set) var tag: UInt64

  /// The key is the item itself.
  private static let isItem = UInt32.max
  /// Beside the kind in the tag: the input line stands behind the item.
  private static let hasOrigin: UInt64 = 0x80
  static let headerSize = 20

  init(
    in bytes: [UInt8], from start: Int, keyLength: Int?, itemLength: Int, number: UInt64,
    kind: ItemKind, rank: UInt8, hasOrigin: Bool = false
  ) {
    self.init(
      in: bytes, from: start, UInt32(itemLength), keyLength.map { UInt32($0) } ?? Self.isItem,
      number << 8 | (hasOrigin ? Self.hasOrigin : 0) | UInt64(kind.rawValue) << 4 | UInt64(rank))
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
  var number: UInt64 { tag >> 8 }
  var kind: ItemKind { ItemKind(rawValue: UInt8(tag >> 4 & 7)) ?? .line }
  var rank: UInt8 { UInt8(tag & 15) }

  /// Where the input line stands, if it was kept.
  func origin(in bytes: [UInt8]) -> Range<Int>? {
    if tag & Self.hasOrigin == 0 { return nil }
    let start = item.upperBound + 4
    return start..<start + Int(bytes.high(at: start - 4, bytes: 4))
  }

  // MARK: In a file

  /// Appends it with its bytes as `init(readFrom:)` reads it.
  func write(to file: inout [UInt8], from bytes: [UInt8]) {
    let end = origin(in: bytes)?.upperBound ?? item.upperBound
    file.append(high: UInt64(end - start), bytes: 4)
    file.append(high: UInt64(itemLength), bytes: 4)
    file.append(high: UInt64(keyLength), bytes: 4)
    file.append(high: tag, bytes: 8)
    file += bytes[start..<end]
  }

  /// How many bytes there are behind the header at `offset`.
  static func length(in bytes: [UInt8], at offset: Int) -> Int {
    Int(bytes.high(at: offset, bytes: 4))
  }

  /// The entry whose header stands at `offset`, its bytes behind it.
  init(readFrom bytes: [UInt8], at offset: Int) {
    self.init(
      in: bytes, from: offset + Self.headerSize, UInt32(bytes.high(at: offset + 4, bytes: 4)),
      UInt32(bytes.high(at: offset + 8, bytes: 4)), bytes.high(at: offset + 12, bytes: 8))
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

/// A part of the items in memory, in the order in which they came until they are sorted.
struct SortRun {
  private(set) var bytes: [UInt8] = []
  private(set) var entries: [SortEntry] = []

  var isEmpty: Bool { entries.isEmpty }
  /// What is held, in bytes.
  var weight: Int { bytes.count + entries.count * MemoryLayout<SortEntry>.stride }

  /// Memory that is not used yet costs nothing: asked for at once it need not be moved.
  mutating func reserve(_ size: Int) {
    if bytes.capacity == 0 { bytes.reserveCapacity(size) }
  }

  /// Adds item `i`. What `makeKey` appends is its key.
  ///
  /// - Parameter makeKey: returns the rank of the key, and whether the item itself is the key.
  mutating func append(
    _ batch: Batch, _ i: Int,
    _ makeKey: (inout [UInt8]) throws(Failure) -> (rank: UInt8, isItem: Bool)
  ) throws(Failure) {
    let start = bytes.count
    let made: (rank: UInt8, isItem: Bool)
    do throws(Failure) { made = try makeKey(&bytes) } catch {
      bytes.removeSubrange(start...)
      throw error
    }
    let keyLength = bytes.count - start
    batch.withLine(i) { bytes.append($0) }
    let hasOrigin = batch.hasOrigins && appendOrigin(batch, i)
    entries.append(
      SortEntry(
        in: bytes, from: start, keyLength: made.isItem ? nil : keyLength,
        itemLength: batch.length(i), number: batch.number(i), kind: batch.kind(i), rank: made.rank,
        hasOrigin: hasOrigin))
    // No two entries begin at the same place: where they begin says which came first.
    if bytes.count == start { bytes.append(0) }
  }

  private mutating func appendOrigin(_ batch: Batch, _ i: Int) -> Bool {
    batch.withOrigin(of: batch.number(i)) { line in
      guard let line else { return false }
      bytes.append(high: UInt64(line.byteCount), bytes: 4)
      bytes.append(line)
      return true
    }
  }

  /// Puts the entries in order, those with equal keys as they came.
  mutating func sort(descending: Bool) {
    var words = SortWords(self, descending: descending)
    rearrange(words.order())
  }

  /// Puts entry `order[i]` at place `i`, in the memory that there is: round by round, each from where
  /// an entry was taken out to where the last one of its round belongs.
  private mutating func rearrange(_ order: [UInt32]) {
    var order = order
    for start in order.indices where Int(order[start]) != start {
      let first = entries[start]
      var place = start
      while Int(order[place]) != start {
        let from = Int(order[place])
        entries[place] = entries[from]
        order[place] = UInt32(place)
        place = from
      }
      entries[place] = first
      order[place] = UInt32(place)
    }
  }
}
