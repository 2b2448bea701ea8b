package import PipelineModel

/// The keys of a test file, of a case, of its mocks and of what it expects.
package enum CaseTable {
  /// Of a file `*.test.yaml`.
  package static let fileFields: [Field] = [
    Field(
      "pipeline", .string, required: true,
      "The pipeline file that is tested, relative to this file."),
    Field("defaults", .any, "Keys of a case that all cases of the file begin with."),
    Field("tests", .any, required: true, "The cases, as under 'tests' of a pipeline file."),
  ]

  /// Of `tests` in a pipeline file, where it is no list.
  package static let suiteFields: [Field] = [
    Field("defaults", .any, "Keys of a case that all cases begin with."),
    Field("cases", .any, required: true, "The cases, a list."),
  ]

  package static let caseFields: [Field] = [
    Field(
      "name", .string, required: true, "What the case shows, in a sentence; unique in its file."),
    Field("description", .string, "More about it."),
    Field("tags", .list(of: .string), "Words by which --tag chooses cases."),
    Field(
      "cases", .list(of: .any),
      "A table: each row has keys of a case, which take the place of those beside 'cases', and "
        + "makes one case."),
    Field("stage", .string, "Run this stage alone, not the whole pipeline."),
    Field("from", .string, "Begin with this stage of the pipeline."),
    Field("to", .string, "End behind this stage of the pipeline."),
    Field("params", .mapping(of: .string), "Values of the pipeline's parameters."),
    Field(
      "env", .mapping(of: .string),
      "The environment; {env.NAME} sees these variables and no others."),
    Field(
      "start", .string, default: "'1970-01-01T00:00:00Z'",
      "The date at which virtual time begins, for windows by the clock: RFC 3339."),
    Field(
      "seed", .int(0...Int.max), default: "0",
      "The seed of the run's own draws, such as jitter and samples."),
    Field("input", inputType, defaultNote: "no input", inputSummary),
    Field("mocks", .mapping(of: mockType), "By stage: what takes its place."),
    Field(
      "allow", .list(of: .string),
      "Kinds of stage that may reach the world outside, such as exec. The case then runs in real "
        + "time."),
    Field(
      "real_time", .bool, default: "false",
      "Run on the clock of the machine instead of in virtual time."),
    Field("inject", .list(of: .fields(faultFields)), "What goes wrong although no mock says so."),
    Field(
      "close_output_after", .int(0...Int.max),
      "The reader of the output leaves after so many lines."),
    Field("signal", .fields(signalFields), "A signal that reaches the run."),
    Field(
      "expect", expectType, defaultNote: "the case fails and says what it would be",
      "What the case is to give: text or a list is the exact output, in order; else a mapping."),
  ]

  private static let inputSummary =
    "Text, a list of lines, timed lines {at, line}, or one of {text, file, base64, generate}."
  private static let inputType = FieldType.oneOf([
    .string,
    .list(of: .oneOf([.string, .fields(timedFields)]), count: 0...Int.max),
    .fields(inputFields),
  ])
  package static let timedFields: [Field] = [
    Field("at", .anyDuration, required: true, "When the line comes, counted from the start."),
    Field("line", .string, required: true, "The line."),
  ]
  package static let inputFields: [Field] = [
    Field("text", .string, "Lines."),
    Field("file", .string, "A file to read, relative to the file of the case."),
    Field("base64", .string, "Bytes that no text can be."),
    Field("generate", .fields(generateFields), "Lines that are made."),
    Field(
      "final_newline", .bool, default: "true", "Whether the last line ends in a newline."),
  ]
  package static let generateFields: [Field] = [
    Field("lines", .int(0...100_000_000), required: true, "How many."),
    Field("line", .template, default: "'{nr}'", "Each line; {nr} is its number."),
  ]
  package static let faultFields: [Field] = [
    Field("stage", .string, required: true, "Where it goes wrong."),
    Field("line", .int(1...Int.max), required: true, "At the items of which input line."),
    Field(
      "do", .choice(["fail", "timeout", "slow", "cancel"]), required: true,
      "fail: the attempt fails; timeout: its limit has passed; slow: it begins late; cancel: it is "
        + "cancelled though nobody asked, which no policy absorbs."),
    Field("by", .anyDuration, "With slow: how late it begins."),
    Field(
      "attempts", .int(1...Int.max), defaultNote: "all",
      "How many attempts at the item it meets, from the first."),
  ]
  package static let signalFields: [Field] = [
    Field("name", .choice(["TERM", "INT", "HUP"]), default: "TERM", "Which."),
    Field("at_line", .int(0...Int.max), "When this input line has been read."),
    Field("at", .anyDuration, "When so much time has passed."),
  ]
}

// Mocks
extension CaseTable {
  private static let mockType = FieldType.oneOf([
    .string, .fields(mockFields), .list(of: .fields(mockFields)),
  ])

  package static let mockFields: [Field] = [
    Field(
      "match", .string, defaultNote: "every item",
      "A pattern: the rule is for items in which it is found."),
    Field(
      "request", .string, defaultNote: "every request",
      "A pattern: the rule is for calls in whose request it is found: the words of a command, divided "
        + "by blanks, or what a server is asked."),
    Field(
      "times", .int(1...Int.max), defaultNote: "always",
      "The rule is for so many attempts at each item, the later rules for the rest."),
    Field(
      "calls", .int(1...Int.max), defaultNote: "always",
      "The rule is for so many calls over the whole stage; refused where items run at once and "
        + "their order is expected."),
    Field(
      "output", .oneOf([.string, .list(of: .string, count: 0...Int.max)]),
      defaultNote: "the item",
      "The results, as lines; one JSON value where the stage gives records, as with 'decode: json'. A "
        + "list gives the first item its first text, the next its second, and begins again at its "
        + "end."),
    Field("template", .template, "The results as a template of the item, such as 'page of {}'."),
    Field(
      "error", .oneOf([.string, .fields(errorFields)]),
      "Fails with this message, or {kind, message}."
    ),
    Field("exit", .int(0...255), "Fails as a command with this exit status does; 0 does not fail."),
    Field("status", .int(100...599), "Fails as a server's answer with this status does."),
    Field(
      "retry_after", .anyDuration, defaultNote: "no pause",
      "With 'status': the server asks to be left alone for so long, as Retry-After does."),
    Field("delay", .anyDuration, default: "0s", "How long it takes."),
    Field("hang", .bool, default: "false", "It never ends by itself."),
  ]
  package static let errorFields: [Field] = [
    Field("kind", .choice(failureKinds), default: "exit", "What kind of failure it is."),
    Field("message", .string, default: "'the mock failed'", "Its message."),
  ]
  package static let failureKinds = [
    "exit", "timeout", "http", "expression", "assert", "pattern", "too_large", "spawn", "stage",
  ]
}

// What is expected
extension CaseTable {
  private static let anyLines = FieldType.oneOf([.string, .list(of: .string, count: 0...Int.max)])
  private static let expectType = FieldType.oneOf([
    .string, .list(of: .string, count: 0...Int.max), .fields(expectFields),
  ])
  private static let amount = FieldType.oneOf([.int(0...Int.max), .fields(amountFields)])
  package static let amountFields: [Field] = [
    Field("at_least", .int(0...Int.max), "No fewer."),
    Field("at_most", .int(0...Int.max), "No more."),
  ]

  package static let expectFields: [Field] = [
    Field("output", anyLines, "The exact output, in order."),
    Field("base64", .string, "The exact output as base64, for bytes that no text can be."),
    Field("unordered", anyLines, "The exact lines of the output, in any order."),
    Field("contains", anyLines, "Lines that are there, whatever else is."),
    Field("matches", .fields(matchFields), "Patterns of the lines of the output."),
    Field("json", .any, "A list: each line of the output is the JSON of one value, in order."),
    Field("count", amount, "How many lines there are."),
    Field("empty", .bool, "true: there is no output; false: there is some."),
    Field(
      "exit", .int(0...255), defaultNote: "0, unless 'error' or 'signal' says otherwise",
      "The exit status."),
    Field(
      "error", .oneOf([.string, .fields(failureFields)]),
      "The failure that ends the run: a part of its message, or {stage, kind, line, message}."),
    Field(
      "errors", .list(of: .fields(failureFields), count: 0...Int.max),
      "All failures that policies absorbed, in order."),
    Field(
      "skipped", amount,
      "How many items 'on_error: skip' left out, and rates with 'excess: drop'."),
    Field(
      "dead_letters", .oneOf([amount, .list(of: .string, count: 0...Int.max)]),
      "How many items were put aside, or the input of each, in order."),
    Field("files", .mapping(of: anyLines), "By path: what the case has written there."),
    Field(
      "stderr", .oneOf([anyLines, .fields(textFields)]),
      "What is said on stderr: all of it, or {contains}."),
    Field(
      "elapsed", .oneOf([.anyDuration, .fields(elapsedFields)]),
      "How long the run takes: exactly in virtual time, {at_most} in real time."),
    Field("calls", .mapping(of: amount), "By stage: how many attempts it made."),
    Field("max_in_flight", .mapping(of: amount), "By stage: how many items it had at once."),
    Field(
      "seen", .mapping(of: anyLines),
      "By mocked stage: what it was called with, in the order of the items: a command's words, a "
        + "request, or the item."),
    Field("after", .mapping(of: anyLines), "By stage: the lines that left it."),
  ]
  package static let matchFields: [Field] = [
    Field("every", .pattern, "Each line matches each of these."),
    Field("some", .pattern, "For each of these there is a line that matches."),
    Field("none", .pattern, "No line matches any of these."),
  ]
  package static let failureFields: [Field] = [
    Field("stage", .string, "The stage."),
    Field("kind", .choice(failureKinds + ["cancelled"]), "What kind of failure."),
    Field("line", .int(1...Int.max), "The input line."),
    Field("message", .string, "A part of the message."),
  ]
  package static let textFields: [Field] = [
    Field("contains", anyLines, required: true, "Lines that are there.")
  ]
  package static let elapsedFields: [Field] = [
    Field("at_least", .anyDuration, "No less."),
    Field("at_most", .anyDuration, "No more."),
  ]
}
