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

  /// Portions of which no whole number fills a queue, so that a part of one always would fit.
  @Test(arguments: [26, 49, 51, 99, 101, 130])
  func `full queues do not cut what is sent into crumbs`(
    lines: Int
  ) {
    let sent = Piece.script(Array(repeating: Array(repeating: 1, count: lines), count: 500))
    let received = (1...8).reduce(sent) { pieces, _ in throughFullQueue(pieces) }
    #expect(received.reduce(0) { $0 + $1.lines } == 500 * lines)
    #expect(received.count <= (lines > 100 ? 2 * 500 : 500))
  }

  /// What comes out of a queue of 100 lines that is received from only when it is full.
  private func throughFullQueue(_ sent: [Piece]) -> [Piece] {
    var machine = QueueMachine<Piece, Int, Int, Int>(lines: 100, bytes: .max)
    var received: [Piece] = []
    func receive() {
      if case .received(.element(let piece), _) = machine.receive() { received.append(piece) }
    }
    for piece in sent {
      guard case .full = machine.send(piece) else { continue }
      while machine.wait(sender: 0) == nil { receive() }
    }
    while machine.lines > 0 { receive() }
    return received
  }
}
