import Lines
package import PipelineModel

package enum Delay: StageKind {
  package static let manual = StageManual(
    kind: "delay", chapter: .concurrency, stageClass: .lineWise,
    summary: "Lets each line wait a while.",
    description: [
      """
      One line after another waits, so that without 'fanout' a line goes on every so often; with it \
      as many wait at once.
      """
    ],
    fields: [Field("duration", .anyDuration, required: true, "How long.")],
    shorthand: "duration",
    examples: [StageManual.Example(stage: "delay: 1ms", input: "a\nb\n", output: "a\nb\n")])

  package static func build(
    _ stage: StageDefinition, _ setting: Setting
  ) throws(Diagnostic) -> Work {
    .perform(DelayPerformer(duration: stage.arguments.duration("duration") ?? .zero))
  }
}

struct DelayPerformer: Performer {
  let duration: Duration

  func perform(_ item: Item, _ attempt: any Attempt) async throws(Failure) {
    guard await attempt.sleep(for: duration) else { return }
    _ = await attempt.emit(item.batch)
  }
}
