package import Lines

/// Lines of names and values with one text between the two and another between the pairs, as
/// `a=1;b=2`. There are no quotes. White space around names and values is no part of them, empty
/// pairs are passed over, and of a name that comes twice the last value counts.
package struct PairParser: RecordParser {
  private let betweenPairs: [UInt8]
  private let betweenTwo: [UInt8]
  private var pairs: [(name: Range<Int>, value: Range<Int>)] = []

  /// - Parameters:
  ///   - betweenPairs: not empty. A space stands for any white space.
  ///   - betweenTwo: not empty.
  package init(betweenPairs: String = " ", betweenTwo: String = "=") {
    self.betweenPairs = Array(betweenPairs.utf8)
    self.betweenTwo = Array(betweenTwo.utf8)
  }

  package mutating func parse(
    _ line: RawSpan, into out: inout BatchBuilder
  ) throws(RecordFault) {
    pairs.removeAll(keepingCapacity: true)
    var start = 0
    while start <= line.byteCount {
      let end = endOfPair(line, start)
      try addPair(line, start..<end)
      start = end + (betweenPairs == [0x20] ? 1 : betweenPairs.count)
    }
    out.beginRow()
    let areLast = NamesSeen.areLast(pairs.map(\.name), line)
    for (pair, isLast) in zip(pairs, areLast) where isLast {
      out.field(name: line.extracting(pair.name), text: line.extracting(pair.value))
    }
    out.endRow()
  }

  private func endOfPair(_ line: RawSpan, _ start: Int) -> Int {
    guard betweenPairs == [0x20] else {
      return line.firstOffset(of: betweenPairs, from: start) ?? line.byteCount
    }
    var i = start
    while i < line.byteCount, !isJSONSpace(line[i]) { i += 1 }
    return i
  }

  private mutating func addPair(_ line: RawSpan, _ range: Range<Int>) throws(RecordFault) {
    let pair = trimmed(line, range)
    if pair.isEmpty { return }
    let part = line.extracting(0..<pair.upperBound)
    guard let middle = part.firstOffset(of: betweenTwo, from: pair.lowerBound) else {
      let text = String(decoding: betweenTwo, as: UTF8.self)
      throw RecordFault(
        expected: "'\(text)' behind the name", found: .other("'\(line.extracting(pair).text)'"),
        at: pair.lowerBound)
    }
    pairs.append(
      (
        trimmed(line, pair.lowerBound..<middle),
        trimmed(line, middle + betweenTwo.count..<pair.upperBound)
      ))
  }

  private func trimmed(_ line: RawSpan, _ range: Range<Int>) -> Range<Int> {
    var lower = range.lowerBound
    var upper = range.upperBound
    while lower < upper, isJSONSpace(line[lower]) { lower += 1 }
    while upper > lower, isJSONSpace(line[upper - 1]) { upper -= 1 }
    return lower..<upper
  }
}
