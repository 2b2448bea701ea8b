import Lines

/// A part of a file in which items stand in order, read a block at a time.
struct SortReader {
  private let file: ScratchFile
  /// What has not been read of the file.
  private var rest: Range<Int>
  private let block: Int
  private(set) var bytes: [UInt8] = []
  /// Behind the entry at the front.
  private var position = 0
  /// The entry at the front; nil at the end. It stands in `bytes`.
  private(set) var front: SortEntry?

  /// - Parameter block: how many bytes are read at a time; one item may be longer.
  init(_ file: ScratchFile, _ range: Range<Int>, block: Int) throws(ScratchFile.Fault) {
    self.file = file
    self.block = block
    rest = range
    try advance()
  }

  /// Goes on to the next entry.
  mutating func advance() throws(ScratchFile.Fault) {
    if position == bytes.count, rest.isEmpty {
      front = nil
      return
    }
    try fill(SortEntry.headerSize)
    let length = SortEntry.length(in: bytes, at: position)
    try fill(SortEntry.headerSize + length)
    front = SortEntry(readFrom: bytes, at: position)
    position += SortEntry.headerSize + length
  }

  /// Sees that `count` bytes stand behind `position`.
  private mutating func fill(_ count: Int) throws(ScratchFile.Fault) {
    let there = bytes.count - position
    if there >= count { return }
    bytes.removeSubrange(..<position)
    position = 0
    let wanted = min(max(block, count) - there, rest.count)
    try file.read(wanted, at: rest.lowerBound, into: &bytes)
    rest = rest.lowerBound + wanted..<rest.upperBound
  }
}

/// Several runs as one, in order; of items with equal keys those of an earlier run come first.
struct SortMerge {
  private var readers: [SortReader]
  /// The runs that are not at their end, as a binary heap with the next one in front.
  private var heap: [Int] = []
  private let descending: Bool

  init(_ readers: [SortReader], descending: Bool) {
    self.readers = readers
    self.descending = descending
    heap = readers.indices.filter { readers[$0].front != nil }
    for i in stride(from: heap.count / 2, through: 0, by: -1) { sink(i) }
  }

  /// The next item and the bytes it stands in; nil at the end.
  var front: (entry: SortEntry, bytes: [UInt8])? {
    guard let first = heap.first, let entry = readers[first].front else { return nil }
    return (entry, readers[first].bytes)
  }

  mutating func advance() throws(ScratchFile.Fault) {
    guard let first = heap.first else { return }
    try readers[first].advance()
    if readers[first].front == nil {
      heap[0] = heap[heap.count - 1]
      heap.removeLast()
    }
    sink(0)
  }

  private func isBefore(_ a: Int, _ b: Int) -> Bool {
    guard let x = readers[a].front, let y = readers[b].front else { return false }
    let order = x.order(readers[a].bytes, y, readers[b].bytes)
    if order == 0 { return a < b }
    return descending ? order > 0 : order < 0
  }

  private mutating func sink(_ start: Int) {
    var parent = start
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2]
      where child < heap.count && isBefore(heap[child], heap[least]) { least = child }
      if least == parent { return }
      heap.swapAt(parent, least)
      parent = least
    }
  }
}
