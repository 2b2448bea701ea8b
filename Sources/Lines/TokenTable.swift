import Synchronization

/// Where the tokens of a batch's items begin, found in one pass over all of them and left for whoever
/// looks into the same bytes later. Bytes that are shared never change, so it holds for an item as
/// long as that lies where it did; one that was changed lies in another storage.
@safe
package final class TokenTable: Sendable {
  /// An item as it was when its tokens were found.
  package struct Item: Sendable {
    fileprivate let start: UInt32
    fileprivate let end: UInt32
    fileprivate let firstToken: UInt32
    fileprivate let tokenCount: UInt32
    /// What the finder wanted to remember of it.
    package let isMarked: Bool
    /// Items of the same number, of whatever table, have the same names at the same tokens.
    package let shape: UInt64

    /// - Parameters:
    ///   - range: in what the batch's `withBytes` gave.
    ///   - shape: never 0, which is no item's.
    package init(range: Range<Int>, tokens: Range<Int>, isMarked: Bool, shape: UInt64) {
      start = UInt32(truncatingIfNeeded: range.lowerBound)
      end = UInt32(truncatingIfNeeded: range.upperBound)
      firstToken = UInt32(truncatingIfNeeded: tokens.lowerBound)
      tokenCount = UInt32(truncatingIfNeeded: tokens.count)
      self.isMarked = isMarked
      self.shape = shape
    }

    package var range: Range<Int> { Int(start)..<Int(end) }
    package var count: Int { Int(tokenCount) }
  }

  private static let lastShape = Atomic<UInt64>(0)

  /// A number that no item has yet.
  package static func newShape() -> UInt64 {
    lastShape.add(1, ordering: .relaxed).newValue
  }

  /// Bytes that whoever looks into an item may read behind it.
  package static let padding = 64

  fileprivate let storage: Storage
  private let offsets: Storage
  private let items: ContiguousArray<Item>
  /// By how much the items lie nearer to the start than `items` says.
  private let shift: Int

  /// Copies `tokens`. `items` are in the order in which they lie.
  @unsafe
  package convenience init(
    of batch: Batch, items: ContiguousArray<Item>, tokens: UnsafeBufferPointer<UInt32>
  ) {
    let bytes = UnsafeRawBufferPointer(tokens)
    let offsets = Storage(atLeast: bytes.count)
    if let start = bytes.baseAddress {
      unsafe offsets.base.copyMemory(from: start, byteCount: bytes.count)
    }
    self.init(of: batch.storage, items: items, offsets: offsets)
  }

  /// For a batch that was looked through in vain.
  package convenience init(ofNothingIn batch: Batch) {
    self.init(of: batch.storage, items: [], offsets: .empty)
  }

  init(
    of storage: Storage, items: ContiguousArray<Item>, offsets: Storage, shift: Int = 0
  ) {
    self.storage = storage
    self.items = items
    self.offsets = offsets
    self.shift = shift
  }

  /// For a copy of the bytes in which they lie `distance` nearer to the start.
  func moved(to storage: Storage, by distance: Int) -> TokenTable {
    TokenTable(of: storage, items: items, offsets: offsets, shift: shift + distance)
  }

  /// For a copy of some items, each of which lies elsewhere than before. It has their tokens alone.
  ///
  /// - Parameter places: where they were and where they are, in the order in which they lie now.
  func scattered(
    to storage: Storage, _ places: [(from: Range<Int>, to: Range<Int>)]
  ) -> TokenTable? {
    let written = WrittenTokens(items.last?.count ?? 0, for: places.count)
    var guess = 0
    for (from, to) in places {
      guard let item = find(from, &guess) else { continue }
      let (source, target) = unsafe (tokens(item), written.room(for: item.count))
      let distance = unsafe UInt32(truncatingIfNeeded: to.lowerBound) &- source.pointee
      for i in 0..<item.count { unsafe target[i] = source[i] &+ distance }
      written.add(to, item.count, isMarked: item.isMarked, shape: item.shape)
    }
    return written.table(in: storage)
  }

  package var count: Int { items.count }
  package subscript(k: Int) -> Item { items[k] }

  /// The first token's offset of an item; the others follow, and behind an item's tokens come those
  /// of the next one.
  ///
  /// - Returns: valid as long as the table.
  @unsafe
  package func tokens(_ item: Item) -> UnsafePointer<UInt32> {
    unsafe UnsafePointer(offsets.base.assumingMemoryBound(to: UInt32.self))
      + Int(item.firstToken)
  }

  /// The offset that an item's tokens count from; it begins with the first of them. Below zero where
  /// what was there was left out of a copy.
  package func origin(_ item: Item) -> Int {
    unsafe Int(item.start) &- shift &- Int(tokens(item).pointee)
  }

  /// Where it ends, counted as the tokens are.
  package func end(_ item: Item) -> Int { Int(item.end) &- shift &- origin(item) }

  /// The item that is all of `range`; nil if there is none.
  ///
  /// - Parameter guess: the number to look at first; then that behind the item found.
  package func find(_ range: Range<Int>, _ guess: inout Int) -> Item? {
    let number = number(of: range, guess: guess)
    if number < 0 { return nil }
    guess = number &+ 1
    return items[number]
  }

  /// The number of the item that is all of `found`; -1 if there is none.
  ///
  /// - Parameter guess: looked at first: one behind the item asked for before.
  private func number(of found: Range<Int>, guess: Int) -> Int {
    let range = found.lowerBound &+ shift..<found.upperBound &+ shift
    if guess < items.count, items[guess].range == range { return guess }
    let number = firstNumber(from: found.lowerBound)
    return number < items.count && items[number].range == range ? number : -1
  }

  /// The number of the first item that begins at `offset` or behind it; `count` if there is none.
  package func firstNumber(from offset: Int) -> Int {
    var (low, high) = (0, items.count)
    while low < high {
      let middle = (low + high) / 2
      if items[middle].range.lowerBound < offset &+ shift {
        low = middle + 1
      } else {
        high = middle
      }
    }
    return low
  }
}

extension Batch {
  /// What was found in the bytes of its items; nil if nothing was, or if they lie elsewhere now. It
  /// goes with the items as long as they are only kept.
  package var tokens: TokenTable? {
    get { block.tokens?.storage === storage ? block.tokens : nil }
    set { block = block.with(newValue) }
  }

  /// Whether the items are known to lie one right behind the other, with `byte` behind each.
  package func isRun(endingIn byte: UInt8) -> Bool { block.ending == byte }
}
