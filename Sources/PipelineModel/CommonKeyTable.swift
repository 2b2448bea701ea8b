/// The keys that mean the same on every stage that takes them: what they take, and which class of
/// stage refuses which of them, and why. Validation and manuals read this.
package enum CommonKeyTable {
  /// A time limit of no time would fail everything.
  static let positive = Duration.nanoseconds(1)...Duration.maximum
  static let positiveDuration = FieldType.duration(positive)

  package static let fields: [Field] = [
    Field(
      "name", .string, defaultNote: "the kind: exec, then exec-2",
      "How messages and counters call the stage. Unique."),
    Field(
      "if",
      .oneOf([
        .expression,
        .fields([Field("grep", .any, required: true, "The pattern, as the stage grep takes it.")]),
      ]), defaultNote: "every item",
      """
      An expression, or {grep: PATTERN}. Items for which it is false go by the stage, in their place.
      """),
    Field(
      "from", .expression, defaultNote: "the item",
      "What the stage is given instead of the item: this.message, say. A text is a line to it."),
    Field(
      "into", .string, defaultNote: "the result takes the item's place",
      """
      The field that takes the stage's result; the rest of the record stays as it is. One result is \
      wanted: none is null, and two or more fail the item.
      """),
    Field(
      "results", .choice(ResultsForm.allCases.map(\.rawValue)), defaultNote: "one",
      "With list, the field that 'into' names takes a list of the results: none, one or many."),
    Field(
      "emit", .choice(["result", "input"]), defaultNote: "result",
      "With input, the stage is run for its effect and the item goes on unchanged."),
    Field(
      "fanout", fanout, defaultNote: "1",
      """
      How many work at once: a number, auto (the processors), or {workers, order, lookahead}. \
      Results are gathered in the order of the input unless order is none. lookahead: {lines, bytes} \
      bounds how far others may run ahead of the oldest unfinished item; without it 16 times the \
      workers but at least 64 lines, and 8MiB.
      """),
    Field(
      "timeout", timeout, defaultNote: "none",
      """
      The limit for one attempt at one item; or {attempt, item, idle, total}: item covers attempts \
      and pauses, idle is time without progress, total the stage's whole life.
      """),
    Field(
      "retry", retry, defaultNote: "1 attempt",
      """
      How many attempts an item gets; or {attempts, backoff, max_backoff, jitter, when}. The pause \
      doubles from backoff (100ms) up to max_backoff (30s) and with jitter is drawn from 0 up to \
      that. when names the failures that are tried again: \(Reading.causes.joined(separator: ", ")), \
      a status such as 3 or 429, a class such as 5xx; without it all are.
      """),
    Field(
      "rate", .rate, defaultNote: "none",
      "How many attempts may begin in a second, minute or hour, or {limit, burst}. Others wait."),
    Field(
      "on_error", onError, defaultNote: "fail",
      """
      What becomes of an item that failed: fail ends the run, skip drops the item, pass lets it go \
      on unchanged, collect puts an error record in its place, {default: X} what X gives \
      (an expression, or a text with placeholders), {dead_letter: PATH} writes an error record to a file, emptied at the start unless it is \
      {dead_letter: {path: PATH, append: true}}.
      """),
    Field(
      "max_errors", .oneOf([.int(0...Int.max), .string]), defaultNote: "none",
      """
      How many failures on_error may absorb before the stage fails all the same: a number, or a \
      percentage such as 1%, judged in order from the 1000th item on and at the end.
      """),
    Field(
      "queue", queue, defaultNote: "16384 lines, 1MiB",
      """
      The capacity of the queue into the stage: lines, or {lines, bytes}. One line larger than bytes \
      is let through alone. 1 hands over one line at a time.
      """),
  ]

  /// Those that are a stage's own.
  package static let withoutDefault = ["name", "if", "from", "into", "results"]

  private static let workers = FieldType.oneOf([.int(1...65_536), .choice(["auto"])])

  private static let fanout = FieldType.oneOf([
    .int(1...65_536), .choice(["auto"]),
    .fields([
      Field("workers", workers, required: true, "How many work at once."),
      Field("order", .choice(["input", "none"]), default: "input", "Whether results keep order."),
      Field(
        "lookahead",
        .fields([
          Field("lines", .int(1...Int.max), "How many items may be ahead."),
          Field("bytes", .size(1...Int.max), "How many bytes of results may wait."),
        ]), "How far others may run ahead of the oldest unfinished item."),
    ]),
  ])

  private static let timeout = FieldType.oneOf([
    positiveDuration,
    .fields([
      Field("attempt", positiveDuration, "For one attempt at one item."),
      Field("item", positiveDuration, "For one item, with all attempts and pauses."),
      Field("idle", positiveDuration, "For silence within an attempt."),
      Field("total", positiveDuration, "For the stage's whole life."),
    ]),
  ])

  private static let retry = FieldType.oneOf([
    .int(1...1_000_000),
    .fields([
      Field("attempts", .int(1...1_000_000), required: true, "The first one counted."),
      Field("backoff", .anyDuration, default: "100ms", "The pause before the second attempt."),
      Field("max_backoff", .anyDuration, default: "30s", "What the pause grows to."),
      Field("jitter", .bool, default: "true", "Whether the pause is drawn from 0 up to its value."),
      Field("when", .list(of: .string), "The failures that are tried again."),
    ]),
  ])

  /// What can be done about an item that no stage has had yet, or has had for the last time.
  static let endPolicy = FieldType.oneOf([
    .choice(["fail", "skip", "collect"]), .fields([deadLetter]),
  ])

  private static let onError = FieldType.oneOf([
    .choice(["fail", "skip", "pass", "collect"]),
    .fields([
      Field("default", .template, "The value or text that takes the item's place."), deadLetter,
    ]),
  ])

  private static let deadLetter = Field(
    "dead_letter",
    .oneOf([
      .writtenPath,
      .fields([
        Field("path", .writtenPath, required: true, "The file."),
        Field("append", .bool, default: "false", "Whether what the file holds is kept."),
      ]),
    ]), "The file that the error record is written to.")

  private static let queue = FieldType.oneOf([
    .int(1...Int.max),
    .fields([
      Field("lines", .int(1...Int.max), default: "16384", "How many lines."),
      Field("bytes", .size(1...Int.max), default: "1MiB", "How many bytes."),
    ]),
  ])
}

extension CommonKeyTable {
  /// Why a stage of this class has no use for the key; nil if it takes it.
  package static func refusal(of key: String, in stageClass: StageClass) -> String? {
    switch stageClass {
    case .lineWise: nil
    case .inLine: inLineRefusals[key]
    case .gathering: gatheringRefusals[key]
    }
  }

  /// The same for a stage as written: what its manual refuses counts too, and what it takes all the
  /// same, as far as the fields that are given allow it.
  package static func refusal(
    of key: String, by manual: StageManual, in stageClass: StageClass, with given: Arguments? = nil
  ) -> String? {
    if let refusal = manual.refusals.first(where: { $0.key == key }) { return refusal.reason }
    let reason = refusal(of: key, in: stageClass)
    guard let reason, let allowance = manual.allowances.first(where: { $0.key == key }) else {
      return reason
    }
    guard let given, let field = allowance.field, !given.isGiven(field) else { return nil }
    return "\(reason); only with '\(field)' it may be given"
  }

  /// The `on_error` policies for which an item must have a place among the results.
  static let placePolicies: Set = ["pass", "collect", "default"]

  private static let inLineRefusals = [
    "fanout":
      "it takes one item after another and remembers, and a copy would see only some of them",
    "retry":
      "when an item fails it has been remembered already, and a second attempt would count it twice",
    "timeout": "it gives each result at once, so there is no attempt to cut short",
    "rate": "it makes no attempts; put 'throttle' before it",
    "emit": "what it gives is the stream itself, not a result beside it",
    "from": "what it gives is the items themselves",
    "into": "what it gives is the items themselves",
    "results": "what it gives is the items themselves",
  ]

  private static let gatheringRefusals = [
    "if": "its results come from many items, and one that went by would have no place among them",
    "fanout": "its results come from many items, and a copy would see only some of them",
    "retry": "its results come from many items, and there is no single attempt to repeat",
    "timeout": "its results come from many items, and there is no single attempt to cut short",
    "rate": "it makes no attempts; put 'throttle' before it",
    "emit": "its results come from many items, and it must hold these to make them",
    "from": "its results come from many items; its own expressions say what it looks at",
    "into": "its results come from many items, and are fields of none",
    "results": "its results come from many items, and are fields of none",
  ]
}
