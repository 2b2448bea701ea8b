package import PipelineModel

package enum Throttle: StageKind {
  package static let manual = StageManual(
    kind: "throttle", chapter: .concurrency, stageClass: .inLine,
    summary: "Lets lines through at a rate.",
    description: [
      """
      Lines wait for their turn, in order; none is dropped. The rate holds for the stage as it stands \
      in the file, in a group with 'fanout' too. After a pause 'burst' lines may follow at once.
      """
    ],
    fields: [
      Field("rate", .rate, required: true, "How many lines in what time: 10/s, 600/m."),
      Field("burst", .int(1...Int.max), defaultNote: "1", "How many may follow at once."),
    ],
    shorthand: "rate",
    examples: [StageManual.Example(stage: "throttle: 1000/s", input: "a\nb\n", output: "a\nb\n")])

  package static func build(
    _ stage: StageDefinition, _ setting: Setting
  ) throws(Diagnostic) -> Work {
    guard var rate = stage.arguments.rate("rate") else {
      throw Diagnostic("'throttle' needs a rate", at: stage.place)
    }
    if let burst = stage.arguments.int("burst") { rate.burst = burst }
    return .pace(rate)
  }
}
