package import PipelineModel

package enum GatherStage: StageKind {
  package static let manual = StageManual(
    kind: "gather", chapter: .concurrency, stageClass: .lineWise,
    summary: "Sends each item to several branches at once and gathers their results.",
    description: [
      """
      The result is a record: each branch gives the field of its name, in the order they are written. \
      A list of branches gives a list. One result of each branch is wanted: none is null, and two or \
      more fail the item; with 'results: list' each branch gives a list of its results. A line is a \
      string there, a record what it is.
      """,
      """
      The branches work at the same time, each with the item. A failure of one ends the others at \
      once, and the item has failed, whatever the others did; 'on_error' within a branch keeps it to \
      that branch. In a branch each item goes its own way, so that stages that count, hold or join \
      items are refused there. A branch 'geo' of a stage 'enrich' is called enrich/geo in messages, \
      mocks and counters; those of a list have numbers, from 1.
      """,
    ],
    fields: [
      Field(
        "branches", .oneOf([.mapping(of: .stages), .list(of: .stages)]), required: true,
        "The stages of each branch, by name or as a list of lists.")
    ],
    shorthand: "branches",
    examples: [
      StageManual.Example(
        stage: "gather:\n  loud: [upper]\n  length: [map: size(this)]", input: "ann\n",
        output: "{\"loud\":\"ANN\",\"length\":3}\n"),
      StageManual.Example(
        stage: "gather:\n  - [upper]\n  - [trim]", input: "ann\n", output: "[\"ANN\",\"ann\"]\n"),
    ],
    takesResultsAsValues: true, inner: .items)

  package static func build(
    _ stage: StageDefinition, _ setting: Setting
  ) throws(Diagnostic) -> Work {
    .gather(
      GatherPlan(
        names: stage.arguments.mapping("branches")?.map(\.name), form: stage.common.results))
  }
}
