import Lines
package import PipelineModel

package enum Coprocess: StageKind {
  package static let manual = StageManual(
    kind: "coprocess", chapter: .concurrency, stageClass: .lineWise,
    summary: "Gives each line to a process that stays up; its answer is the result.",
    description: [
      """
      One line in, one line out: what starting a process for each line costs is paid once. 'fanout' \
      says how many processes there may be; one is started when a line finds none free, and all of \
      them are shared wherever the stage stands, in a group with a fan-out too. Which process gets a \
      line is open, so its answer must depend on that line alone.
      """,
      """
      A process has one line at a time. One that ends, answers too late, writes more than one answer \
      or writes before it is asked is ended and replaced, and so is one whose line was cancelled; the \
      line it had fails, and no other one is touched. A line of which a process that ended has read \
      nothing goes to the next one.
      """,
      """
      A command that keeps back what it writes must be told not to: 'stdbuf -oL', 'python3 -u', \
      'awk' with fflush(), 'sed -u', 'grep --line-buffered'. Give the stage a 'timeout', or an answer \
      that never comes is waited for without end.
      """,
      """
      With 'framing: lines' each request and each answer ends with a newline, with nul with a NUL. \
      With length four bytes stand before each, its length as a big-endian number (Python's \
      struct.pack('>I', n), Erlang's {packet, 4}). With numbered a request is a number, a tab and the \
      line, and the answer must begin with the same number and a tab: so an answer that is out of \
      step is seen. A record is sent as JSON.
      """,
      """
      'ready' is a pattern; lines are read from the command's stdout, and passed over, until one has \
      it. Meanwhile the limits of the waiting line stand still. Without it a process is up at once.
      """,
      """
      When the stage is over each process is given the end of its input and, after the grace of the \
      run, a TERM. An exit status other than 0, or output that nobody asked for, is then a failure of \
      the stage. All of stderr is passed on.
      """,
    ],
    fields: StandingCommand.fields + [
      Field(
        "framing", .choice(["lines", "nul", "length", "numbered"]), default: "lines",
        "How requests and answers are told apart."),
      Field(
        "decode", .choice(["text", "lines", "json"]), default: "text",
        "text: an answer is one result. lines: each line of it is one. json: it is one JSON value, "
          + "which is a record."),
      Field("ready", .pattern, "What a line of its stdout has in it once it is up."),
      Field(
        "start_timeout", .duration(.nanoseconds(1) ... .maximum), defaultNote: "30s",
        "How long a process may take until it is ready. Only with 'ready'."),
      Field(
        "restart",
        .fields([
          Field(
            "max", .int(0...1_000_000), default: "5",
            "How often in a row one may be replaced that was lost without a good answer between. Then "
              + "the stage fails."),
          Field(
            "backoff", .anyDuration, default: "100ms",
            "The pause before the second such replacement; it doubles, up to 30s."),
        ]), defaultNote: "{max: 5, backoff: 100ms}", "What is done about a process that was lost."),
    ],
    shorthand: "command",
    examples: [
      StageManual.Example(
        stage: "coprocess: [sed, -u, 's/^/> /']", input: "a\nb\n", output: "> a\n> b\n"),
      StageManual.Example(
        stage: #"""
          coprocess:
            command: 'while read n x; do printf "%s\t%s!\n" $n "$x"; done'
            framing: numbered
          """#,
        input: "a\nb\n", output: "a!\nb!\n"),
    ],
    effects: "Runs processes.",
    withoutLimit: "an answer that never comes is waited for without end")

  package static func build(
    _ stage: StageDefinition, _ setting: Setting
  ) throws(Diagnostic) -> Work {
    let command = try StandingCommand(stage.arguments, of: "coprocess", setting)
    return .perform(CoprocessPerformer(command, try terms(stage.arguments, setting)))
  }

  private static func terms(
    _ given: Arguments, _ setting: Setting
  ) throws(Diagnostic) -> CoprocessTerms {
    var terms = CoprocessTerms(
      maxLine: setting.maxLine, delimiter: setting.delimiter, grace: setting.grace)
    terms.framing = CoprocessFraming(rawValue: given.string("framing") ?? "") ?? .lines
    terms.decoding = ExecCommand.Decoding(rawValue: given.string("decode") ?? "") ?? .text
    if given.isGiven("ready"), let texts = given.list("ready") {
      terms.ready = try Pattern(texts, fixed: false, ignoreCase: false, at: given.place("ready"))
    }
    if let limit = given.duration("start_timeout") {
      if terms.ready == nil {
        throw Diagnostic(
          "'start_timeout' limits the wait for 'ready', and there is none",
          at: given.place("start_timeout"),
          remedy: "say which line tells that the process is up, as by ready: '^ready$'")
      }
      terms.startLimit = limit
    }
    if let restart = given.arguments("restart") {
      terms.mostRestarts = restart.int("max") ?? terms.mostRestarts
      terms.backoff = restart.duration("backoff") ?? terms.backoff
    }
    return terms
  }
}
