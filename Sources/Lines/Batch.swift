/// Items in order: a part of a block, shared with other batches. Copying and slicing copy no bytes, and
/// as a batch is copied several times on its way through each stage, it is small and has one reference.
@usableFromInline
package struct Batch: Sendable {
  @usableFromInline var block: Block
  /// Which part of the block's table is this batch's.
  @usableFromInline var firstItem: UInt32
  @usableFromInline var items: UInt32
  /// The bytes of all items and one for each.
  @usableFromInline package internal(set) var liveBytes: Int
  /// Which input lines this batch accounts for, whether or not anything is left of them.
  package var covered: Range<UInt64>
  /// True if an item may be something other than a plain line without bypass level.
  @usableFromInline package internal(set) var hasMarks: Bool
  /// True if an item may have a newline within it, as text with several lines has, or a line that
  /// ends in NUL.
  @usableFromInline package internal(set) var hasInnerDelimiters: Bool

  /// No items, covering nothing.
  package init() { self.init(covering: 0..<0) }

  /// No items.
  package init(covering covered: Range<UInt64>) {
    self.init(Block.empty, liveBytes: 0, covered: covered)
  }

  /// All items of `block`.
  init(
    _ block: Block, liveBytes: Int, covered: Range<UInt64>, hasMarks: Bool = false,
    hasInnerDelimiters: Bool = false
  ) {
    self.block = block
    firstItem = 0
    items = UInt32(block.table.count)
    self.liveBytes = liveBytes
    self.covered = covered
    self.hasMarks = hasMarks
    self.hasInnerDelimiters = hasInnerDelimiters
  }

  /// Copies `lines`, numbered from `firstNumber` and covering just those numbers.
  package static func of(
    _ lines: [[UInt8]], firstNumber: UInt64 = 1, delimiter: UInt8 = 0x0A
  ) -> Batch {
    var builder = BatchBuilder(delimiter: delimiter)
    for (i, line) in lines.enumerated() {
      builder.append(line)
      builder.endLine(number: firstNumber + UInt64(i))
      if line.contains(delimiter) { builder.noteInnerDelimiters() }
    }
    return builder.take(covering: firstNumber..<firstNumber + UInt64(lines.count))
  }

  package static func of(
    _ lines: [String], firstNumber: UInt64 = 1, delimiter: UInt8 = 0x0A
  ) -> Batch {
    of(lines.map { Array($0.utf8) }, firstNumber: firstNumber, delimiter: delimiter)
  }
}

// MARK: Items

extension Batch {
  /// Number of items.
  @inlinable package var count: Int { Int(items) }
  @inlinable package var isEmpty: Bool { items == 0 }
  @inlinable var first: Int { Int(firstItem) }
  @inlinable var storage: Storage { block.storage }

  @inlinable
  func extent(_ i: Int) -> Extent {
    precondition(i >= 0 && i < count, "There is no such item.")
    return block.table[first &+ i]
  }

  /// The number of the input line the item began with; 0 if it has none.
  @inlinable package func number(_ i: Int) -> UInt64 { extent(i).number }
  @inlinable package func kind(_ i: Int) -> ItemKind { extent(i).kind }
  /// How many enclosing stages the item passes by, 0 to 15.
  @inlinable package func bypass(_ i: Int) -> Int { extent(i).bypass }
  /// In bytes.
  @inlinable package func length(_ i: Int) -> Int { Int(extent(i).length) }
  /// Where the item lies in what `withBytes` gives.
  @inlinable package func range(_ i: Int) -> Range<Int> { extent(i).range }
  /// True if the item is a line without bypass level.
  @inlinable package func isPlain(_ i: Int) -> Bool { extent(i).isPlain }

  /// The whole storage, for the time of `body`: item `i` is its part `range(i)`.
  @inlinable
  package func withBytes<R: ~Copyable, E: Error>(
    _ body: (RawSpan) throws(E) -> R
  ) throws(E) -> R {
    try block.storage.withBytes(upTo: block.limit, body)
  }

  /// The bytes of one item, for the time of `body`.
  @inlinable
  package func withLine<R: ~Copyable, E: Error>(
    _ i: Int, _ body: (RawSpan) throws(E) -> R
  ) throws(E) -> R {
    let range = range(i)
    return try block.storage.withBytes(upTo: block.limit) { (bytes) throws(E) in
      try body(bytes.extracting(range))
    }
  }

  package func bytes(_ i: Int) -> [UInt8] { withLine(i) { $0.array } }

  /// All items as arrays: for tests and small uses.
  package var lines: [[UInt8]] { (0..<count).map { bytes($0) } }

  /// Whether `withOrigin` may have something.
  @inlinable package var hasOrigins: Bool { block.origins != nil }

  package func item(_ i: Int) -> Item { Item(batch: slice(i..<i + 1)) }

  /// How many levels of bypass there are, from 1.
  package static let mostBypassLevels = 15
}

// MARK: Marks

extension Batch {
  /// True if the item is the mark of this bypass level.
  package func isMark(_ i: Int, level: Int) -> Bool { kind(i) == .mark && bypass(i) == level }

  /// How many items there are without the marks among them.
  package var itemCount: Int { itemCount(0..<count) }

  /// The same within `range`.
  package func itemCount(_ range: Range<Int>) -> Int {
    guard hasMarks else { return range.count }
    return range.reduce(0) { kind($1) == .mark ? $0 : $0 + 1 }
  }

  /// Without marks.
  package func withoutMarks() -> Batch {
    if itemCount == count { return self }
    var builder = BatchBuilder(viewing: self, delimiter: 0x0A)
    for i in 0..<count where kind(i) != .mark { builder.keep(self, i) }
    return builder.take(covering: covered)
  }
}

// MARK: Parts

extension Batch {
  /// The items of `range` over the same storage. What is covered is divided as by `takePrefix`.
  package func slice(_ range: Range<Int>) -> Batch {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "There are no such items.")
    if range.count == count { return self }
    var part = self
    part.firstItem = UInt32(first + range.lowerBound)
    part.items = UInt32(range.count)
    part.liveBytes = live(range)
    let lower = range.lowerBound == 0 ? covered.lowerBound : boundary(before: range.lowerBound)
    let upper = boundary(before: range.upperBound)
    part.covered = lower..<max(lower, upper)
    return part
  }

  /// Takes items off the front: as many as fit into `lines` and `bytes` (of `weight`), but one
  /// always. An empty batch gives itself. The input lines accounted for are divided before the first
  /// item left, so a line with several items is covered by the batch that has the last of them.
  @usableFromInline package mutating func takePrefix(lines: Int, bytes: Int) -> Batch {
    var taken = min(count, 1)
    var size = taken == 0 ? 0 : length(0) + 1
    // Each item takes its entry in the table besides: of very short lines that is nearly all.
    var room = bytes.subtractingReportingOverflow(size + Self.tableBytes).partialValue
    while taken < min(count, lines) {
      let more = length(taken) + 1
      room -= more + Self.tableBytes
      if room < 0 { break }
      size += more
      taken += 1
    }
    if taken == count {
      let whole = self
      self = Batch(covering: covered.upperBound..<covered.upperBound)
      return whole
    }
    let cut = boundary(before: taken)
    var prefix = self
    prefix.items = UInt32(taken)
    prefix.liveBytes = size
    prefix.covered = covered.lowerBound..<cut
    firstItem += UInt32(taken)
    items -= UInt32(taken)
    liveBytes -= size
    covered = cut..<covered.upperBound
    return prefix
  }

  /// The input line of item `i`, kept within what is covered: an item without number, or out of
  /// order, moves no boundary.
  private func boundary(before i: Int) -> UInt64 {
    if i == count { return covered.upperBound }
    return min(max(number(i), covered.lowerBound), covered.upperBound)
  }

  private func live(_ range: Range<Int>) -> Int {
    if range.count > count / 2 {
      let before = range.lowerBound == 0 ? 0 : live(0..<range.lowerBound)
      let behind = range.upperBound == count ? 0 : live(range.upperBound..<count)
      return liveBytes - before - behind
    }
    return range.reduce(0) { $0 + length($1) + 1 }
  }
}

// MARK: Memory

extension Batch {
  /// What each item takes beside its bytes.
  @inlinable package static var tableBytes: Int { MemoryLayout<Extent>.stride }

  /// What its items take in memory, in bytes: themselves, their delimiters and their table.
  @inlinable package var weight: Int { liveBytes + Self.tableBytes * count }

  /// The memory this batch keeps from being freed, in bytes: its share of the storage, and what
  /// belongs to it counted as if nobody else had it.
  package var keptBytes: Int {
    let own = block.keptBytes
    guard let kept = block.origins else { return own }
    return kept.blocks.reduce(own) { $1.storage === storage ? $0 : $0 + $1.keptBytes }
  }

  /// Whether it keeps more than twice as much as it needs, so that a copy is worth while.
  package var isSparse: Bool { keptBytes > 2 * weight + 1024 }

  /// A copy that keeps only what it needs, if that is less than half of what this one keeps; else
  /// this one.
  ///
  /// - Parameter keepsTokens: false for who holds batches and counts their bytes, but not what was
  ///   found in them.
  package func compacted(keepsTokens: Bool = false) -> Batch {
    if keepsTokens || block.tokens == nil { return compactedItems() }
    var batch = self
    batch.tokens = nil
    return batch.compactedItems()
  }

  private func compactedItems() -> Batch {
    guard isSparse else { return self }
    let need = weight
    let kept = hasOrigins ? compactedOrigins() : []
    let originBytes = kept.reduce(0) { $0 + $1.keptBytes }
    guard keptBytes > 2 * (need + originBytes) + 1024 else { return self }
    var copy = dense() ?? scattered()
    copy.hasMarks = hasMarks
    copy.hasInnerDelimiters = hasInnerDelimiters
    if !kept.isEmpty { copy.origins = kept }
    return copy
  }

  /// A copy made in one piece, if the items lie close together in the storage; else nil.
  private func dense() -> Batch? {
    var lower = Int.max
    var upper = 0
    let items = block.table[first..<first + count]
    for extent in items {
      lower = min(lower, extent.lower)
      upper = max(upper, extent.upper)
    }
    // With the last one's delimiter, so that the copy is written in one piece too.
    upper = min(upper + 1, block.limit)
    guard lower < upper, upper - lower <= liveBytes + liveBytes / 4 + 64 else { return nil }
    let storage = Storage(atLeast: upper - lower + TokenTable.padding)
    unsafe storage.base.copyMemory(from: self.storage.base + lower, byteCount: upper - lower)
    var moved = ContiguousArray(items)
    for i in moved.indices { moved[i].start -= UInt32(lower) }
    let copy = Block(
      storage: storage, table: moved, limit: upper - lower, ending: block.ending,
      tokens: tokens?.moved(to: storage, by: lower))
    return Batch(copy, liveBytes: liveBytes, covered: covered)
  }

  private func scattered() -> Batch {
    var builder = BatchBuilder(delimiter: 0x0A, capacity: liveBytes, lines: count)
    builder.copyAll(self)
    var copy = builder.take(covering: covered)
    if let tokens {
      copy.tokens = tokens.scattered(
        to: copy.storage, (0..<count).map { (range($0), copy.range($0)) })
    }
    return copy
  }
}
