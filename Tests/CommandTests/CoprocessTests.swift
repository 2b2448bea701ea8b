import Foundation
import PipelineModel
import Stages
import TestSupport
import Testing

/// Processes that stay up and what they can do wrong, against the built program: each run ends with no
/// process left. With one worker and with four, which must not be told apart where nothing depends on
/// which process gets which line.
@Suite(.enabled(if: programIsThere, programIsMissing))
struct CoprocessTests {
  /// A shell that answers each line by `answer`, which has it as `$x`.
  private func shell(_ answer: String, before: String = "", behind: String = "") -> String {
    let script = "\(before)\nwhile read -r x; do\n\(answer)\ndone\n\(behind)"
    return script.split(separator: "\n").map { "\n      \($0)" }.joined()
  }

  private func pipeline(
    _ script: String, fanout: Int = 1, fields: [String] = [], keys: [String] = [],
    head: String = ""
  ) -> String {
    """
    \(head)
    stages:
      - coprocess:
          command: |\(script.split(separator: "\n").map { "\n    \($0)" }.joined())
    \(fields.map { "      \($0)\n" }.joined())
        fanout: \(fanout)
    \(keys.map { "    \($0)\n" }.joined())
    """
  }

  private let failed = "streamline: p.yaml:3:5: stage 'coprocess': input line 3: "
  private let complete = "streamline: complete through input line 2, output line 2\n"

  private func answered(_ lines: [Int]) -> String { lines.map { "\($0)!\n" }.joined() }

  @Test(arguments: Catalogue.manuals.filter { ["coprocess", "pipe"].contains($0.kind) })
  func `the examples of the manual are true`(manual: StageManual) throws {
    for example in manual.examples {
      let stage = example.stage.replacing("\n", with: "\n    ")
      try streamline("stages:\n  - \(stage)\n", input: example.input)
        .expect(status: 0, output: example.output)
    }
  }

  // MARK: Lines and answers

  @Test(arguments: [1, 4]) func `each line has its answer, in order`(fanout: Int) throws {
    let outcome = try streamline(
      pipeline(shell("echo \"$x!\""), fanout: fanout, keys: ["timeout: 60s"]), input: numbers(2000))
    outcome.expect(status: 0, output: answered(Array(1...2000)))
  }

  @Test func `without a line no process is started`() throws {
    try streamline("stages: [{coprocess: [touch, started]}]").expect(status: 0)
  }

  @Test func `the processes of a group are shared by all its runs`() throws {
    let outcome = try streamline(
      """
      stages:
        - stages:
            - {coprocess: 'while read x; do echo $$; done', fanout: 2}
          fanout: 16
      """, input: numbers(500))
    #expect(outcome.status == 0)
    #expect(outcome.messages == "")
    #expect(outcome.lines.count == 501)
    #expect(Set(outcome.lines.dropLast()).count <= 2)
  }

  @Test(arguments: ["lines", "nul", "length", "numbered"])
  func `a long request and a long answer cross`(framing: String) throws {
    // cat sends back what it reads while it reads: neither its pipe nor ours holds so much.
    let line = String(repeating: "abcdefgh", count: 250_000)
    let input = "\(line)\nshort\n\(line)x\n"
    let outcome = try streamline(
      "stages: [{coprocess: {command: [cat], framing: \(framing)}, timeout: 60s}]", input: input)
    #expect(outcome.status == 0)
    #expect(outcome.text == input)
  }

  @Test func `bytes of any kind pass`() throws {
    let input: [UInt8] = [0xFF, 0x00, 0x0D, 0x0A, 0x0A, 0xC3, 0x0A]
    for framing in ["lines", "length", "numbered"] {
      let outcome = try call(
        "stages: [{coprocess: {command: [cat], framing: \(framing)}}]", input: .bytes(input)
      ).run()
      #expect(outcome.output == input, "\(framing)")
    }
  }

  @Test func `an item that its framing can not carry fails`() throws {
    try streamline(
      "stages: [{coprocess: {command: [cat], framing: nul}, on_error: skip}]", input: "a\nb\0c\nd\n"
    ).expect(
      status: 0, output: "a\nd\n",
      messages: "streamline: failed items: stage 'coprocess': 1 skipped\n")
  }

  @Test func `an answer is a record, and a record is asked as JSON`() throws {
    let outcome = try streamline(
      """
      stages:
        - parse: json
        - {coprocess: {command: [cat], decode: json}, into: copy, timeout: 10s}
        - map: this.copy.a + 1
      """, input: "{\"a\":1}\n{\"a\":41}\n")
    outcome.expect(status: 0, output: "2\n42\n")
  }

  // MARK: What goes wrong with one line

  @Test(arguments: [1, 4]) func `a process killed in a line`(fanout: Int) throws {
    let script = shell("[ $x != 3 ] || kill -KILL $$\necho \"$x!\"")
    try streamline(pipeline(script, fanout: fanout), input: numbers(5)).expect(
      status: 1, output: answered([1, 2]),
      messages: "\(failed)it ended without an answer: killed by signal 9 (KILL)\n\(complete)")
    try streamline(pipeline(script, fanout: fanout, keys: ["on_error: skip"]), input: numbers(5))
      .expect(
        status: 0, output: answered([1, 2, 4, 5]),
        messages: "streamline: failed items: stage 'coprocess': 1 skipped\n")
  }

  @Test(arguments: [1, 4]) func `a process killed between two lines costs none`(
    fanout: Int
  ) throws {
    // With several the one that ends may be given no other line; it then ends with 0.
    let end = fanout == 1 ? "kill -KILL $$" : "exit 0"
    let script = shell("echo \"$x!\"\n[ $(($x % 3)) != 0 ] || \(end)")
    try streamline(pipeline(script, fanout: fanout), input: numbers(11)).expect(
      status: 0, output: answered(Array(1...11)))
  }

  @Test func `a process killed at the end`() throws {
    let script = shell("echo \"$x!\"", behind: "echo oh >&2\nkill -KILL $$")
    try streamline(pipeline(script), input: numbers(2)).expect(
      status: 1, output: answered([1, 2]),
      messages: """
        [coprocess:2] oh
        streamline: p.yaml:3:5: stage 'coprocess': it ended badly behind the last line: \
        killed by signal 9 (KILL): oh
        streamline: complete through input line 2, output line 2

        """)
  }

  @Test func `a process that does not end at the end of its input is ended`() throws {
    let script = shell("echo \"$x!\"", behind: "exec sleep 1000")
    try streamline(pipeline(script, head: "grace: 100ms"), input: numbers(2)).expect(
      status: 0, output: answered([1, 2]))
  }

  @Test func `a process that writes at the end what nobody asked for`() throws {
    let script = shell("echo \"$x!\"", behind: "echo sum")
    let outcome = try streamline(pipeline(script), input: numbers(2))
    #expect(outcome.status == 1)
    #expect(outcome.text == answered([1, 2]))
    #expect(outcome.messages.contains("it wrote 4 bytes behind its last answer"))
  }

  @Test(arguments: [1, 4]) func `a process that never answers`(fanout: Int) throws {
    let script = shell("[ $x != 3 ] || exec sleep 1000\necho \"$x!\"")
    let limit = ["timeout: 2s"]
    try streamline(pipeline(script, fanout: fanout, keys: limit), input: numbers(5)).expect(
      status: 1, output: answered([1, 2]), messages: "\(failed)no answer within 2s\n\(complete)")
  }

  @Test(arguments: [1, 4]) func `an answer that comes too late meets no other line`(
    fanout: Int
  ) throws {
    // TERM ends its wait, not it: its answer is written after the limit and before KILL.
    let script = shell("[ $x != 3 ] || { trap : TERM; sleep 1000 & wait; }\necho \"$x!\"")
    try streamline(
      pipeline(
        script, fanout: fanout, keys: ["timeout: 2s", "on_error: skip"], head: "grace: 1s"),
      input: numbers(5)
    ).expect(
      status: 0, output: answered([1, 2, 4, 5]),
      messages: "streamline: failed items: stage 'coprocess': 1 skipped\n")
  }

  @Test(arguments: [1, 4]) func `a process that answers twice`(fanout: Int) throws {
    let script = shell("[ $x != 3 ] || { printf '3!\\n3!\\n'; continue; }\necho \"$x!\"")
    try streamline(pipeline(script, fanout: fanout), input: numbers(5)).expect(
      status: 1, output: answered([1, 2]),
      messages: """
        \(failed)it wrote more than one answer
          = it must write one answer to each request, and nothing else
        \(complete)
        """)
  }

  @Test func `an answer to another request is seen where requests are numbered`() throws {
    let script = shell("n=${x%%\t*}\n[ $n != 3 ] || n=2\necho \"$n\t${x#*\t}!\"")
    try streamline(pipeline(script, fields: ["framing: numbered"]), input: numbers(5)).expect(
      status: 1, output: answered([1, 2]),
      messages: """
        \(failed)its answer bears the number '2', and 3 was asked
          = each answer begins with the number of its request and a tab
        \(complete)
        """)
  }

  @Test func `a process that stops reading`() throws {
    let long = String(repeating: "x", count: 2_000_000)
    let script = shell("[ ${#x} -lt 9 ] || exec sleep 1000\necho \"$x!\"")
    let outcome = try streamline(
      pipeline(script, keys: ["timeout: 3s", "on_error: skip"], head: "grace: 100ms"),
      input: "1\n\(long)\n3\n")
    outcome.expect(
      status: 0, output: "1!\n3!\n",
      messages: "streamline: failed items: stage 'coprocess': 1 skipped\n")
  }

  @Test func `a process that closes its stdout`() throws {
    let script = shell("[ $x != 3 ] || exec >&-\necho \"$x!\" 2>&-")
    let outcome = try streamline(
      pipeline(script, keys: ["on_error: skip"], head: "grace: 200ms"), input: numbers(5))
    #expect(outcome.status == 0)
    #expect(outcome.text == answered([1, 2, 4, 5]))
  }

  @Test func `a second attempt has another process`() throws {
    let script = shell(
      "[ $x != 3 ] || [ -e again ] || { : > again; kill -KILL $$; }\necho \"$x!\"")
    try streamline(
      pipeline(script, keys: ["retry: {attempts: 2, backoff: 1ms}"]), input: numbers(5)
    )
    .expect(status: 0, output: answered(Array(1...5)), files: ["again"])
  }

  @Test func `an answer over max_line is too large`() throws {
    try streamline(
      """
      input: {format: lines, max_line: 1KiB}
      stages: [{coprocess: 'while read x; do head -c 5000 /dev/zero; echo; done', on_error: collect}]
      """, input: "a\n"
    ).expect(
      status: 0,
      output: """
        {"error":{"stage":"coprocess","kind":"too_large","line":1,"message":"its answer is longer than \
        max_line, 1024 bytes","input":"a","attempts":1}}

        """, messages: "streamline: failed items: stage 'coprocess': 1 made error records\n")
  }

  // MARK: Starting, and starting again

  @Test func `lines before the one that says it is up are passed over`() throws {
    let outcome = try streamline(
      pipeline(
        shell("echo \"$x!\"", before: "echo loading\nsleep 2.5\necho model\necho ready"),
        fields: ["ready: '^ready$'"], keys: ["timeout: 2s"]), input: numbers(3))
    // Loading takes longer than the limit, which stands still meanwhile.
    outcome.expect(status: 0, output: answered([1, 2, 3]))
  }

  @Test func `a process that is never ready`() throws {
    try streamline(
      """
      grace: 100ms
      stages:
        - coprocess: {command: 'exec sleep 1000', ready: up, start_timeout: 100ms, restart: {max: 1}}
          on_error: skip
      """, input: numbers(3)
    ).expect(
      status: 1,
      messages: """
        streamline: p.yaml:3:5: stage 'coprocess': input line 1: its process was lost 2 times without a \
        good answer between; the last: it was not ready within 100ms
          = 'restart: {max: …}' says how often it may be
        streamline: complete through input line 0, output line 0

        """)
  }

  @Test(arguments: [1, 4]) func `a process that ends at once fails the stage, not line after line`(
    fanout: Int
  ) throws {
    let outcome = try streamline(
      """
      stages:
        - coprocess: {command: 'echo broken >&2; exit 3', restart: {max: 3, backoff: 1ms}}
          fanout: \(fanout)
          on_error: skip
      """, input: numbers(10))
    #expect(outcome.status == 1)
    #expect(outcome.text == "")
    #expect(
      outcome.messages.contains(
        "its process was lost 4 times without a good answer between; the last: it ended"))
    #expect(outcome.messages.contains("exit status 3: broken"))
  }

  @Test func `good answers between let a process be lost as often as need be`() throws {
    let script = shell("[ $(($x % 2)) = 0 ] || kill -KILL $$\necho \"$x!\"")
    let outcome = try streamline(
      pipeline(script, fields: ["restart: {max: 1}"], keys: ["on_error: skip"]), input: numbers(20))
    #expect(outcome.status == 0)
    #expect(outcome.text == answered(Array(1...20).filter { $0.isMultiple(of: 2) }))
  }

  // MARK: Ends

  @Test(arguments: [1, 4]) func `head ends the processes before it`(fanout: Int) throws {
    let outcome = try streamline(
      "stages: [{coprocess: [cat], fanout: \(fanout)}, {head: 2}]", input: numbers(1000))
    outcome.expect(status: 0, output: "1\n2\n")
  }

  @Test(arguments: [1, 4]) func `the failure of another stage ends the processes`(
    fanout: Int
  ) throws {
    for order in [
      "[{coprocess: [cat], fanout: \(fanout)}, {assert: 'this != \"3\"'}]",
      "[{assert: 'this != \"3\"'}, {coprocess: [cat], fanout: \(fanout)}]",
    ] {
      let outcome = try streamline("stages: \(order)", input: numbers(100))
      #expect(outcome.status == 1)
      #expect(outcome.text == "1\n2\n")
    }
  }

  @Test func `a signal lets what was read be answered`() throws {
    let run = try call("stages: [{coprocess: [cat], fanout: 2}]").start()
    try run.send(numbers(10))
    try run.waitForLines(10)
    run.send(signal: 15)
    let outcome = try run.finish()
    #expect(outcome.status == 128 + 15)
    #expect(outcome.text == numbers(10))
  }

  @Test func `the limit of the run ends processes that hang`() throws {
    let outcome = try streamline(
      "timeout: 300ms\ngrace: 100ms\nstages: [{coprocess: [sleep, 1000], fanout: 3}]",
      input: numbers(10))
    #expect(outcome.status == 124)
  }

  // MARK: What check says

  @Test func `what a coprocess can not be is told with its place`() throws {
    func message(_ stage: String) throws -> String {
      let outcome = try streamline("stages:\n  - \(stage)\n", input: "a\n")
      #expect(outcome.status == 2)
      return outcome.messages
    }
    #expect(
      try message("coprocess: [no-such-command]").hasPrefix(
        "streamline: p.yaml:2:5: stage 'coprocess': there is no command 'no-such-command' in PATH"))
    #expect(
      try message("coprocess: [echo, '{}']").hasPrefix(
        "streamline: p.yaml:2:23: a 'coprocess' is started once for many lines"))
    #expect(
      try message("coprocess: {command: [cat], start_timeout: 1s}").hasPrefix(
        "streamline: p.yaml:2:48: 'start_timeout' limits the wait for 'ready', and there is none"))
  }
}
