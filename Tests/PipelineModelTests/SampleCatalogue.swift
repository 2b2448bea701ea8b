import PipelineModel
import YAMLTree

/// A few kinds of stage, one of each shape and class.
let sampleCatalogue: [StageManual] = [
  StageManual(
    kind: "grep", chapter: .lines, stageClass: .lineWise,
    summary: "Keeps the lines in which a pattern is found.",
    fields: [
      Field("pattern", .pattern, required: true, "What is looked for."),
      Field("fixed", .bool, default: "false", "Whether it is plain text."),
      Field("ignore_case", .bool, default: "false", "Whether case is ignored."),
    ],
    shorthand: "pattern",
    examples: [StageManual.Example(stage: "grep: error", input: "error\n", output: "error\n")]),
  StageManual(
    kind: "head", chapter: .lines, stageClass: .inLine, summary: "Keeps the first lines.",
    fields: [Field("count", .int(0...Int.max), default: "10", "How many.")], shorthand: "count",
    allowsBareWord: true,
    examples: [StageManual.Example(stage: "head: 1", input: "a\nb\n", output: "a\n")]),
  StageManual(
    kind: "trim", chapter: .lines, stageClass: .lineWise, summary: "Trims.",
    allowsBareWord: true,
    examples: [StageManual.Example(stage: "trim", input: " a \n", output: "a\n")]),
  StageManual(
    kind: "sort", chapter: .lines, stageClass: .gathering, summary: "Sorts.",
    fields: [Field("memory", .size(1...Int.max), default: "256MiB", "The budget.")],
    allowsBareWord: true,
    examples: [StageManual.Example(stage: "sort", input: "b\na\n", output: "a\nb\n")]),
  StageManual(
    kind: "sample", chapter: .lines, stageClass: .lineWise,
    classRules: [.init(field: "every", .inLine), .init(field: "size", .gathering)],
    summary: "Takes some.",
    fields: [
      Field("rate", .double(0...1), "Share."), Field("every", .int(1...Int.max), "Every nth."),
      Field("size", .int(1...Int.max), "How many."),
    ],
    shorthand: "rate",
    examples: [StageManual.Example(stage: "sample: 1", input: "a\n", output: "a\n")]),
  StageManual(
    kind: "tee", chapter: .lines, stageClass: .inLine, summary: "Writes each item to a file.",
    fields: [
      Field("path", .writtenPath, required: true, "The file."),
      Field("append", .bool, default: "false", "Whether it is kept."),
    ],
    shorthand: "path",
    examples: [StageManual.Example(stage: "tee: copy.txt", input: "a\n", output: "a\n")]),
  StageManual(
    kind: "throttle", chapter: .concurrency, stageClass: .inLine, summary: "Slows down.",
    fields: [Field("rate", .rate, required: true, "How fast.")], shorthand: "rate",
    examples: [StageManual.Example(stage: "throttle: 10/s", input: "a\n", output: "a\n")]),
  StageManual(
    kind: "delay", chapter: .concurrency, stageClass: .lineWise, summary: "Waits.",
    fields: [Field("duration", .anyDuration, required: true, "How long.")],
    shorthand: "duration",
    examples: [StageManual.Example(stage: "delay: 0s", input: "a\n", output: "a\n")],
    refusals: [.init("retry", "it can not fail")]),
  StageManual(
    kind: "exec", chapter: .concurrency, stageClass: .lineWise, summary: "Runs a command.",
    fields: [
      Field(
        "command", .oneOf([.string, .list(of: .template)]), required: true, "What is run."),
      Field("success", .list(of: .int(0...255)), default: "[0]", "Statuses that are no failure."),
      Field("env", .mapping(of: .template), "Environment."),
    ],
    shorthand: "command",
    examples: [StageManual.Example(stage: "exec: [cat]", input: "a\n", output: "a\n")]),
  StageManual(
    kind: "stages", chapter: .concurrency, stageClass: .lineWise, summary: "A group.",
    fields: [Field("stages", .stages, required: true, "The stages of the group.")],
    shorthand: "stages",
    examples: [StageManual.Example(stage: "stages: [trim]", input: " a\n", output: "a\n")]),
]

func read(_ text: String) -> PipelineReader.Result {
  PipelineReader.read(text: text, file: "p.yaml", catalogue: sampleCatalogue)
}

/// What is said about a pipeline, without excerpts: `3:5: message = remedy`.
func messages(_ text: String) -> [String] {
  read(text).diagnostics.map { diagnostic in
    let place = diagnostic.place.map { "\($0.line):\($0.column): " } ?? ""
    let kind = diagnostic.severity == .warning ? "warning: " : ""
    return place + kind + diagnostic.message + (diagnostic.remedy.map { " = \($0)" } ?? "")
  }
}

/// The same for a pipeline of one stage, whose lines begin at column 5: `- ` is at column 3.
func stageMessages(_ lines: String...) -> [String] {
  messages("stages:\n  - " + lines.joined(separator: "\n    ") + "\n")
}
