package import PipelineModel

package enum StartStage: StageKind {
  package static let manual = StageManual(
    kind: "start", chapter: .concurrency, stageClass: .lineWise,
    summary: "Begins work on each item; 'await' collects the result further down.",
    description: [
      """
      The item goes on at once, as it is, while the work is done. The one 'await' of this name stands \
      in the same list of stages, and between the two only stages that take one item after another \
      and keep their order. An item goes on when a worker has begun with it, so that 'fanout' is how \
      many are worked on at once and 'lookahead' how many may be begun and not yet collected.
      """,
      """
      Time limits, retries, 'rate' and 'on_error' are those of the work. A failure of it takes its \
      place at 'await', not before, since the item may yet be dropped: work on an item that is dropped \
      in between is cancelled, and so is its failure. Items for which 'if' is false are not worked on.
      """,
    ],
    fields: [
      Field("work", .mapping(of: .stages), required: true, "One name, and the stages of the work.")
    ],
    shorthand: "work",
    examples: [
      StageManual.Example(
        stage: "stages:\n  - start: {length: [map: size(this)]}\n  - upper\n"
          + "  - map: {name: this}\n  - {await: length, into: length}",
        input: "ann\n", output: "{\"name\":\"ANN\",\"length\":3}\n")
    ],
    refusals: [
      StageManual.Refusal("into", "the item goes on unchanged, and 'await' takes the result"),
      StageManual.Refusal("results", "the item goes on unchanged, and 'await' takes the result"),
      StageManual.Refusal("emit", "the item goes on unchanged in any case"),
    ],
    inner: .items)

  package static func build(
    _ stage: StageDefinition, _ setting: Setting
  ) throws(Diagnostic) -> Work {
    .start
  }
}

package enum AwaitStage: StageKind {
  package static let manual = StageManual(
    kind: "await", chapter: .concurrency, stageClass: .lineWise,
    summary: "Collects the result of work that 'start' began on the item.",
    description: [
      """
      The result takes the item's place, or with 'into' becomes a field of it. One result is wanted: \
      none is null, and two or more fail the item unless 'results: list' takes them all. Where the \
      item was split in between, all its parts share the one result. Items that the work was not begun \
      for go by.
      """,
      "A failure of the work is one of this stage, and 'on_error' says what becomes of the item.",
    ],
    fields: [
      Field("work", .string, required: true, "The name that 'start' gave the work.")
    ],
    shorthand: "work",
    examples: [
      StageManual.Example(
        stage: "stages:\n  - start: {loud: [upper]}\n  - split: ','\n  - map: {part: this}\n"
          + "  - {await: loud, into: whole}",
        input: "a,b\n",
        output: "{\"part\":\"a\",\"whole\":\"A,B\"}\n{\"part\":\"b\",\"whole\":\"A,B\"}\n")
    ],
    refusals: [
      StageManual.Refusal("fanout", "the work is done already; 'fanout' stands at its 'start'"),
      StageManual.Refusal("timeout", "the work has been going on; its limit stands at its 'start'"),
      StageManual.Refusal("retry", "another attempt is made where the work is: at its 'start'"),
      StageManual.Refusal("rate", "attempts are made at its 'start'"),
      StageManual.Refusal("from", "it is given nothing but the result"),
      StageManual.Refusal("emit", "an item whose result is not wanted needs no 'await'"),
    ],
    takesResultsAsValues: true)

  package static func build(
    _ stage: StageDefinition, _ setting: Setting
  ) throws(Diagnostic) -> Work {
    .await(name: stage.arguments.string("work") ?? "", form: stage.common.results)
  }
}
