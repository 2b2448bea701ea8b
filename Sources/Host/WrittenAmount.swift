package import Lines

/// How much was taken to be written, and how far that goes in the input.
package struct WrittenAmount {
  package private(set) var lines: UInt64 = 0
  /// All input lines below this number are accounted for.
  package private(set) var completeBelow: UInt64 = 0
  /// How many of `lines` come of those, where lines are in the order of the input.
  package private(set) var linesComplete: UInt64 = 0
  /// How many lines there are of each input line that is not accounted for yet: of one, mostly, whose
  /// results are written as they come.
  private var pending: [(number: UInt64, lines: UInt64)] = []

  package init() {}

  package mutating func add(_ batch: Batch) {
    let upper = batch.covered.upperBound
    completeBelow = max(completeBelow, upper)
    settle()
    lines += UInt64(batch.count)
    guard !batch.isEmpty else { return }
    // What follows in the same batch belongs to lines that are not done yet.
    var first = batch.count
    while first > 0, batch.number(first - 1) >= completeBelow { first -= 1 }
    if pending.isEmpty { linesComplete += UInt64(first) }
    note(batch, from: first)
  }

  /// Where lines are in the order of the input there is one entry or two; where they are not, as many
  /// as can be and of no use, so that there is a bound.
  private mutating func note(_ batch: Batch, from first: Int) {
    for index in first..<batch.count {
      let number = batch.number(index)
      if let last = pending.last, number <= last.number || pending.count == 64 {
        pending[pending.count - 1].lines += 1
      } else {
        pending.append((number, 1))
      }
    }
  }

  private mutating func settle() {
    let done = pending.prefix { $0.number < completeBelow }
    linesComplete += done.reduce(0) { $0 + $1.lines }
    pending.removeFirst(done.count)
  }
}
