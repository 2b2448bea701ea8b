package import PipelineModel

package enum Rescue: StageKind {
  package static let manual = StageManual(
    kind: "rescue", chapter: .concurrency, stageClass: .lineWise,
    summary: "Leads the error records that 'on_error: collect' left above it through stages.",
    description: [
      """
      An error record passes by every stage on its way. Here it goes in, as a record with the one \
      field 'error': this.error.stage, this.error.kind, this.error.line, this.error.message, \
      this.error.input (the item as it was, a text) and this.error.attempts can be looked at and \
      changed, and what comes out goes on in its place like any other item. All other items pass by. \
      With 'if' only those error records go in for which it is true. An item that fails within, under \
      'on_error: collect' there, is an error record again, for the next 'rescue'.
      """,
      """
      Without keys that act on an item the stages are a part of the stream; those whose results come \
      from many items are refused. With one (fanout, timeout, retry, on_error, …) each error record \
      goes its own way through them, as in 'stages'.
      """,
    ],
    fields: [Field("stages", .stages, required: true, "The stages, in order.")],
    shorthand: "stages",
    examples: [
      StageManual.Example(
        stage: "rescue:\n  - map: this.error.input + \" (\" + this.error.kind + \")\"",
        input: "a\n", output: "a\n")
    ],
    inner: .errors)

  package static func build(
    _ stage: StageDefinition, _ setting: Setting
  ) throws(Diagnostic) -> Work {
    .group
  }
}
