/// Distinct lines, each with a number in the order in which it first came. Holds a copy of each.
package struct LineTable: Sendable {
  /// All lines one behind the other.
  private var bytes: [UInt8] = []
  /// Where each line ends.
  private var ends: [Int] = []
  private var hashes: [UInt64] = []
  /// Open addressing: index of a line and one, or 0; a power of two, at most half full.
  private var slots: [UInt32] = Array(repeating: 0, count: 64)

  package init() {}

  package var count: Int { ends.count }

  /// How much memory is held, about.
  package var byteCount: Int {
    bytes.capacity + ends.capacity * 8 + hashes.capacity * 8 + slots.capacity * 4
  }

  /// The number of `line`, from 0 on, and whether it is new. At most 2³²-1 lines.
  package mutating func insert(_ line: RawSpan) -> (index: Int, isNew: Bool) {
    let hash = line.hash(seed: 0)
    var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
    while slots[slot] != 0 {
      let index = Int(slots[slot]) - 1
      if hashes[index] == hash, isLine(index, line) { return (index, false) }
      slot = (slot + 1) & (slots.count - 1)
    }
    precondition(ends.count < Int(UInt32.max) - 1, "There are too many distinct lines.")
    bytes.append(line)
    ends.append(bytes.count)
    hashes.append(hash)
    slots[slot] = UInt32(ends.count)
    if ends.count * 2 > slots.count { grow() }
    return (ends.count - 1, true)
  }

  /// The number of `line`, nil if it is not there.
  package func index(of line: RawSpan) -> Int? {
    let hash = line.hash(seed: 0)
    var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
    while slots[slot] != 0 {
      let index = Int(slots[slot]) - 1
      if hashes[index] == hash, isLine(index, line) { return index }
      slot = (slot + 1) & (slots.count - 1)
    }
    return nil
  }

  package func withLine<R: ~Copyable, E: Error>(
    _ index: Int, _ body: (RawSpan) throws(E) -> R
  ) throws(E) -> R {
    let start = index == 0 ? 0 : ends[index - 1]
    return try unsafe body(bytes.span.bytes.extracting(start..<ends[index]))
  }

  private func isLine(_ index: Int, _ line: RawSpan) -> Bool {
    let start = index == 0 ? 0 : ends[index - 1]
    guard ends[index] - start == line.byteCount else { return false }
    return withLine(index) { $0.equals(line) }
  }

  private mutating func grow() {
    slots = Array(repeating: 0, count: slots.count * 2)
    for (index, hash) in hashes.enumerated() {
      var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
      while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
      slots[slot] = UInt32(index + 1)
    }
  }
}
