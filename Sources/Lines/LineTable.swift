/// Distinct lines, each with a number in the order in which it first came. Holds a copy of each.
package struct LineTable: Sendable {
  /// All lines one behind the other.
  private var bytes: [UInt8] = []
  /// Where each line ends, behind a 0: line `i` lies from `ends[i]` to `ends[i + 1]`.
  private var ends: [Int] = [0]
  private var hashes: [UInt64] = []
  /// Open addressing: in the low half the index of a line and one, in the high half that of its hash,
  /// so that a slot that is another line's is passed without looking further; 0 is free. A power of
  /// two, at most half full.
  private var slots: [UInt64] = Array(repeating: 0, count: 64)

  package init() {}

  package var count: Int { hashes.count }

  /// How much memory is held, about.
  package var byteCount: Int {
    bytes.capacity + ends.capacity * 8 + hashes.capacity * 8 + slots.capacity * 8
  }

  /// The number of `line`, from 0 on, and whether it is new. At most 2³²-1 lines.
  package mutating func insert(_ line: RawSpan) -> (index: Int, isNew: Bool) {
    let hash = line.hash(seed: 0)
    switch find(line, hash) {
    case .line(let index): return (index, false)
    case .free(let slot): return (add(line, hash, at: slot), true)
    }
  }

  private mutating func add(_ line: RawSpan, _ hash: UInt64, at slot: Int) -> Int {
    let index = count
    precondition(index < Int(UInt32.max) - 1, "There are too many distinct lines.")
    bytes.append(line)
    ends.append(bytes.count)
    hashes.append(hash)
    slots[slot] = Self.slot(index, hash)
    if count * 2 > slots.count { grow() }
    return index
  }

  /// The number of `line`, nil if it is not there.
  package func index(of line: RawSpan) -> Int? {
    if case .line(let index) = find(line, line.hash(seed: 0)) { index } else { nil }
  }

  private enum Found {
    case line(Int)
    /// The slot that the line would take.
    case free(Int)
  }

  @inline(__always)
  private func find(_ line: RawSpan, _ hash: UInt64) -> Found {
    let mask = slots.count - 1
    var place = Int(truncatingIfNeeded: hash) & mask
    while true {
      let slot = slots[place]
      if slot == 0 { return .free(place) }
      if (slot ^ hash) >> 32 == 0 {
        let index = Int(truncatingIfNeeded: slot & 0xFFFF_FFFF) - 1
        if isLine(index, line) { return .line(index) }
      }
      place = (place + 1) & mask
    }
  }

  private static func slot(_ index: Int, _ hash: UInt64) -> UInt64 {
    hash & ~0xFFFF_FFFF | UInt64(index + 1)
  }

  package func withLine<R: ~Copyable, E: Error>(
    _ index: Int, _ body: (RawSpan) throws(E) -> R
  ) throws(E) -> R {
    try unsafe body(bytes.span.bytes.extracting(ends[index]..<ends[index + 1]))
  }

  private func isLine(_ index: Int, _ line: RawSpan) -> Bool {
    let (start, end) = (ends[index], ends[index + 1])
    guard end &- start == line.byteCount else { return false }
    return unsafe bytes.span.bytes.extracting(start..<end).equals(line)
  }

  private mutating func grow() {
    slots = Array(repeating: 0, count: slots.count * 2)
    let mask = slots.count - 1
    for (index, hash) in hashes.enumerated() {
      var place = Int(truncatingIfNeeded: hash) & mask
      while slots[place] != 0 { place = (place + 1) & mask }
      slots[place] = Self.slot(index, hash)
    }
  }
}
