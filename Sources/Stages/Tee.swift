package import PipelineModel

package enum Tee: StageKind {
  package static let manual = StageManual(
    kind: "tee", chapter: .lines, stageClass: .inLine,
    summary: "Writes each line to a file, and passes it on.",
    description: [
      """
      The file is emptied at the start of the run, unless 'append' is true, and holds the lines that \
      went through the stage. The path is a template: with {} or {nr} in it each line chooses its \
      file, and what it puts into the path has '/', '%' and a '.' at its start escaped, as %2F, %25 \
      and %2E, so that it stays in the folder.
      """
    ],
    fields: [
      Field("path", .writtenPath, required: true, "The file."),
      Field("append", .bool, default: "false", "Keep what the file holds."),
      Field(
        "max_open", .int(1...100_000), default: "64",
        "How many files are open at once where the path depends on the line."),
    ],
    shorthand: "path",
    examples: [
      StageManual.Example(stage: "tee: /dev/null", input: "a\n", output: "a\n")
    ],
    effects: "Writes files.")

  package static func build(
    _ stage: StageDefinition, _ setting: Setting
  ) throws(Diagnostic) -> Work {
    guard let path = stage.arguments.argument("path") else {
      throw Diagnostic("'tee' needs a path", at: stage.place)
    }
    return .tee(
      TeePlan(
        path: try Template(path, setting), append: stage.arguments.bool("append") ?? false,
        maxOpen: stage.arguments.int("max_open") ?? 64))
  }
}
