import TestSupport
import Testing

/// What is wrong with begun work as a whole is told where its results are awaited: before anything
/// behind that flushes, and while the input is still open.
@Suite(.enabled(if: programIsThere, programIsMissing))
struct BegunWorkTests {
  private func pipeline(_ script: String, start: String = "", behind: String = "") -> String {
    """
    grace: 2s
    stages:
      - start: {a: [{coprocess: {command: '\(script)', restart: {max: 1, backoff: 1ms}}}]}
        \(start)
      - await: a
    \(behind)
    """
  }

  @Test func `a process that ends badly at the end fails the run before what gathers is written`()
    throws
  {
    try streamline(
      pipeline("while read -r x; do echo \"$x!\"; done; exit 3", behind: "  - tail: 5"),
      input: "1\n2\n"
    ).expect(
      status: 1, output: "",
      messages: """
        streamline: p.yaml:3:18: stage 'start/a/coprocess': it ended badly behind the last line: \
        exit status 3
        streamline: how far the output is complete is not known: stage 'tail' makes results of many \
        lines

        """)
  }

  @Test func `how its processes end does not matter where nobody asks for more`() throws {
    for stages in ["  - head: 1", "  - assert: this != \"2!\""] {
      let outcome = try streamline(
        pipeline("while read -r x; do echo \"$x!\"; done; exit 3", behind: stages),
        input: "1\n2\n3\n")
      #expect(outcome.text == "1!\n")
      #expect(outcome.status == (stages.contains("head") ? 0 : 1))
      #expect(!outcome.messages.contains("coprocess"))
    }
  }

  @Test func `processes that are lost in a row fail the run though the input goes on`() throws {
    let run = try call(
      pipeline("read -r x; [ $x = 1 ] || exit 3; echo \"$x!\"", start: "on_error: skip")
    ).start()
    try run.send(numbers(3))
    // The input is not ended.
    let outcome = try run.finish()
    outcome.expect(
      status: 1, output: "1!\nnull\n",
      messages: """
        streamline: p.yaml:3:18: stage 'start/a/coprocess': input line 3: its process was lost 2 times \
        without a good answer between; the last: it ended without an answer: exit status 3
          = 'restart: {max: …}' says how often it may be
        streamline: failed items: stage 'start': 1 skipped
        streamline: complete through input line 2, output line 2

        """)
  }

  @Test(arguments: [true, false])
  func `a share of failed items that is too large is told at the end`(ofStart: Bool) throws {
    let keys = ", on_error: skip, max_errors: 10%"
    let outcome = try streamline(
      """
      stages:
        - {start: {a: [exec: '[ $1 != 3 ] || exit 4; echo $1']}\(ofStart ? keys : "")}
        - {await: a\(ofStart ? "" : keys)}
        - tail: 9
      """, input: numbers(5))
    #expect(outcome.status == 1)
    #expect(outcome.text == "")
    #expect(outcome.messages.contains("1 items have failed, more than its 'max_errors' allows"))
  }
}
