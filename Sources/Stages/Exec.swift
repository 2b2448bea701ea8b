package import PipelineModel
import YAMLTree

package enum Exec: StageKind {
  package static let manual = StageManual(
    kind: "exec", chapter: .concurrency, stageClass: .lineWise,
    summary: "Runs a command for each line; what it prints are the results.",
    description: [
      """
      As a list the command is run as it stands, without a shell: each entry is a template and fills \
      one argument. As a text it is run by /bin/sh -c, with the line as $1 and no templates.
      """,
      """
      The command reads the line from its stdin, unless a template of the command used it; then stdin \
      is empty. The lines of its stdout are the results, none, one or many. An exit status that \
      'success' does not name fails the line, and so does a signal that ends the command; the message \
      carries the last line of stderr, and all of stderr is passed on.
      """,
      """
      A command that can not be found or run is reported before the first line is read. A line with a \
      NUL byte or of more than 128 KiB can be no argument and fails.
      """,
    ],
    fields: [
      Field(
        "command", .oneOf([.list(of: .template), .string]), required: true,
        "The command and its arguments, or a text for the shell."),
      Field(
        "success", .list(of: .int(0...255)), default: "[0]", "The exit statuses that are good."),
      Field(
        "stdin", .oneOf([.bool, .template]), defaultNote: "the line, unless the command has it",
        "What the command reads: a template, true for the line, false for nothing."),
      Field("dir", .template, defaultNote: "the working folder", "The folder it is run in."),
      Field(
        "env", .mapping(of: .template), defaultNote: "streamline's own",
        "Variables that are set or replaced in its environment."),
      Field(
        "decode", .choice(["lines", "text", "json"]), default: "lines",
        "lines: each line of stdout is a result. text: all of stdout is one, without its last newline. "
          + "json: all of it is one JSON value, which is a record."
      ),
    ],
    shorthand: "command",
    examples: [
      StageManual.Example(
        stage: "exec: [printf, '%s-%s\\n', '{nr}', '{}']", input: "a\nb c\n",
        output: "1-a\n2-b c\n"),
      StageManual.Example(stage: "exec: 'tr a-z A-Z; echo \"$1\"'", input: "a\n", output: "A\na\n"),
    ],
    effects: "Runs processes.")

  package static func build(
    _ stage: StageDefinition, _ setting: Setting
  ) throws(Diagnostic) -> Work {
    .perform(ExecPerformer(try ExecCommand(stage.arguments, setting)))
  }
}

/// The command of an `exec` stage with its templates.
struct ExecCommand: Sendable {
  enum Arguments: Sendable {
    /// Each fills one argument.
    case list([Template])
    case shell(String)
  }
  enum Input: Sendable {
    case item, none
    case template(Template)
  }
  var arguments: Arguments
  var input: Input
  var success: [Int32]
  var directory: Template?
  var environment: [(name: String, value: Template)]
  /// How what it prints becomes results.
  enum Decoding: String, Sendable { case lines, text, json }
  var decoding: Decoding
  var setting: Setting

  init(_ given: PipelineModel.Arguments, _ setting: Setting) throws(Diagnostic) {
    self.setting = setting
    guard let command = given.argument("command") else {
      throw Diagnostic("'exec' needs a command", at: given.place)
    }
    if let list = command.list {
      var templates: [Template] = []
      for argument in list { templates.append(try Template(argument, setting)) }
      if templates.first?.constant == "" {
        throw Diagnostic("the command has no name", at: command.place)
      }
      arguments = .list(templates)
      input = templates.contains(where: \.usesItem) ? .none : .item
    } else {
      arguments = .shell(command.string ?? "")
      input = .item
    }
    if let stdin = given.argument("stdin") {
      if let isItem = stdin.bool {
        input = isItem ? .item : .none
      } else {
        input = .template(try Template(stdin, setting))
      }
    }
    success = (given.list("success") ?? []).compactMap { $0.int.map { Int32($0) } }
    if let argument = given.argument("dir") { directory = try Template(argument, setting) }
    environment = []
    for pair in given.mapping("env") ?? [] {
      if pair.name.isEmpty || pair.name.contains("=") {
        throw Diagnostic("'\(pair.name)' can not name a variable", at: pair.key.place)
      }
      environment.append((pair.name, try Template(pair.argument, setting)))
    }
    decoding = Decoding(rawValue: given.string("decode") ?? "") ?? .lines
  }
}
