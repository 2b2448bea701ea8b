import Lines
package import PipelineModel
import YAMLTree

package enum Trim: StageKind {
  package static let manual = StageManual(
    kind: "trim", chapter: .lines, stageClass: .lineWise,
    summary: "Takes white space, or other characters, off the ends of each line.",
    description: [
      "White space is what ASCII has of it: space, tab, carriage return, vertical tab, form feed."
    ],
    fields: [
      Field("side", .choice(["both", "start", "end"]), default: "both", "Which ends."),
      Field(
        "characters", .string, defaultNote: "white space",
        "The characters that are taken off, in any order and number."),
    ],
    shorthand: "side", allowsBareWord: true,
    examples: [
      StageManual.Example(stage: "trim", input: "  a b \t\n", output: "a b\n"),
      StageManual.Example(
        stage: "trim: {side: end, characters: '/.'}", input: "/a/./\n", output: "/a\n"),
    ], worksOnText: true)

  package static func build(
    _ stage: StageDefinition, _ setting: Setting
  ) throws(Diagnostic) -> Work {
    let side = stage.arguments.string("side") ?? "both"
    let characters = stage.arguments.string("characters") ?? " \t\r\n\u{0B}\u{0C}"
    if characters.isEmpty {
      throw Diagnostic(
        "there is no character to take off", at: stage.arguments.place("characters"),
        remedy: "leave 'characters' out to take off white space")
    }
    let transform = TrimTransform(
      start: side != "end", end: side != "start",
      // Scalars, since a character of several would be one that no line can be divided at.
      characters: characters.unicodeScalars.map { Array(String($0).utf8) })
    return .transform { transform }
  }
}

struct TrimTransform: Transform {
  let start: Bool
  let end: Bool
  /// For ASCII: whether the byte is taken off.
  private let bytes: [Bool]
  /// The other characters.
  private let sequences: [[UInt8]]

  init(start: Bool, end: Bool, characters: [[UInt8]]) {
    self.start = start
    self.end = end
    var bytes = [Bool](repeating: false, count: 256)
    for character in characters where character.count == 1 { bytes[Int(character[0])] = true }
    self.bytes = bytes
    sequences = characters.filter { $0.count > 1 }
  }

  mutating func process(
    _ batch: Batch, _ cursor: inout Cursor, upTo end: Int, into out: inout BatchBuilder
  ) throws(Failure) -> Progress {
    while cursor.item < end {
      if out.isFull { return .full }
      out.keep(batch, cursor.item, bytes: batch.withLine(cursor.item, kept))
      cursor.advance()
    }
    return .done
  }

  private func kept(_ line: RawSpan) -> Range<Int> {
    var lower = 0
    var upper = line.byteCount
    while start, lower < upper {
      if bytes[Int(line[lower])] {
        lower += 1
      } else if let sequence = sequences.first(where: { line.stands($0, at: lower) }) {
        lower += sequence.count
      } else {
        break
      }
    }
    while end, lower < upper {
      if bytes[Int(line[upper - 1])] {
        upper -= 1
      } else if let sequence = sequences.first(where: {
        upper - $0.count >= lower && line.stands($0, at: upper - $0.count)
      }) {
        upper -= sequence.count
      } else {
        break
      }
    }
    return lower..<upper
  }
}
