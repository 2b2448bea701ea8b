/// How two lists of lines differ: the shortest way from the expected ones to the actual ones (Myers,
/// "An O(ND) Difference Algorithm", 1986), shown with some lines around each difference.
struct LineDiff {
  enum Step: Equatable {
    case same(Int, Int)
    /// An expected line that is not there.
    case missing(Int)
    /// An actual line that was not expected.
    case extra(Int)
  }

  private static let around = 3
  /// What of a long difference is shown, in lines.
  private static let most = 60
  /// What of either end of a very long line is shown.
  private static let mostBytes = 500
  /// Beyond so many changes the rest is shown as a whole.
  private static let mostChanges = 500

  private let expected: [[UInt8]]
  private let actual: [CaseLine]

  init(_ expected: [[UInt8]], _ actual: [CaseLine]) {
    self.expected = expected
    self.actual = actual
  }

  var text: String {
    let steps = steps
    var shown: [String] = []
    var last = -1
    for (index, step) in steps.enumerated() where isNearChange(index, steps) {
      if index > last + 1 { shown.append("    …") }
      last = index
      shown.append(line(step))
      if shown.count >= Self.most {
        shown.append("    … and more")
        return shown.joined(separator: "\n")
      }
    }
    if last < steps.count - 1 { shown.append("    …") }
    return shown.joined(separator: "\n")
  }

  private func isNearChange(_ index: Int, _ steps: [Step]) -> Bool {
    let range = max(0, index - Self.around)...min(steps.count - 1, index + Self.around)
    return steps[range].contains { if case .same = $0 { false } else { true } }
  }

  private func line(_ step: Step) -> String {
    switch step {
    case .same(let index, _): return "    \(Self.shown(expected[index]))"
    case .missing(let index): return "  - \(Self.shown(expected[index]))"
    case .extra(let index):
      let number = actual[index].number
      let origin = number > 0 ? "   (from input line \(number))" : ""
      return "  + \(Self.shown(actual[index].bytes))\(origin)"
    }
  }

  /// A line as it is told: of a very long one the two ends.
  private static func shown(_ line: [UInt8]) -> String {
    if line.count <= 2 * mostBytes { return Visible.text(line) }
    let left = line.count - 2 * mostBytes
    return Visible.text(Array(line.prefix(mostBytes))) + " … \(left) bytes … "
      + Visible.text(Array(line.suffix(mostBytes)))
  }

  // MARK: Finding it

  var steps: [Step] {
    var head = 0
    while head < expected.count, head < actual.count, expected[head] == actual[head].bytes {
      head += 1
    }
    var tail = 0
    while tail < expected.count - head, tail < actual.count - head,
      expected[expected.count - 1 - tail] == actual[actual.count - 1 - tail].bytes
    {
      tail += 1
    }
    let same = (0..<head).map { Step.same($0, $0) }
    let middle = changes(head..<expected.count - tail, head..<actual.count - tail)
    let end = (0..<tail).map {
      Step.same(expected.count - tail + $0, actual.count - tail + $0)
    }
    return same + middle + end
  }

  /// The steps between two ranges by the furthest reaching paths; `trace` keeps those of each number
  /// of changes, from which the way is read back.
  private func changes(_ from: Range<Int>, _ to: Range<Int>) -> [Step] {
    let (n, m) = (from.count, to.count)
    let most = min(n + m, Self.mostChanges)
    let offset = most + 1
    var furthest = [Int](repeating: 0, count: 2 * offset + 1)
    var trace: [[Int]] = []
    for changes in 0...most {
      trace.append(furthest)
      for diagonal in stride(from: -changes, through: changes, by: 2) {
        let down =
          diagonal == -changes
          || (diagonal != changes
            && furthest[offset + diagonal - 1] < furthest[offset + diagonal + 1])
        var x = down ? furthest[offset + diagonal + 1] : furthest[offset + diagonal - 1] + 1
        var y = x - diagonal
        while x < n, y < m, y >= 0,
          expected[from.lowerBound + x] == actual[to.lowerBound + y].bytes
        {
          x += 1
          y += 1
        }
        furthest[offset + diagonal] = x
        if x >= n, y >= m { return way(trace, changes, offset, from, to) }
      }
    }
    return from.map(Step.missing) + to.map(Step.extra)
  }

  private func way(
    _ trace: [[Int]], _ changes: Int, _ offset: Int, _ from: Range<Int>, _ to: Range<Int>
  ) -> [Step] {
    var steps: [Step] = []
    var (x, y) = (from.count, to.count)
    for changes in stride(from: changes, through: 0, by: -1) {
      let furthest = trace[changes]
      let diagonal = x - y
      let down =
        diagonal == -changes
        || (diagonal != changes
          && furthest[offset + diagonal - 1] < furthest[offset + diagonal + 1])
      let before = down ? diagonal + 1 : diagonal - 1
      let startX = changes == 0 ? 0 : furthest[offset + before]
      let startY = changes == 0 ? 0 : startX - before
      while x > startX, y > startY {
        x -= 1
        y -= 1
        steps.append(.same(from.lowerBound + x, to.lowerBound + y))
      }
      guard changes > 0 else { break }
      if down {
        y -= 1
        steps.append(.extra(to.lowerBound + y))
      } else {
        x -= 1
        steps.append(.missing(from.lowerBound + x))
      }
    }
    return steps.reversed()
  }
}
