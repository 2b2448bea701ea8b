package import PipelineModel

package enum SwitchStage: StageKind {
  package static let manual = StageManual(
    kind: "switch", chapter: .concurrency, stageClass: .lineWise,
    summary: "Sends each item to the first branch whose condition holds.",
    description: [
      """
      What comes out of the branches is merged back into the order of the input. An item that no \
      branch takes goes on unchanged; the last branch may leave 'when' out and takes all that is left.
      """,
      """
      The branches are streams, at work at the same time, and may hold any stage but 'pipe'. 'head' in \
      a branch ends that branch: further items for it are dropped, and the others go on. What a stage \
      gives at the end of its branch, as 'sort' and 'count' do, comes behind all else, in the order of \
      the branches. With a key that acts on an item (fanout, timeout, retry, on_error, …) each item's \
      way is its own, and stages that count, hold or join items are refused. Branches are called by \
      their 'name', or by number from 1, behind the stage's name: switch/1.
      """,
    ],
    fields: [
      Field(
        "cases",
        .list(
          of: .fields([
            Field(
              "when", .expression, defaultNote: "every item", "What is to be true of the item."),
            Field("name", .string, defaultNote: "its number", "What the branch is called."),
            Field("stages", .stages, required: true, "The stages of the branch."),
          ])), required: true, "The branches, in the order in which they are asked.")
    ],
    shorthand: "cases",
    examples: [
      StageManual.Example(
        stage: "switch:\n  - when: this.startsWith('#')\n    stages: [upper]\n"
          + "  - when: size(this) > 3\n    stages: [template: '{}!']",
        input: "# note\nann\nbert\n", output: "# NOTE\nann\nbert!\n")
    ],
    inner: .branches)

  package static func build(
    _ stage: StageDefinition, _ setting: Setting
  ) throws(Diagnostic) -> Work {
    let cases = stage.arguments.list("cases")?.compactMap(\.arguments) ?? []
    var tests: [(@Sendable () -> any Predicate)?] = []
    for one in cases {
      if let last = cases.last, last.place != one.place, one.argument("when") == nil {
        throw Diagnostic(
          "this branch has no 'when' and takes every item, so that those below it get none",
          at: one.place, remedy: "put it last, or say when")
      }
      guard let when = one.argument("when") else {
        tests.append(nil)
        continue
      }
      tests.append(try ExpressionPredicate.make(when, setting))
    }
    return .choose(tests)
  }
}
