import Lines
package import PipelineModel

package enum Join: StageKind {
  package static let manual = StageManual(
    kind: "join", chapter: .lines, stageClass: .gathering,
    summary: "Makes one line of several.",
    description: [
      """
      Without 'size' the whole stream becomes one line, which comes at its end; with it every so many \
      lines do, and what is left at the end. The line has the number of the first one in it. It waits \
      for its lines: nothing is given before they are there. An empty stream gives no line.
      """
    ],
    fields: [
      Field("with", .string, default: "','", "What stands between the lines."),
      Field(
        "size", .int(1...Int.max), defaultNote: "the whole stream", "How many lines become one."),
    ],
    shorthand: "with", allowsBareWord: true,
    examples: [
      StageManual.Example(
        stage: "join: {with: ' ', size: 2}", input: "a\nb\nc\n", output: "a b\nc\n")
    ],
    holds: "Holds the lines of one result, at most max_line.", worksOnText: true)

  package static func build(
    _ stage: StageDefinition, _ setting: Setting
  ) throws(Diagnostic) -> Work {
    let separator = Array((stage.arguments.string("with") ?? ",").utf8)
    let size = stage.arguments.int("size")
    return .transform { JoinTransform(separator: separator, size: size, setting: setting) }
  }
}

struct JoinTransform: Transform {
  let separator: [UInt8]
  let size: Int?
  let setting: Setting
  private var text: [UInt8] = []
  private var count = 0
  /// The first line of those held: its number, and where it came from.
  private var first = Batch()
  private var mayDivide = false

  init(separator: [UInt8], size: Int?, setting: Setting) {
    self.separator = separator
    self.size = size
    self.setting = setting
  }

  mutating func process(
    _ batch: Batch, _ cursor: inout Cursor, upTo end: Int, into out: inout BatchBuilder
  ) throws(Failure) -> Progress {
    if batch.hasInnerDelimiters { mayDivide = true }
    while cursor.item < end {
      if out.isFull { return .full }
      let added = batch.length(cursor.item) + (count == 0 ? 0 : separator.count)
      if text.count + added > setting.maxLine { throw .resultTooLarge(setting) }
      if count == 0 {
        first = batch.slice(cursor.item..<cursor.item + 1).compacted()
      } else {
        text += separator
      }
      batch.withLine(cursor.item) { text.append($0) }
      count += 1
      cursor.advance()
      if count == size { give(into: &out) }
    }
    return .done
  }

  mutating func finish(into out: inout BatchBuilder) throws(Failure) -> Progress {
    if count > 0 { give(into: &out) }
    return .done
  }

  private mutating func give(into out: inout BatchBuilder) {
    out.append(text)
    out.endLine(number: first.number(0))
    out.inherit(from: first)
    if mayDivide || separator.contains(setting.delimiter) { out.noteInnerDelimiters() }
    text.removeAll(keepingCapacity: true)
    count = 0
  }
}
