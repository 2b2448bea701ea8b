import TestSupport
import Testing

/// A line that can be output is output, before the next one is there.
@Suite(.enabled(if: programIsThere, programIsMissing))
struct PromptTests {
  private static let pipelines = [
    "stages: [trim, {grep: e}, {upper, fanout: 4}, enumerate, {replace: {pattern: X, with: Y}}]",
    "stages: [trim, {exec: cat, fanout: 3}, {stages: [trim, lower], fanout: 2}, {tee: /dev/null}, skip: 0]",
    "stages: [{dedupe: {consecutive: true}}, {delay: 1ms, fanout: 3}, {split: '::'}, {template: '{}'}, {head: 1000}]",
  ]

  @Test(arguments: pipelines)
  func `each line appears through five stages before the next is written`(pipeline: String) throws {
    for output in [Command.Output.captured, .terminal] {
      let run = try call(pipeline, output: output).start()
      for number in 1...6 {
        try run.send("line \(number)\n")
        try run.waitForLines(number)
        #expect(run.lineCount == number)
      }
      run.endInput()
      #expect(try run.finish().status == 0)
    }
  }

  @Test func `a line of a child appears before the child has ended`() throws {
    let folder = try CommandFolder()
    let go = try LineGate("go", in: folder)
    let run = try call(
      "stages: [{exec: 'echo a$1; read x < go; echo b$1', fanout: 2}, upper]", in: folder
    ).start()
    try run.send("1\n2\n")
    try run.waitForLines(1)
    #expect(run.text == "A1\n")
    go.letThrough(2)
    run.endInput()
    try run.finish().expect(status: 0, output: "A1\nB1\nA2\nB2\n")
  }

  @Test func `an endless source ends with head`() throws {
    let run = try call("stages: [trim, {head: 3}]").start()
    run.offer(Array(numbers(1000).utf8))
    // The input is never ended by the test.
    try run.finish().expect(status: 0, output: numbers(3))
  }
}
