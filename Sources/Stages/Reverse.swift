import Lines
package import PipelineModel

package enum Reverse: StageKind {
  package static let manual = StageManual(
    kind: "reverse", chapter: .lines, stageClass: .gathering,
    summary: "Gives the lines from last to first, at the end of the stream.",
    allowsBareWord: true,
    examples: [StageManual.Example(stage: "reverse", input: "a\nb\n", output: "b\na\n")],
    holds: "Holds the whole stream in memory.")

  package static func build(
    _ stage: StageDefinition, _ setting: Setting
  ) throws(Diagnostic) -> Work {
    .transform { ReverseTransform() }
  }
}

struct ReverseTransform: Transform {
  private var held = HeldBatches()
  /// The batch that is being given, and how many of its items are left.
  private var current = Batch()
  private var left = 0

  mutating func process(
    _ batch: Batch, _ cursor: inout Cursor, upTo end: Int, into out: inout BatchBuilder
  ) throws(Failure) -> Progress {
    held.append(batch.slice(cursor.item..<end))
    cursor = Cursor(item: end)
    return .done
  }

  mutating func finish(into out: inout BatchBuilder) throws(Failure) -> Progress {
    if left == 0 {
      guard let next = held.popLast() else { return .done }
      current = next
      left = next.count
    }
    // One batch at a time: items of one storage are shared, those of another would be copied.
    while left > 0, !out.isFull {
      left -= 1
      out.keep(current, left)
    }
    return .full
  }
}
