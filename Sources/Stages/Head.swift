import Lines
package import PipelineModel

package enum Head: StageKind {
  package static let manual = StageManual(
    kind: "head", chapter: .lines, stageClass: .inLine,
    summary: "Keeps the first lines and ends the stream behind them.",
    description: [
      """
      With its last line what is before it in the pipeline is ended, so a pipeline with it ends even \
      on a source that never does. With 'if' it does not end the stream: lines for which it is true \
      are dropped once there are enough.
      """
    ],
    fields: [Field("count", .int(0...Int.max), default: "10", "How many lines.")],
    shorthand: "count", allowsBareWord: true,
    examples: [StageManual.Example(stage: "head: 2", input: "a\nb\nc\n", output: "a\nb\n")])

  package static func build(
    _ stage: StageDefinition, _ setting: Setting
  ) throws(Diagnostic) -> Work {
    let count = stage.arguments.int("count") ?? 10
    return .transform { HeadTransform(left: count) }
  }
}

struct HeadTransform: Transform {
  /// How many lines are still wanted.
  var left: Int

  mutating func process(
    _ batch: Batch, _ cursor: inout Cursor, upTo end: Int, into out: inout BatchBuilder
  ) throws(Failure) -> Progress {
    let taken = min(left, end - cursor.item)
    out.keepAll(batch, cursor.item..<cursor.item + taken)
    if taken > 0 { cursor = Cursor(item: cursor.item + taken) }
    left -= taken
    return left == 0 ? .enough : .done
  }
}
