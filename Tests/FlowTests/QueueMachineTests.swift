import Flow
import TestSupport
import Testing

struct QueueMachineTests {
  /// What a writer may send: portions without lines, with small, with large and with several.
  private static let portions: [[Int]] = [
    [], [1], [3], [1, 1], [2, 0, 1], [1, 1, 1], [0, 1, 3],
  ]

  /// All scripts of up to two portions, and some of three.
  private static var scripts: [[[Int]]] {
    var all: [[[Int]]] = [[]]
    for first in portions {
      all.append([first])
      for second in portions { all.append([first, second]) }
      all.append([first, [1, 1], [1]])
      all.append([[1], first, []])
    }
    return all
  }

  /// How many lines and bytes the queue holds: more of them where STREAMLINE_LONG is set.
  private static let sizes: (lines: [Int], bytes: [Int]) =
    LongRun.isAsked ? ([1, 2, 3], [1, 2, 3, 100]) : ([1, 2], [2, 100])

  @Test(arguments: sizes.lines, sizes.bytes)
  func `every state of a small queue keeps the invariants and has a way to an end`(
    lines: Int, bytes: Int
  ) {
    var states = 0
    for script in Self.scripts {
      for closing in script.count < 2 ? [Closing<Int>.end, .cut(7)] : [.end] {
        let world = QueueWorld(lines: lines, bytes: bytes, script: script, closing: closing)
        let result = Exploration.of(world)
        states += result.states
        if let flaw = result.flaw {
          Issue.record("\(lines) lines, \(bytes) bytes, \(script), \(closing): \(flaw)")
          return
        }
      }
    }
    #expect(states > 10_000)
  }
}
