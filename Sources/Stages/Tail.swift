import Lines
package import PipelineModel

package enum Tail: StageKind {
  package static let manual = StageManual(
    kind: "tail", chapter: .lines, stageClass: .gathering,
    summary: "Keeps the last lines, which come at the end of the stream.",
    fields: [Field("count", .int(0...Int.max), default: "10", "How many lines.")],
    shorthand: "count", allowsBareWord: true,
    examples: [StageManual.Example(stage: "tail: 2", input: "a\nb\nc\n", output: "b\nc\n")],
    holds: "Holds the last lines, as many as it will give.")

  package static func build(
    _ stage: StageDefinition, _ setting: Setting
  ) throws(Diagnostic) -> Work {
    let count = stage.arguments.int("count") ?? 10
    return .transform { TailTransform(wanted: count) }
  }
}

struct TailTransform: Transform {
  let wanted: Int
  private var held = HeldBatches()

  init(wanted: Int) { self.wanted = wanted }

  mutating func process(
    _ batch: Batch, _ cursor: inout Cursor, upTo end: Int, into out: inout BatchBuilder
  ) throws(Failure) -> Progress {
    held.append(batch.slice(max(cursor.item, end - wanted)..<end))
    if held.count > wanted { held.dropFirst(held.count - wanted) }
    cursor = Cursor(item: end)
    return .done
  }

  mutating func finish(into out: inout BatchBuilder) throws(Failure) -> Progress {
    guard let batch = held.popFirst() else { return .done }
    out.keepAll(batch, 0..<batch.count)
    return .full
  }
}
