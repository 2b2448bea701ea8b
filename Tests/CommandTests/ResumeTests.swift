import TestSupport
import Testing

/// A run that failed tells where to go on, and going on there gives what was missing.
@Suite(.enabled(if: programIsThere, programIsMissing))
struct ResumeTests {
  /// Fails at 'bad' until there is a file 'mended'. Some lines are dropped, some become several.
  private let pipeline = """
    stages:
      - grep: {pattern: none, invert: true}
      - split: ","
      - exec: 'echo $1; [ $1 != bad ] || [ -e mended ]'
        fanout: 4
    """
  private let input = "a,b\nnone\nc,bad,d\nnone\ne\n"

  @Test func `what a failed run wrote and what one from its line on writes make the whole`() throws
  {
    let folder = try CommandFolder()
    let first = try call(pipeline, input: .bytes(Array(input.utf8)), in: folder).run()
    first.expect(
      status: 1, output: "a\nb\nc\nbad\n",
      messages: """
        streamline: p.yaml:4:5: stage 'exec': input line 3: exit status 1
        streamline: complete through input line 2, output line 2

        """)
    try folder.add("mended", [])
    let second = try call(
      pipeline, ["--from-line", "3"], input: .bytes(Array(input.utf8)), in: folder
    ).run()
    second.expect(status: 0, output: "c\nbad\nd\ne\n")
  }

  @Test func `lines before --from-line are done with also where the first one fails`() throws {
    let outcome = try streamline(pipeline, input: input, ["--from-line", "3"])
    outcome.expect(
      status: 1, output: "c\nbad\n",
      messages: """
        streamline: p.yaml:4:5: stage 'exec': input line 3: exit status 1
        streamline: complete through input line 2, output line 0

        """)
  }

  @Test(arguments: [
    ("enumerate", "does not take each line by itself"), ("tail", "makes results of many lines"),
    ("upper, fanout: {workers: 2, order: none}", "gives up the order of lines"),
  ])
  func `where it cannot be told the message says why`(stage: String, why: String) throws {
    let outcome = try streamline(
      "stages:\n  - {\(stage), name: it}\n  - exec: 'exit 1'\n", input: "a\n")
    #expect(outcome.status == 1)
    #expect(
      outcome.messages.hasSuffix(
        "streamline: how far the output is complete is not known: stage 'it' \(why)\n"))
  }
}
