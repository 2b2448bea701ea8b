import Foundation
import TestSupport
import Testing

/// What a child process can do wrong, against the built program. Every one with one worker and with
/// four, which must not be told apart by anything a user sees.
@Suite(.enabled(if: programIsThere, programIsMissing))
struct ChildFaultTests {
  /// `exec` of a shell text, the failing line being the third of five.
  private func run(
    _ script: String, fanout: Int, keys: String = "", head: String = ""
  ) throws -> CommandOutcome {
    try streamline(
      """
      \(head)
      stages:
        - exec: |
            \(script.split(separator: "\n").joined(separator: "\n      "))
          fanout: \(fanout)
          \(keys)
      """, input: numbers(5))
  }

  private let failed = "streamline: p.yaml:3:5: stage 'exec': input line 3: "
  private let complete = "streamline: complete through input line 2, output line 2\n"

  @Test(arguments: [1, 4]) func `a child that exits non-zero`(fanout: Int) throws {
    let outcome = try run(
      "echo $1; if [ $1 = 3 ]; then echo no such customer >&2; exit 7; fi", fanout: fanout)
    outcome.expect(
      status: 1, output: "1\n2\n3\n",
      messages: "[exec:3] no such customer\n\(failed)exit status 7: no such customer\n\(complete)")
  }

  @Test(arguments: [1, 4]) func `a child that is killed`(fanout: Int) throws {
    let outcome = try run("echo $1; [ $1 != 3 ] || kill -KILL $$", fanout: fanout)
    outcome.expect(
      status: 1, output: "1\n2\n3\n", messages: "\(failed)killed by signal 9 (KILL)\n\(complete)")
  }

  @Test(arguments: [1, 4]) func `a child that hangs`(fanout: Int) throws {
    let outcome = try run(
      "exec sleep 1000", fanout: fanout, keys: "timeout: 200ms\n    if: {grep: 3}")
    outcome.expect(
      status: 1, output: "1\n2\n", messages: "\(failed)no answer within 200ms\n\(complete)")
  }

  // BaseTaskTests.test_cancel_task_ignoring of asyncio
  @Test(arguments: [1, 4]) func `a child that ignores TERM, and whose child does`(
    fanout: Int
  ) throws {
    let outcome = try run(
      "trap '' TERM; sh -c 'trap \"\" TERM; sleep 1000' & sleep 1000",
      fanout: fanout, keys: "timeout: 200ms\n    if: {grep: 3}", head: "grace: 100ms")
    outcome.expect(
      status: 1, output: "1\n2\n", messages: "\(failed)no answer within 200ms\n\(complete)")
  }

  @Test(arguments: [1, 4]) func `a child that closes its stdin early`(fanout: Int) throws {
    let outcome = try streamline(
      """
      stages:
        - exec: {command: [sh, -c, "exec <&-; echo closed"], stdin: true}
          fanout: \(fanout)
      """, input: String(repeating: String(repeating: "x", count: 300_000) + "\n", count: 3))
    outcome.expect(status: 0, output: "closed\nclosed\nclosed\n")
  }

  @Test(arguments: [1, 4]) func `a child that floods stderr`(fanout: Int) throws {
    let outcome = try streamline(
      """
      stages:
        - exec: 'yes flood | head -c 600000 >&2; echo $1; [ $1 != 3 ]'
          fanout: \(fanout)
      """, input: numbers(3), ["-q"])
    // With -q nothing of it is forwarded, and the message has its last line only.
    #expect(outcome.status == 1)
    #expect(outcome.text == "1\n2\n3\n")
    #expect(
      outcome.messages
        == "streamline: p.yaml:2:5: stage 'exec': input line 3: exit status 1: flood\n")
  }

  @Test func `what floods stderr is forwarded whole, line by line`() throws {
    let outcome = try streamline(
      "stages: [exec: 'seq 20000 >&2; echo $1']", input: "a\n")
    #expect(outcome.status == 0)
    #expect(outcome.messages == (1...20_000).map { "[exec:1] \($0)\n" }.joined())
  }

  @Test(arguments: [1, 4]) func `a grandchild that holds the pipe of its parent`(
    fanout: Int
  ) throws {
    let outcome = try run("sleep 1000 & echo $1", fanout: fanout)
    outcome.expect(status: 0, output: numbers(5))
  }

  @Test(arguments: [1, 4]) func `a grandchild that floods the pipe of its parent`(
    fanout: Int
  ) throws {
    let outcome = try run("(trap '' TERM; exec yes $1) & echo $1", fanout: fanout)
    #expect(outcome.status == 0)
    // What stood in the pipe when the child had exited counts, and nothing after it.
    let lines = outcome.lines.dropLast()
    #expect(Set(lines) == ["1", "2", "3", "4", "5"])
    #expect(lines.map { Int($0) ?? 0 } == lines.map { Int($0) ?? 0 }.sorted())
  }

  @Test(arguments: [1, 4]) func `a grandchild that left the group of its parent`(
    fanout: Int
  ) throws {
    // timeout(1) moves into a group of its own.
    let outcome = try run("timeout 1000 sleep 1000 & echo $1", fanout: fanout)
    outcome.expect(status: 0, output: numbers(5))
  }

  @Test(arguments: [1, 4]) func `a child that prints nothing`(fanout: Int) throws {
    try run("true", fanout: fanout).expect(status: 0)
  }

  @Test(arguments: [1, 4]) func `a child that prints much more than the room for results`(
    fanout: Int
  ) throws {
    // The second one's results wait in its own pipe until the first line is through.
    let size = isLongRun ? 1_000_000_000 : 12_000_000
    let outcome = try streamline(
      """
      stages:
        - exec: 'if [ $1 = 2 ]; then yes 123456789 | head -c \(size); else echo $1; fi'
          fanout: \(fanout)
      """, input: numbers(3))
    #expect(outcome.status == 0)
    #expect(outcome.messages == "")
    #expect(outcome.output.count == size + 4)
    #expect(outcome.output.prefix(12) == Array("1\n123456789\n".utf8)[...])
    #expect(outcome.output.suffix(12) == Array("123456789\n3\n".utf8)[...])
  }

  @Test func `a child that prints more than max_result where results are held`() throws {
    let outcome = try streamline(
      "stages: [{exec: 'head -c 20000000 /dev/zero | tr \"\\\\000\" \"\\\\n\"', retry: 2}]",
      input: "a\n")
    outcome.expect(
      status: 1, output: "",
      messages: """
        streamline: p.yaml:1:11: stage 'exec': input line 1: its results are larger than the 16MiB that may \
        wait for the end of an attempt
          = without 'retry' and 'on_error' results leave as they come
        streamline: complete through input line 0, output line 0

        """)
  }

  @Test func `a command that does not exist`() throws {
    try streamline("stages: [{exec: [no-such-command]}]", input: "a\n").expect(
      status: 2,
      messages: """
        streamline: p.yaml:1:11: stage 'exec': there is no command 'no-such-command' in PATH
          = install it, or name it by its path

        """)
  }

  @Test func `a command that is no program`() throws {
    try streamline("stages: [{exec: [./p.yaml]}]", input: "a\n").expect(
      status: 2,
      messages: """
        streamline: p.yaml:1:11: stage 'exec': './p.yaml' cannot be run: Permission denied
          = make it executable: chmod +x ./p.yaml

        """)
  }

  @Test func `a line that can be no argument`() throws {
    try streamline("stages: [{exec: [echo, '{}']}]", input: "a\nb\0c\nd\n").expect(
      status: 1, output: "a\n",
      messages: """
        streamline: p.yaml:1:11: stage 'exec': input line 2: an argument can not hold a NUL byte
          = leave '{}' out of the command: then it reads the line from stdin
        streamline: complete through input line 1, output line 1

        """)
  }

  @Test func `a failure while a line before it hangs ends within the grace`() throws {
    let outcome = try run(
      "[ $1 != 2 ] || exec sleep 1000; echo $1; [ $1 != 3 ]", fanout: 4,
      head: "grace: 2s")
    #expect(outcome.status == 1)
    #expect(outcome.text == "1\n")
    #expect(outcome.messages.hasPrefix("\(failed)exit status 1\n"))
    #expect(outcome.messages.contains("line 2 was not finished within the grace of 2s"))
  }

  @Test func `a retry is given no more attempts than it may have`() throws {
    let outcome = try streamline(
      "stages: [{exec: 'echo $1 >> calls; exit 3', retry: {attempts: 3, backoff: 1ms}}]",
      input: "a\nb\n")
    #expect(outcome.status == 1)
    #expect(outcome.output == [])
    #expect(outcome.messages.contains("input line 1: exit status 3"))
    #expect(outcome.newFiles == ["calls"])
  }

  @Test(arguments: [1, 4]) func `every policy in place of a failure`(fanout: Int) throws {
    let bad = "[ $1 != 3 ] || exit 4; echo $1"
    let said = "streamline: failed items: stage 'exec': 1 "
    try run(bad, fanout: fanout, keys: "on_error: skip").expect(
      status: 0, output: "1\n2\n4\n5\n", messages: "\(said)skipped\n")
    try run(bad, fanout: fanout, keys: "on_error: pass").expect(
      status: 0, output: numbers(5), messages: "\(said)passed unchanged\n")
    try run(bad, fanout: fanout, keys: "on_error: collect").expect(
      status: 0,
      output: """
        1
        2
        {"error":{"stage":"exec","kind":"exit","line":3,"message":"exit status 4","input":"3",\
        "attempts":1}}
        4
        5

        """, messages: "\(said)made error records\n")
    try run(bad, fanout: fanout, keys: "on_error: {dead_letter: dead}").expect(
      status: 0, output: "1\n2\n4\n5\n", messages: "\(said)put aside\n", files: ["dead"])
  }
}
