/// Where the tokens are of items that a builder has written, told by who wrote them: what is made of
/// parts of items whose tokens were found need not be looked through again.
@safe
final class WrittenTokens {
  private var items = ContiguousArray<TokenTable.Item>()
  /// Offsets of 32 bits each, from the start of the builder's storage.
  private var offsets: Storage
  private var count = 0

  /// Behind the last token stand two more, which are not before its end.
  private static let behind = 2

  /// - Parameters:
  ///   - tokens: how many an item is likely to have.
  ///   - likely: how many items there may be.
  init(_ tokens: Int, for likely: Int) {
    let room = tokens * max(16, likely) + WrittenTokens.behind
    offsets = Storage(
      atLeast: min(room * MemoryLayout<UInt32>.stride, Storage.blockCapacity))
    items.reserveCapacity(min(likely, BatchBuilder.fullLines))
  }

  /// Room for the tokens of one more item.
  ///
  /// - Returns: valid until the next call.
  @unsafe
  func room(for tokens: Int) -> UnsafeMutablePointer<UInt32> {
    let stride = MemoryLayout<UInt32>.stride
    let wanted = (count &+ tokens &+ WrittenTokens.behind) &* stride
    if wanted > offsets.capacity {
      let larger = Storage(atLeast: max(wanted, offsets.capacity * 2))
      unsafe larger.base.copyMemory(from: offsets.base, byteCount: count &* stride)
      offsets = larger
    }
    return unsafe offsets.base.assumingMemoryBound(to: UInt32.self) + count
  }

  /// The item whose tokens have been put where there was room for them.
  func add(_ range: Range<Int>, _ tokens: Int, isMarked: Bool, shape: UInt64) {
    items.append(
      TokenTable.Item(
        range: range, tokens: count..<count &+ tokens, isMarked: isMarked, shape: shape))
    count &+= tokens
  }

  /// Forgets the items from `offset` on, whose place others may take.
  func drop(from offset: Int) {
    while let last = items.last, last.range.upperBound > offset {
      count &-= last.count
      items.removeLast()
    }
  }

  /// What is known of the items in `storage`, once they are all written; nil if that is nothing.
  func table(in storage: Storage) -> TokenTable? {
    // Whoever looks into an item may read behind it.
    drop(from: storage.capacity - TokenTable.padding)
    guard let end = items.last?.range.upperBound else { return nil }
    let behind = unsafe room(for: 0)
    for i in 0..<WrittenTokens.behind {
      unsafe behind[i] = UInt32(truncatingIfNeeded: end)
    }
    return TokenTable(of: storage, items: items, offsets: offsets)
  }
}

extension BatchBuilder {
  /// Lets `write` append bytes that are an item of their own, whose tokens are known.
  ///
  /// - Parameters:
  ///   - count: how many bytes there may be.
  ///   - tokens: how many there are.
  ///   - isMarked: and `shape`, see `TokenTable.Item`.
  ///   - write: puts the bytes and the offset of each token, counted from the number that it is given
  ///     for the first byte; returns how many bytes it put.
  package mutating func append(
    upTo count: Int, tokens: Int, isMarked: Bool, shape: UInt64,
    _ write: (UnsafeMutablePointer<UInt8>, UnsafeMutablePointer<UInt32>, Int) -> Int
  ) {
    reserve(count)
    let known = written ?? WrittenTokens(tokens, for: tableHint)
    written = known
    let start = used
    unsafe append(upTo: count) { target in unsafe write(target, known.room(for: tokens), start) }
    known.add(start..<used, tokens, isMarked: isMarked, shape: shape)
  }
}
