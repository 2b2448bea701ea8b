import TestSupport
import Testing

@testable import PipelineTesting

struct LineDiffTests {
  private func diff(_ expected: [String], _ actual: [String]) -> LineDiff {
    LineDiff(
      expected.map { Array($0.utf8) },
      actual.enumerated().map { CaseLine(bytes: Array($1.utf8), number: UInt64($0) + 1) })
  }

  @Test(arguments: 0..<300)
  func `the steps lead from the expected lines to the actual ones`(seed: UInt64) {
    var random = Random(seed: seed)
    let words = ["a", "b", "c"]
    let expected = (0..<random.below(12)).map { _ in random.pick(words) }
    let actual = (0..<random.below(12)).map { _ in random.pick(words) }
    var left: [Int] = []
    var right: [Int] = []
    for step in diff(expected, actual).steps {
      switch step {
      case .same(let i, let j):
        #expect(expected[i] == actual[j], "seed \(seed)")
        left.append(i)
        right.append(j)
      case .missing(let i): left.append(i)
      case .extra(let j): right.append(j)
      }
    }
    #expect(left == Array(expected.indices), "seed \(seed)")
    #expect(right == Array(actual.indices), "seed \(seed)")
  }

  @Test func `one changed line is one step each way, with its input line`() {
    let text = diff(["a", "b", "c"], ["a", "x\t ", "c"]).text
    #expect(text == "    a\n  - b\n  + x→·   (from input line 2)\n    c")
  }

  @Test func `what is the same far from any difference is left out`() {
    let lines = (1...20).map { "\($0)" }
    let text = diff(lines, Array(lines.dropLast())).text
    #expect(text == "    …\n    17\n    18\n    19\n  - 20")
  }

  @Test func `of a very long line the ends are shown`() {
    let line = String(repeating: "a", count: 600) + String(repeating: "b", count: 600)
    let text = diff([], [line]).text
    #expect(text.hasPrefix("  + aaa"))
    #expect(text.contains("a … 200 bytes … b"))
    #expect(text.count < 1100)
  }

  @Test func `what can not be seen is made visible`() {
    #expect(Visible.text([0x61, 0x0D]) == "a␍")
    #expect(Visible.text([0xFF, 0x61, 0xC3]) == "\\xFFa\\xC3")
    #expect(Visible.text(Array("ä\u{A0}\u{200B}".utf8)) == "ä⍽\\u{200B}")
    #expect(Visible.text([0x20, 0x20]) == "··")
  }
}
