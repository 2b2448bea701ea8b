package import PipelineModel

package enum Group: StageKind {
  package static let manual = StageManual(
    kind: "stages", chapter: .concurrency, stageClass: .lineWise,
    summary: "Makes several stages one to the common keys.",
    description: [
      """
      'fanout: 4' runs four of the group at once, 'timeout' limits one line's way through all of it, \
      'if' leads lines around it. With a key that acts on an item (fanout, timeout, retry, on_error, \
      emit) each line's way through the group is its own, and stages that count, hold or join lines \
      are refused in it. Without one the group is a part of the stream like any other.
      """
    ],
    fields: [Field("stages", .stages, required: true, "The stages, in order.")],
    shorthand: "stages",
    examples: [
      StageManual.Example(stage: "stages: [trim, upper]", input: " a\n", output: "A\n")
    ])

  package static func build(
    _ stage: StageDefinition, _ setting: Setting
  ) throws(Diagnostic) -> Work {
    .group
  }
}
