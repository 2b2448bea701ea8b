import Lines
package import PipelineModel

package enum Skip: StageKind {
  package static let manual = StageManual(
    kind: "skip", chapter: .lines, stageClass: .inLine,
    summary: "Drops the first lines.",
    fields: [Field("count", .int(0...Int.max), default: "1", "How many lines.")],
    shorthand: "count", allowsBareWord: true,
    examples: [StageManual.Example(stage: "skip: 1", input: "name;age\nann;7\n", output: "ann;7\n")]
  )

  package static func build(
    _ stage: StageDefinition, _ setting: Setting
  ) throws(Diagnostic) -> Work {
    let count = stage.arguments.int("count") ?? 1
    return .transform { SkipTransform(left: count) }
  }
}

struct SkipTransform: Transform {
  /// How many lines are still to be dropped.
  var left: Int

  mutating func process(
    _ batch: Batch, _ cursor: inout Cursor, upTo end: Int, into out: inout BatchBuilder
  ) throws(Failure) -> Progress {
    let dropped = min(left, end - cursor.item)
    left -= dropped
    out.keepAll(batch, cursor.item + dropped..<end)
    cursor = Cursor(item: end)
    return .done
  }
}
