import Lines
package import PipelineModel

package enum Upper: StageKind {
  package static let manual = StageManual(
    kind: "upper", chapter: .lines, stageClass: .lineWise,
    summary: "Writes every letter in upper case.", description: CaseTransform.description,
    allowsBareWord: true,
    examples: [StageManual.Example(stage: "upper", input: "größe 1\n", output: "GRÖSSE 1\n")],
    worksOnText: true)

  package static func build(
    _ stage: StageDefinition, _ setting: Setting
  ) throws(Diagnostic) -> Work {
    .transform { CaseTransform(isUpper: true, setting: setting) }
  }
}

package enum Lower: StageKind {
  package static let manual = StageManual(
    kind: "lower", chapter: .lines, stageClass: .lineWise,
    summary: "Writes every letter in lower case.", description: CaseTransform.description,
    allowsBareWord: true,
    examples: [StageManual.Example(stage: "lower", input: "GRÖSSE 1\n", output: "grösse 1\n")],
    worksOnText: true)

  package static func build(
    _ stage: StageDefinition, _ setting: Setting
  ) throws(Diagnostic) -> Work {
    .transform { CaseTransform(isUpper: false, setting: setting) }
  }
}

struct CaseTransform: Transform {
  let isUpper: Bool
  let setting: Setting
  /// What characters beyond ASCII become: asking Unicode's tables makes a string each time.
  private var known: [Unicode.Scalar: [UInt8]] = [:]

  static let description = [
    """
    Letters are those of Unicode, each mapped on its own and by no language's rules: in upper case \
    'ß' is 'SS'. Bytes that are not UTF-8 pass unchanged.
    """
  ]

  init(isUpper: Bool, setting: Setting) {
    self.isUpper = isUpper
    self.setting = setting
  }

  mutating func process(
    _ batch: Batch, _ cursor: inout Cursor, upTo end: Int, into out: inout BatchBuilder
  ) throws(Failure) -> Progress {
    while cursor.item < end {
      if out.isFull { return .full }
      batch.withLine(cursor.item) { line in
        if !out.append(line, isUpper: isUpper) {
          out.abandonLine()
          map(line, into: &out)
        }
      }
      try out.endResult(like: batch, cursor.item, setting)
      cursor.advance()
    }
    return .done
  }

  private mutating func map(_ line: RawSpan, into out: inout BatchBuilder) {
    var offset = 0
    while offset < line.byteCount {
      let start = offset
      while offset < line.byteCount, line[offset] < 0x80 { offset += 1 }
      _ = out.append(line.extracting(start..<offset), isUpper: isUpper)
      if offset == line.byteCount { return }
      let width = utf8Width(line, offset)
      let character = line.extracting(offset..<offset + width)
      if width > 1, let scalar = character.text.unicodeScalars.first {
        out.append(mapped(scalar))
      } else {
        out.append(character)
      }
      offset += width
    }
  }

  private mutating func mapped(_ scalar: Unicode.Scalar) -> [UInt8] {
    if let bytes = known[scalar] { return bytes }
    let properties = scalar.properties
    let bytes = Array((isUpper ? properties.uppercaseMapping : properties.lowercaseMapping).utf8)
    known[scalar] = bytes
    return bytes
  }
}
