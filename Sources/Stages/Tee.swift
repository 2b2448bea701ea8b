package import PipelineModel

package enum Tee: StageKind {
  package static let manual = StageManual(
    kind: "tee", chapter: .lines, stageClass: .inLine,
    summary: "Writes each line to a file, or leads it through a side stream, and passes it on.",
    description: [
      """
      With 'path': the file is emptied at the start of the run, unless 'append' is true, and holds the \
      lines that went through the stage. The path is a template: with {} or {nr} in it each line \
      chooses its file, and what it puts into the path has '/', '%' and a '.' at its start escaped, as \
      %2F, %25 and %2E, so that it stays in the folder.
      """,
      """
      With 'stages': each item goes on, and through these as well, which are a stream beside the main \
      one; it sees all items, so that they may count or hold them. Its results go to the file 'to', a \
      line each, records as JSON, or else they are dropped and counted; never to the output. While its \
      queue (the key 'queue') is full it holds the main stream back. When it has enough (head), it ends \
      alone. When it fails, the main stream is cut where 'tee' stands and the run fails, unless it is \
      'optional: true': then a warning tells of it, and the main stream goes on without it. The run is \
      over when both are.
      """,
    ],
    fields: [
      Field("path", .writtenPath, "The file that lines are written to."),
      Field("append", .bool, default: "false", "Keep what the file holds."),
      Field(
        "max_open", .int(1...100_000), default: "64",
        "How many files are open at once where the path depends on the line."),
      Field("stages", .stages, "In place of 'path': the stages of a side stream."),
      Field(
        "to", .writtenPath, defaultNote: "they are dropped",
        "The file that the results of the side stream go to."),
      Field("optional", .bool, default: "false", "Whether the side stream may fail."),
    ],
    shorthand: "path",
    examples: [
      StageManual.Example(stage: "tee: /dev/null", input: "a\n", output: "a\n"),
      StageManual.Example(
        stage: "tee: { stages: [count], to: /dev/null }", input: "a\nb\n", output: "a\nb\n"),
    ],
    effects: "Writes files.", inner: .branches)

  package static func build(
    _ stage: StageDefinition, _ setting: Setting
  ) throws(Diagnostic) -> Work {
    let arguments = stage.arguments
    try refuseMixed(stage)
    let append = arguments.bool("append") ?? false
    if arguments.isGiven("stages") {
      var to: Template?
      if let path = arguments.argument("to") { to = try Template(path, setting) }
      return .side(
        SidePlan(to: to, append: append, isOptional: arguments.bool("optional") ?? false))
    }
    guard let path = arguments.argument("path") else {
      throw Diagnostic(
        "'tee' needs 'path', a file, or 'stages', a side stream", at: stage.place,
        remedy: "for example: tee: copy.txt", code: "missing-key")
    }
    return .tee(
      TeePlan(
        path: try Template(path, setting), append: append,
        maxOpen: arguments.int("max_open") ?? 64))
  }

  /// It writes a file or leads a side stream, and the keys of one mean nothing for the other.
  private static func refuseMixed(_ stage: StageDefinition) throws(Diagnostic) {
    let isSide = stage.arguments.isGiven("stages")
    for name in isSide ? ["path", "max_open"] : ["to", "optional"] {
      guard stage.arguments.isGiven(name), let argument = stage.arguments.argument(name) else {
        continue
      }
      throw Diagnostic(
        isSide
          ? "'\(name)' means nothing for a side stream"
          : "'\(name)' is for a side stream, and there are no 'stages'", at: argument.place,
        remedy: isSide ? "its results go to a file with 'to'" : nil, code: "refused-key")
    }
    if isSide, stage.arguments.isGiven("append"), !stage.arguments.isGiven("to"),
      let append = stage.arguments.argument("append")
    {
      throw Diagnostic(
        "'append' means nothing without a file, and there is no 'to'", at: append.place,
        code: "refused-key")
    }
  }
}
