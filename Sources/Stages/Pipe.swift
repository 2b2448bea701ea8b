import Flow
package import PipelineModel

package enum Pipe: StageKind {
  package static let manual = StageManual(
    kind: "pipe", chapter: .concurrency, stageClass: .gathering,
    summary: "Sends the whole stream through one command, as a pipe of the shell does.",
    description: [
      """
      The command reads the items on its stdin, a record as JSON, and the lines of its stdout are the \
      results. Writing and reading go on at the same time, so that neither a command that reads \
      everything first nor one that writes much hangs; a slow reader behind the stage holds the \
      command back, and the command what is before it. Results have no line number.
      """,
      """
      A command that reads no more and ends well has ended the stream: what is before the stage is \
      stopped, as by 'head'. An exit status that 'success' does not name fails the stage, once what \
      the command has written is passed on. When the run fails before the stage, the command is not \
      told the end of its input, but ended.
      """,
      """
      With 'block' the command may see the lines in blocks, each with a process of its own, and then \
      'fanout' may say how many work at once; their results follow one another in the order of the \
      input. A block is as many whole lines as fit into that many bytes, however the input comes, and \
      is there as a whole before its command is started: a slow input waits for a block to fill. Use it \
      where the results for the whole are those for its parts one after another, as for grep or sed, or \
      where those for the parts are what is wanted. Without a line there is no block, and no process.
      """,
      """
      Of the time limits it takes {idle, total}: idle is the time in which the command neither takes \
      the input that waits for it, nor writes though it has been told that its input is over; total \
      is the stage's whole life. The lookahead of a 'fanout' counts blocks.
      """,
    ],
    fields: StandingCommand.fields + [
      Field(
        "success", .list(of: .int(0...255)), default: "[0]",
        "The exit statuses that are good: [0, 1] for grep."),
      Field(
        "framing", .choice(["lines", "nul"]), default: "lines",
        "What ends each item on its stdin and each result on its stdout: a newline, or a NUL."),
      Field(
        "block", .size(1...(1 << 30)), defaultNote: "the whole stream",
        "The command may see the stream in blocks of so many bytes."),
    ],
    shorthand: "command",
    examples: [
      StageManual.Example(stage: "pipe: [sort, -r]", input: "a\nc\nb\n", output: "c\nb\na\n"),
      StageManual.Example(stage: "pipe: [head, -n, 1]", input: "a\nb\n", output: "a\n"),
      StageManual.Example(
        stage: "pipe: {command: [grep, -c, a], success: [0, 1], block: 4}", input: "a\na\nb\na\n",
        output: "2\n1\n"),
    ],
    effects: "Runs processes.",
    refusals: [
      StageManual.Refusal(
        "on_error", "its lines go through the command together, and none of them fails by itself"),
      StageManual.Refusal("max_errors", "no line fails by itself"),
    ],
    allowances: [
      StageManual.Allowance("fanout", with: "block"),
      StageManual.Allowance("timeout", parts: ["idle", "total"]),
    ])

  package static func build(
    _ stage: StageDefinition, _ setting: Setting
  ) throws(Diagnostic) -> Work {
    let given = stage.arguments
    return .pipe(
      PipePlan(
        command: try StandingCommand(given, of: "pipe", setting),
        success: (given.list("success") ?? []).compactMap { $0.int.map { Int32($0) } },
        terminator: given.string("framing") == "nul" ? 0 : 0x0A,
        block: given.size("block"), maxLine: setting.maxLine))
  }
}

/// A command that many items go through together.
package struct PipePlan: Sendable {
  package var command: StandingCommand
  /// The exit statuses that are good.
  package var success: [Int32]
  /// What ends each item and each result.
  package var terminator: UInt8
  /// How many bytes of lines each process sees; nil: one sees all of the stream.
  package var block: Int?
  /// Of a result.
  package var maxLine: Int

  /// The failure that an exit is; nil if it is a good one.
  package func failure(of exit: ChildExit) -> Failure? {
    if let failure = exit.immortality { return failure }
    if exit.signal == nil, success.contains(exit.status ?? 0) { return nil }
    return exit.failure
  }
}
