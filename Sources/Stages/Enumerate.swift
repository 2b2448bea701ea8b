import Lines
package import PipelineModel

package enum Enumerate: StageKind {
  package static let manual = StageManual(
    kind: "enumerate", chapter: .lines, stageClass: .inLine,
    summary: "Puts a number before each line.",
    description: [
      "The lines that reach the stage are counted, whatever number they had in the input; as it "
        + "stands it agrees with nl -ba."
    ],
    fields: [
      Field("start", .int(Int.min / 2...Int.max / 2), default: "1", "The first number."),
      Field(
        "width", .int(0...1000), default: "6",
        "Shorter numbers are filled up with spaces before them."),
      Field("separator", .string, default: "\"\\t\"", "What stands between number and line."),
    ],
    shorthand: "start", allowsBareWord: true,
    examples: [
      StageManual.Example(
        stage: "enumerate: {start: 9, width: 2, separator: ') '}", input: "a\nb\n",
        output: " 9) a\n10) b\n")
    ], worksOnText: true)

  package static func build(
    _ stage: StageDefinition, _ setting: Setting
  ) throws(Diagnostic) -> Work {
    let transform = EnumerateTransform(
      next: stage.arguments.int("start") ?? 1, width: stage.arguments.int("width") ?? 6,
      separator: Array((stage.arguments.string("separator") ?? "\t").utf8), setting: setting)
    return .transform { transform }
  }
}

struct EnumerateTransform: Transform {
  var next: Int
  let width: Int
  let separator: [UInt8]
  let setting: Setting
  /// The number as it is written, counted up in place while it has no sign.
  private var digits: [UInt8] = []

  init(next: Int, width: Int, separator: [UInt8], setting: Setting) {
    self.next = next
    self.width = width
    self.separator = separator
    self.setting = setting
    digits = EnumerateTransform.written(next, width)
  }

  mutating func process(
    _ batch: Batch, _ cursor: inout Cursor, upTo end: Int, into out: inout BatchBuilder
  ) throws(Failure) -> Progress {
    let mayDivide = separator.contains(0x0A)
    while cursor.item < end {
      if out.isFull { return .full }
      out.append(digits)
      out.append(separator)
      batch.withLine(cursor.item) { out.append($0) }
      count()
      try out.endResult(like: batch, cursor.item, setting)
      if mayDivide { out.noteInnerDelimiters() }
      cursor.advance()
    }
    return .done
  }

  private mutating func count() {
    next &+= 1
    if next > 1, let last = digits.last, last < UInt8(ascii: "9") {
      digits[digits.count - 1] = last + 1
    } else {
      digits = EnumerateTransform.written(next, width)
    }
  }

  private static func written(_ number: Int, _ width: Int) -> [UInt8] {
    let digits = Array(String(number).utf8)
    return [UInt8](repeating: UInt8(ascii: " "), count: max(0, width - digits.count)) + digits
  }
}
