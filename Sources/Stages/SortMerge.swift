import Lines

/// A run of items in order, one after another: from memory, or from a part of a file that is read a
/// block at a time.
struct SortReader {
  /// Nil where the run is in memory.
  private let file: ScratchFile?
  /// What has not been read of the file.
  private var rest = 0..<0
  private let block: Int
  /// The run in memory, and which of it comes behind the front.
  private var entries: [SortEntry] = []
  private var next = 1
  private(set) var bytes: [UInt8] = []
  /// Behind the entry at the front.
  private var position = 0
  /// The entry at the front; nil at the end. It stands in `bytes`.
  private(set) var front: SortEntry?

  init(_ run: SortRun) {
    file = nil
    block = 0
    bytes = run.bytes
    entries = run.entries
    front = entries.first
  }

  /// - Parameter block: how many bytes are read at a time; one item may be longer.
  init(_ file: ScratchFile, _ range: Range<Int>, block: Int) throws(ScratchFile.Fault) {
    self.file = file
    self.block = block
    rest = range
    try advance()
  }

  /// Goes on to the next entry.
  mutating func advance() throws(ScratchFile.Fault) {
    guard let file else {
      front = next < entries.count ? entries[next] : nil
      next += 1
      return
    }
    if position == bytes.count, rest.isEmpty {
      front = nil
      return
    }
    try fill(SortEntry.headerSize, from: file)
    let length = SortEntry.length(in: bytes, at: position)
    try fill(SortEntry.headerSize + length, from: file)
    front = SortEntry(readFrom: bytes, at: position, after: front)
    position += SortEntry.headerSize + length
  }

  /// Sees that `count` bytes stand behind `position`.
  private mutating func fill(_ count: Int, from file: ScratchFile) throws(ScratchFile.Fault) {
    let there = bytes.count - position
    if there >= count { return }
    // The next entry may stand where the one at the front does.
    let done = front?.start ?? position
    bytes.removeSubrange(..<done)
    position -= done
    front?.start -= done
    let wanted = min(max(block, count) - there, rest.count)
    try file.read(wanted, at: rest.lowerBound, into: &bytes)
    rest = rest.lowerBound + wanted..<rest.upperBound
  }
}

/// Several runs as one, in order; of items with equal keys those of an earlier run come first.
///
/// A tree of losers (Knuth, The Art of Computer Programming, volume 3, 5.4.1): the next item is found
/// with one comparison for each doubling of the number of runs, half of what a heap takes.
struct SortMerge {
  private var readers: [SortReader]
  /// In front the run with the next item; behind it, at each node of a tree with the runs for leaves,
  /// the run that lost there.
  private var tree: [Int]
  private let descending: Bool

  init(_ readers: [SortReader], descending: Bool) {
    self.readers = readers
    self.descending = descending
    tree = Array(repeating: 0, count: readers.count)
    if readers.count > 1 { tree[0] = play(1) }
  }

  /// The next item and the bytes it stands in; nil at the end.
  var front: (entry: SortEntry, bytes: [UInt8])? {
    guard let first = tree.first, let entry = readers[first].front else { return nil }
    return (entry, readers[first].bytes)
  }

  mutating func advance() throws(ScratchFile.Fault) {
    guard var winner = tree.first else { return }
    try readers[winner].advance()
    // As the item before it stood before all others, so does one with the same key.
    if readers[winner].front?.isRepeat == true { return }
    var node = (winner + readers.count) / 2
    while node > 0 {
      if isBefore(tree[node], winner) { swap(&tree[node], &winner) }
      node /= 2
    }
    tree[0] = winner
  }

  /// Lets the runs below `node` play each other: who wins.
  private mutating func play(_ node: Int) -> Int {
    if node >= readers.count { return node - readers.count }
    let (a, b) = (play(2 * node), play(2 * node + 1))
    let wins = isBefore(a, b)
    tree[node] = wins ? b : a
    return wins ? a : b
  }

  /// A run at its end stands behind all others.
  private func isBefore(_ a: Int, _ b: Int) -> Bool {
    guard let x = readers[a].front else { return false }
    guard let y = readers[b].front else { return true }
    // Mostly these decide, and no bytes are looked at.
    if x.rank == y.rank, x.prefix != y.prefix { return (x.prefix < y.prefix) != descending }
    let order = x.order(readers[a].bytes, y, readers[b].bytes)
    if order == 0 { return a < b }
    return descending ? order > 0 : order < 0
  }
}
