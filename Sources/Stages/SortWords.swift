import Lines

/// Puts the entries of a run in order eight bytes of their keys at a time: all by the first eight, and
/// then those that are the same in these by the next. A comparison is one of numbers at hand, where
/// comparing whole keys would fetch two of them from memory each time.
struct SortWords {
  /// What is compared of an entry, and which it is.
  struct Place {
    fileprivate var word: UInt64
    /// How many bytes of the key there are from the word on, 9 for more than it has.
    fileprivate var left: UInt8
    fileprivate var rank: UInt8
    /// The key of the entry in the place before is the same.
    fileprivate(set) var isRepeat = false
    fileprivate(set) var index: UInt32
  }
  private let run: SortRun
  private let descending: Bool
  private var places: [Place] = []

  /// Deeper in keys that are the same up to there, and for so few, whole keys are compared.
  private static let deepest = 1024
  private static let few = 8

  init(_ run: SortRun, descending: Bool) {
    self.run = run
    self.descending = descending
  }

  /// The entries, at most 2³²-1, in order; those with equal keys as they came.
  mutating func order() -> [Place] {
    places.reserveCapacity(run.entries.count)
    for (index, entry) in run.entries.enumerated() {
      places.append(
        Place(
          word: entry.prefix, left: UInt8(min(entry.key.count, 9)), rank: entry.rank,
          index: UInt32(index)))
    }
    let descending = descending
    places.sort { a, b in
      if a.rank != b.rank { return (a.rank < b.rank) != descending }
      return Self.precedes(a, b, descending)
    }
    var equals: [(range: Range<Int>, depth: Int)] = []
    findTies(0..<places.count, depth: 8, &equals)
    while let (range, depth) = equals.popLast() {
      if range.count <= Self.few || depth >= Self.deepest {
        sortWhole(range, depth)
      } else {
        sort(range, depth)
        findTies(range, depth: depth + 8, &equals)
      }
    }
    return places
  }

  @inline(__always)
  private static func precedes(_ a: Place, _ b: Place, _ descending: Bool) -> Bool {
    if a.word != b.word { return (a.word < b.word) != descending }
    // What is missing in a word is zero in it: of two that are the same the shorter key is first.
    if a.left != b.left { return (a.left < b.left) != descending }
    return a.index < b.index
  }

  /// Those next to each other that have not come to the end of their keys and are the same so far.
  /// Where the keys have ended the order is found, and repeats are noted.
  private mutating func findTies(
    _ range: Range<Int>, depth: Int, _ ties: inout [(range: Range<Int>, depth: Int)]
  ) {
    var start = range.lowerBound
    while start < range.upperBound {
      let first = places[start]
      var end = start + 1
      while end < range.upperBound, places[end].word == first.word, places[end].left == first.left,
        places[end].rank == first.rank
      {
        end += 1
      }
      if first.left < 9 {
        for i in start + 1..<end { places[i].isRepeat = true }
      } else if end - start > 1 {
        ties.append((start..<end, depth))
      }
      start = end
    }
  }

  /// In place: a part of an array that is sorted as such is copied, and back.
  private mutating func sortPlaces(_ range: Range<Int>, _ precedes: (Place, Place) -> Bool) {
    places.withUnsafeMutableBufferPointer { places in
      var part = UnsafeMutableBufferPointer(rebasing: places[range])
      part.sort(by: precedes)
    }
  }

  private mutating func sort(_ range: Range<Int>, _ depth: Int) {
    for i in range {
      let key = run.entries[Int(places[i].index)].key
      let lower = key.lowerBound + depth
      places[i].word = run.bytes.word(at: lower, upTo: key.upperBound)
      places[i].left = UInt8(min(key.upperBound - lower, 9))
    }
    let descending = descending
    sortPlaces(range) { Self.precedes($0, $1, descending) }
  }

  /// - Parameter depth: up to there the keys are the same.
  private mutating func sortWhole(_ range: Range<Int>, _ depth: Int) {
    let (run, descending) = (run, descending)
    func order(_ a: Place, _ b: Place) -> Int {
      let (a, b) = (run.entries[Int(a.index)].key, run.entries[Int(b.index)].key)
      return run.bytes.order(
        a.lowerBound + depth..<a.upperBound, run.bytes, b.lowerBound + depth..<b.upperBound)
    }
    sortPlaces(range) { a, b in
      let order = order(a, b)
      if order == 0 { return a.index < b.index }
      return (order < 0) != descending
    }
    for i in range.dropFirst() { places[i].isRepeat = order(places[i - 1], places[i]) == 0 }
  }
}
