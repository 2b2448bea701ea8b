import Testing

@testable import Host

@Suite struct SessionEndingTests {
  @Test func `asked, then killed, then given up`() {
    var ending = SessionEnding()
    #expect(ending.cancelled(hard: false) == [.ask, .armGrace])
    #expect(ending.cancelled(hard: false) == [])
    #expect(ending.graceOver(armedIn: .asked) == [.kill, .armGrace])
    #expect(ending.graceOver(armedIn: .asked) == [])
    #expect(ending.graceOver(armedIn: .killed) == [.giveUp])
    #expect(ending.counted(left: 0) == [])
    #expect(ending.cancelled(hard: true) == [])
  }

  @Test func `a hard cancel does not ask, even behind one that did`() {
    var fresh = SessionEnding()
    #expect(fresh.cancelled(hard: true) == [.kill, .armGrace])
    var asked = SessionEnding()
    _ = asked.cancelled(hard: false)
    #expect(asked.cancelled(hard: true) == [.kill, .armGrace])
    #expect(asked.cancelled(hard: true) == [])
  }

  @Test func `what outlives its leader is asked once and killed as often as it is found`() {
    var ending = SessionEnding()
    #expect(ending.counted(left: 2) == [.ask, .armGrace, .watch])
    #expect(ending.counted(left: 1) == [.watch])
    #expect(ending.graceOver(armedIn: .asked) == [.kill, .armGrace])
    #expect(ending.counted(left: 1) == [.kill, .watch])
    #expect(ending.counted(left: 0) == [.end])
  }

  /// Every sequence of six events: the end is told once at most, nothing follows it, and KILL never
  /// comes without a reason.
  @Test func `no order of events ends a session twice`() {
    let events: [(inout SessionEnding) -> [SessionEnding.Action]] = [
      { $0.cancelled(hard: false) }, { $0.cancelled(hard: true) }, { $0.counted(left: 0) },
      { $0.counted(left: 3) }, { $0.graceOver(armedIn: .asked) },
      { $0.graceOver(armedIn: .killed) },
    ]
    for number in 0..<46656 {
      var ending = SessionEnding()
      var actions: [SessionEnding.Action] = []
      var rest = number
      for _ in 0..<6 {
        actions += events[rest % 6](&ending)
        rest /= 6
      }
      let ends = actions.indices.filter { actions[$0] == .end || actions[$0] == .giveUp }
      #expect(ends.count <= 1)
      if let end = ends.first { #expect(end == actions.count - 1) }
      #expect(actions.count { $0 == .ask } <= 1)
      #expect((ending.step == .over) == (ends.count == 1))
    }
  }

  @Test(arguments: [
    ("12 (sh) S 1 12 12 0", 12, 12), ("7 (a) b (c)) Z 3 4 5 0 -1 4194304", 7, 5),
  ])
  func `a process's line is read from its last bracket`(
    line: String, process: Int32, session: Int32
  ) {
    let row = ProcessTable.parse(Array(line.utf8))
    #expect(row?.process == process)
    #expect(row?.session == session)
  }

  @Test(arguments: ["", "12", "12 (sh)", "12 (sh) S", "12 (sh) S 1 2", "x (sh) S 1 2 3 4"])
  func `a line that is none is refused`(line: String) {
    #expect(ProcessTable.parse(Array(line.utf8)) == nil)
  }

  @Test func `stderr lines come whole however they were cut`() {
    let text = Array("one\n\nthree and more\nend".utf8)
    for cut in 0...text.count {
      var lines = ErrorLines()
      var seen: [String] = []
      let keep = { (line: [UInt8]) in seen.append(String(decoding: line, as: UTF8.self)) }
      lines.feed(Array(text[..<cut]), keep)
      lines.feed(Array(text[cut...]), keep)
      lines.finish(keep)
      #expect(seen == ["one", "", "three and more", "end"])
      #expect(lines.tail == text)
    }
  }

  @Test func `a very long stderr line comes in parts and only its end is kept`() {
    var lines = ErrorLines()
    var parts = 0
    var bytes = 0
    for _ in 0..<40 {
      lines.feed([UInt8](repeating: 0x61, count: 10_000)) {
        parts += 1
        bytes += $0.count
      }
    }
    lines.finish { bytes += $0.count }
    #expect(bytes == 400_000)
    #expect(parts == 6)
    #expect(lines.tail.count == 4096)
  }
}
