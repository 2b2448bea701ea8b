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
  /// The offset that the tokens' offsets count from. Below zero where what was there was left out of a
  /// copy.
  package let origin: Int
  /// By how much the items lie nearer to the start than when they were found.
  private let shift: Int

  /// Copies `tokens`. `items` are in the order in which they lie.
  @unsafe
  package init(
    of batch: Batch, origin: Int, items: ContiguousArray<Item>,
    tokens: UnsafeBufferPointer<UInt32>
  ) {
    storage = batch.storage
    self.origin = origin
    self.items = items
    shift = 0
    let bytes = UnsafeRawBufferPointer(tokens)
    offsets = Storage(atLeast: bytes.count)
    if let start = bytes.baseAddress {
      unsafe offsets.base.copyMemory(from: start, byteCount: bytes.count)
    }
  }

  private init(_ table: TokenTable, in storage: Storage, by distance: Int) {
    self.storage = storage
    offsets = table.offsets
    items = table.items
    origin = table.origin - distance
    shift = table.shift + distance
  }

  /// For a copy of the bytes in which they lie `distance` nearer to the start.
  func moved(to storage: Storage, by distance: Int) -> TokenTable {
    TokenTable(self, in: storage, by: distance)
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

  /// Where it ends, counted as the tokens are.
  package func end(_ item: Item) -> Int { Int(item.end) &- shift &- origin }

  /// The number of the item that is all of `found`; -1 if there is none.
  ///
  /// - Parameter guess: looked at first: one behind the item asked for before.
  package func number(of found: Range<Int>, guess: Int) -> Int {
    let range = found.lowerBound &+ shift..<found.upperBound &+ shift
    if guess < items.count, items[guess].range == range { return guess }
    var (low, high) = (0, items.count)
    while low < high {
      let middle = (low + high) / 2
      if items[middle].range.lowerBound < range.lowerBound {
        low = middle + 1
      } else {
        high = middle
      }
    }
    return low < items.count && items[low].range == range ? low : -1
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
