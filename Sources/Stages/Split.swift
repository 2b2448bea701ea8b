import Lines
package import PipelineModel
import YAMLTree

package enum Split: StageKind {
  package static let manual = StageManual(
    kind: "split", chapter: .lines, stageClass: .lineWise,
    summary: "Makes several lines of one.",
    description: [
      """
      The line is divided wherever the text under 'on' stands, which is left out. A line without it \
      passes unchanged; two of them side by side give an empty line. All parts keep the number of \
      their line.
      """
    ],
    fields: [
      Field("on", .string, required: true, "The text at which the line is divided.")
    ],
    shorthand: "on",
    examples: [
      StageManual.Example(stage: "split: ','", input: "a,b,,c\nd\n", output: "a\nb\n\nc\nd\n")
    ], worksOnText: true)

  package static func build(
    _ stage: StageDefinition, _ setting: Setting
  ) throws(Diagnostic) -> Work {
    let separator = Array((stage.arguments.string("on") ?? "").utf8)
    if separator.isEmpty {
      throw Diagnostic(
        "the text to divide at is empty", at: stage.arguments.place("on"),
        remedy: "write the separator: split: ','")
    }
    return .transform { SplitTransform(separator: separator) }
  }
}

/// `cursor.inner` is where the next part begins.
struct SplitTransform: Transform {
  let separator: [UInt8]

  mutating func process(
    _ batch: Batch, _ cursor: inout Cursor, upTo end: Int, into out: inout BatchBuilder
  ) throws(Failure) -> Progress {
    while cursor.item < end {
      let isDone = batch.withLine(cursor.item) { line in
        while !out.isFull {
          guard let hit = line.firstOffset(of: separator, from: cursor.inner) else {
            out.keep(batch, cursor.item, bytes: cursor.inner..<line.byteCount)
            return true
          }
          out.keep(batch, cursor.item, bytes: cursor.inner..<hit)
          cursor.inner = hit + separator.count
        }
        return false
      }
      if !isDone { return .full }
      cursor.advance()
    }
    return .done
  }
}
