import Foundation
import TestSupport
import Testing

/// Filters that the whole stream goes through, against the built program: each run ends with no
/// process left.
@Suite(.enabled(if: programIsThere, programIsMissing))
struct PipeTests {
  private let stage = "streamline: p.yaml:1:11: stage 'pipe': "

  @Test(arguments: ["sort", "tac", "cat", "head -n 1", "tail -n 3", "wc -l", "sort | uniq -c"])
  func `a filter gives what it gives in the shell`(command: String) throws {
    let folder = try CommandFolder()
    try folder.add("in", Array(numbers(30_000).utf8))
    let outcome = try call(
      "stages: [{pipe: '\(command)'}]", input: .bytes(Array(numbers(30_000).utf8)), in: folder
    ).run()
    #expect(outcome.status == 0)
    #expect(outcome.messages == "")
    let shell = try streamline(
      "stages: [{exec: '(\(command)) < \(folder.path("in"))'}]", input: "x\n")
    #expect(outcome.output == shell.output)
  }

  @Test func `a filter runs on an empty stream too`() throws {
    try streamline("stages: [{pipe: [wc, -l]}]").expect(status: 0, output: "0\n")
    try streamline("stages: [{pipe: {command: [wc, -l], block: 1KiB}}]").expect(status: 0)
  }

  @Test func `a line goes through at once`() throws {
    let run = try call("stages: [{pipe: [cat]}]").start()
    for line in 1...3 {
      try run.send("\(line)\n")
      try run.waitForLines(line)
    }
    run.endInput()
    try run.finish().expect(status: 0, output: "1\n2\n3\n")
  }

  @Test func `a filter that never ends is ended by head`() throws {
    try streamline("stages: [{pipe: [yes]}, {head: 3}]").expect(status: 0, output: "y\ny\ny\n")
  }

  @Test func `a filter that reads no more and ends well has ended the stream`() throws {
    // The input is held open: only the filter's end can end the run.
    let run = try call("stages: [trim, {pipe: [head, -n, 2]}]").start()
    try run.send("a\nb\nc\n")
    let outcome = try run.finish()
    outcome.expect(status: 0, output: "a\nb\n")
  }

  @Test func `a filter that never reads is not waited for when it ends`() throws {
    try streamline("stages: [{pipe: 'exec <&-; echo x'}]", input: numbers(200_000)).expect(
      status: 0, output: "x\n")
    try streamline("stages: [{pipe: [echo, x]}]", input: numbers(200_000)).expect(
      status: 0, output: "x\n")
  }

  @Test func `a filter that closes its stdout early still reads`() throws {
    try streamline(
      "stages: [{pipe: 'echo x; exec >&-; wc -l > count'}]", input: numbers(200_000)
    ).expect(status: 0, output: "x\n", files: ["count"])
  }

  @Test func `a filter that fails`() throws {
    let outcome = try streamline(
      "stages: [{pipe: 'cat > /dev/null; printf \"a\\nb\"; echo no >&2; exit 3'}]", input: "1\n2\n")
    // An unfinished last line of one that failed is dropped.
    outcome.expect(
      status: 1, output: "a\n",
      messages: """
        [pipe] no
        \(stage)after input line 2: exit status 3: no
        streamline: how far the output is complete is not known: stage 'pipe' makes results of many \
        lines

        """)
  }

  @Test func `an exit status may be said to be good`() throws {
    try streamline("stages: [{pipe: {command: [grep, x], success: [0, 1]}}]", input: "a\n").expect(
      status: 0)
    #expect(try streamline("stages: [{pipe: [grep, x]}]", input: "a\n").status == 1)
  }

  @Test func `on a cut a filter gets no end of input`() throws {
    let outcome = try streamline(
      "stages: [{assert: 'this != \"300\"'}, {pipe: [wc, -l]}]", input: numbers(1000))
    #expect(outcome.status == 1)
    #expect(outcome.text == "")
    #expect(outcome.messages.contains("stage 'assert': input line 300"))
  }

  @Test func `a failure before a filter ends it, and one behind it too`() throws {
    for stages in [
      "[{assert: 'this != \"300\"'}, {pipe: 'cat; exec sleep 1000'}]",
      "[{pipe: 'cat; exec sleep 1000'}, {assert: 'this != \"300\"'}]",
    ] {
      let outcome = try streamline("grace: 200ms\nstages: \(stages)", input: numbers(1000))
      #expect(outcome.status == 1)
      #expect(outcome.messages.contains("stage 'assert'"))
      outcome.expectPrefix(of: numbers(299))
    }
  }

  @Test func `what a filter keeps back in both directions ends in no deadlock`() throws {
    // It reads all before it writes; and it writes much more than it reads.
    let input = numbers(300_000)
    let held = try streamline("stages: [{pipe: [sort, -n]}]", input: input)
    #expect(held.text == input)
    let more = try call(
      "stages: [{pipe: [awk, '{for (i = 0; i < 20; i++) print}']}]",
      input: .bytes(Array(input.utf8)), output: .counted
    ).start()
    more.readOutput()
    #expect(try more.finish().status == 0)
    #expect(more.lineCount == 6_000_000)
  }

  @Test func `time limits of a filter`() throws {
    let total = try streamline(
      "grace: 100ms\nstages: [{pipe: [sleep, 1000], timeout: {total: 200ms}}]", input: "a\n")
    #expect(total.status == 1)
    #expect(total.messages.contains("the stage was not finished within 200ms"))
    // It was told the end of its input, and says nothing.
    let idle = try streamline(
      "grace: 100ms\nstages: [{pipe: [sleep, 1000], timeout: {idle: 200ms}}]", input: "a\n")
    #expect(idle.status == 1)
    #expect(idle.messages.contains("no sign of life within 200ms"))
  }

  @Test func `silence of a quiet input is none of the filter's`() throws {
    let run = try call("stages: [{pipe: [cat], timeout: {idle: 100ms}}, {exec: 'sleep 0.3; cat'}]")
      .start()
    try run.send("a\n")
    try run.waitForLines(1)
    try run.send("b\n")
    try run.waitForLines(2)
    run.endInput()
    try run.finish().expect(status: 0, output: "a\nb\n")
  }

  // MARK: Blocks

  @Test(arguments: [1, 4, 16]) func `blocks give what the whole gives`(fanout: Int) throws {
    let input = numbers(50_000)
    for size in ["1", "100", "4KiB", "1MiB"] {
      let lines = size == "1" || size == "100" ? 2_000 : 50_000
      let outcome = try streamline(
        "stages: [{pipe: {command: [cat], block: \(size)}, fanout: \(fanout)}]",
        input: size == "1" ? numbers(100) : numbers(lines))
      #expect(outcome.status == 0)
      #expect(outcome.text == (size == "1" ? numbers(100) : numbers(lines)), "\(size)")
    }
    let counts = try streamline(
      "stages: [{pipe: {command: [grep, -c, '7'], success: [0, 1], block: 10KiB}, fanout: \(fanout)}]",
      input: input)
    let sum = counts.lines.compactMap { Int($0) }.reduce(0, +)
    #expect(sum == (1...50_000).count { "\($0)".contains("7") })
  }

  @Test func `blocks are cut by the lines alone, not by how they come`() throws {
    let folder = try CommandFolder()
    let run = try call("stages: [{pipe: {command: [wc, -l], block: 6}}]", in: folder).start()
    for line in 1...5 { try run.send("\(line)\n") }
    run.endInput()
    try run.finish().expect(status: 0, output: "3\n2\n")
    try streamline("stages: [{pipe: {command: [wc, -l], block: 6}}]", input: numbers(5)).expect(
      status: 0, output: "3\n2\n")
  }

  @Test(arguments: [1, 4]) func `a block that fails ends the run in its place`(fanout: Int) throws {
    let outcome = try streamline(
      """
      stages:
        - pipe: {command: "sed '/^500$/q3'", block: 100}
          fanout: \(fanout)
      """, input: numbers(1000))
    #expect(outcome.status == 1)
    #expect(outcome.text == numbers(500))
    #expect(outcome.messages.contains("stage 'pipe': after input line 5"))
  }

  @Test func `records go through as JSON`() throws {
    try streamline(
      "stages: [{parse: json}, {pipe: [sort]}]", input: "{\"b\":1}\n{\"a\":2}\n"
    ).expect(status: 0, output: "{\"a\":2}\n{\"b\":1}\n")
  }

  @Test func `names with newlines go through with NUL`() throws {
    let outcome = try call(
      "input: nul\noutput: nul\nstages: [{pipe: {command: [sort, -z], framing: nul}}]",
      input: .bytes(Array("b\nx\0a\0".utf8))
    ).run()
    #expect(outcome.output == Array("a\0b\nx\0".utf8))
  }

  // MARK: What check says

  @Test func `what a pipe can not have is told with its reason`() throws {
    func message(_ stage: String) throws -> String {
      let outcome = try streamline("stages: [{\(stage)}]", input: "a\n")
      #expect(outcome.status == 2)
      return outcome.messages
    }
    #expect(try message("pipe: [cat], fanout: 2").contains("only with 'block' it may be given"))
    #expect(try message("pipe: [cat], timeout: 2s").contains("takes only {idle, total}"))
    #expect(try message("pipe: [cat], retry: 2").contains("'retry' can mean nothing for 'pipe'"))
    #expect(
      try message("pipe: [cat], on_error: skip").contains("'on_error' can mean nothing for 'pipe'"))
    #expect(try message("pipe: [echo, '{}']").contains("can not depend on one of them"))
    #expect(try message("pipe: [no-such-command]").contains("there is no command"))
  }
}
