import TestSupport
import Testing

/// Resident memory of the built program does not grow with its input.
@Suite(.serialized, .enabled(if: programIsThere, programIsMissing))
struct MemoryTests {
  private static let bound = 64 << 20

  /// Lines of a hundred bytes.
  private func text(bytes: Int) -> [UInt8] {
    let line = Array(
      ("GET /a/long/path?with=a&query=of#some " + String(repeating: "x", count: 61)).utf8)
    var text = line + [0x0A]
    text.reserveCapacity(2 * bytes)
    let count = (bytes + text.count - 1) / text.count * text.count
    while text.count < count { text += text.prefix(count - text.count) }
    return text
  }

  @Test func `much input through eight stages, one of them with eight workers`() throws {
    let block = text(bytes: 16 << 20)
    let blocks = isLongRun ? 64 : 2
    let run = try call(
      """
      stages:
        - grep: GET
        - {replace: {pattern: with, with: WITH}, fanout: 8}
        - trim
        - cut: {bytes: "1-90"}
        - upper
        - enumerate
        - {tee: /dev/null}
        - lower
      """, output: .counted
    ).start()
    run.readOutput()
    for _ in 0..<blocks {
      run.offer(block)
      try run.waitForInput(leaving: 0)
    }
    let lines = blocks * (block.count / 100)
    // It is prompt: all lines come out while the input is still open.
    try run.waitForLines(lines)
    let peak = try run.peakMemory()
    #expect(peak < Self.bound, "\(peak >> 20) MiB")
    run.endInput()
    let outcome = try run.finish()
    #expect(outcome.status == 0)
    #expect(run.lineCount == lines)
  }

  @Test(arguments: [
    "{gather: {a: [upper], b: [trim, {delay: 0s}]}, fanout: 4}",
    "{stages: [{delay: 0s, fanout: 2, timeout: 10s}, {grep: GET}], fanout: 4}",
    "{stages: [{start: {a: [{delay: 0s}]}}, {await: a}], retry: 2}",
    "{stages: [{switch: [{when: 'this == \"a\"', stages: [upper]}, {stages: [{delay: 0s}]}]}], fanout: 2}",
  ])
  func `an item's way through a group leaves nothing behind`(stage: String) throws {
    let run = try call("stages: [\(stage)]", output: .counted).start()
    run.readOutput()
    var lines = 0
    var peaks: [Int] = []
    for more in [300, 2200] {
      run.offer(text(bytes: more * 100))
      lines += more
      try run.waitForLines(lines)
      peaks.append(try run.peakMemory())
    }
    run.endInput()
    #expect(try run.finish().status == 0)
    #expect(peaks[1] - peaks[0] < 8 << 20, "\(peaks.map { $0 >> 20 }) MiB")
  }

  @Test(arguments: ["{pipe: [cat]}", "{pipe: {command: [cat], block: 512KiB}, fanout: 4}"])
  func `much input through a filter`(stage: String) throws {
    let block = text(bytes: 16 << 20)
    let blocks = isLongRun ? 64 : 3
    let run = try call("stages: [\(stage)]", output: .counted).start()
    run.readOutput()
    for _ in 0..<blocks {
      run.offer(block)
      try run.waitForInput(leaving: 0)
    }
    let peak = try run.peakMemory()
    #expect(peak < Self.bound, "\(peak >> 20) MiB")
    run.endInput()
    let outcome = try run.finish()
    #expect(outcome.status == 0)
    #expect(run.lineCount == blocks * (block.count / 100))
  }

  @Test func `a filter whose results nobody reads holds its input back`() throws {
    // It writes eight bytes for each it reads, and stdout is full after the first of them.
    let run = try call("grace: 100ms\nstages: [{pipe: [sed, 's/.*/&&&&&&&&/']}]", output: .held)
      .start()
    run.offer(text(bytes: 64 << 20))
    try run.waitForInput(leaving: 62 << 20)
    let peak = try run.peakMemory()
    #expect(peak < Self.bound, "\(peak >> 20) MiB")
    run.leaveOutput()
    #expect(try run.finish().status == 0)
  }

  @Test func `a coprocess that stops reading ahead of many lines`() throws {
    let folder = try CommandFolder()
    let up = try LineGate("up", in: folder)
    let run = try call(
      """
      grace: 100ms
      stages:
        - coprocess: |
            while read -r x; do
              if [ "$x" = 1 ]; then echo > up; exec sleep 1000; fi
              echo "$x"
            done
          fanout: 4
      """, in: folder
    ).start()
    let input = Array(numbers(isLongRun ? 10_000_000 : 1_000_000).utf8)
    run.offer(input)
    try run.wait(for: up)
    try run.waitForInput(leaving: input.count - (512 << 10))
    let peak = try run.peakMemory()
    #expect(peak < Self.bound, "\(peak >> 20) MiB")
    run.send(signal: 15)
    let outcome = try run.finish()
    #expect(outcome.output == [])
    #expect(outcome.status == 128 + 15)
  }

  private static let hanging = "exec: 'echo > up; [ $1 != 1 ] || exec sleep 1000; echo $1'"

  @Test(arguments: [
    "- {\(hanging), fanout: 4}",
    "- {gather: [[{\(hanging)}], [upper]], fanout: 4}",
    "- {start: {work: [{\(hanging)}]}, fanout: 4}\n  - await: work",
  ])
  func `one hung line ahead of many in a fan-out`(stages: String) throws {
    let folder = try CommandFolder()
    let up = try LineGate("up", in: folder)
    let run = try call(
      """
      grace: 100ms
      stages:
        \(stages)
      """, in: folder
    ).start()
    run.offer(Array(numbers(isLongRun ? 10_000_000 : 1_000_000).utf8))
    // The look-ahead of four workers is 64 lines: with these it is full, and nothing more is taken.
    try run.wait(for: up, lines: 64)
    let peak = try run.peakMemory()
    #expect(peak < Self.bound, "\(peak >> 20) MiB")
    run.send(signal: 15)
    let outcome = try run.finish()
    #expect(outcome.output == [])
    #expect(outcome.status == 128 + 15)
  }

  @Test func `many large results behind a line that takes long`() throws {
    let count = isLongRun ? 600 : 60
    let folder = try CommandFolder()
    let up = try LineGate("up", in: folder)
    let go = try LineGate("go", in: folder)
    let run = try call(
      """
      stages:
        - exec: |
            if [ $1 = 1 ]; then read x < go; else echo > up; fi
            head -c 1000000 /dev/zero | tr '\\000' x
            echo
          fanout: 4
      """, output: .counted, in: folder
    ).start()
    run.readOutput()
    try run.send(numbers(count))
    // The room for results is 8 MiB; so many of them are finished or wait in their own pipes.
    try run.wait(for: up, lines: 8)
    go.letThrough()
    try run.waitForLines(count)
    let peak = try run.peakMemory()
    #expect(peak < Self.bound, "\(peak >> 20) MiB")
    run.endInput()
    #expect(try run.finish().status == 0)
    #expect(run.lineCount == count)
  }
}
