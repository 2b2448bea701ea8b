import YAMLTree

extension Diagnostic {
  /// The message as a person reads it, without a last newline:
  ///
  ///     pipeline.yaml:14:5: error: 'fanuot' is no key of a stage
  ///      14 |     fanuot: 16
  ///         |     ^
  ///         = did you mean 'fanout'?
  package var rendered: String { rendered(after: "", namingErrors: true) }

  /// The same after a prefix; with `namingErrors` false only warnings say what they are.
  package func rendered(after prefix: String, namingErrors: Bool) -> String {
    var lines: [String] = []
    let head = place.map { "\($0): " } ?? ""
    let severity = namingErrors || self.severity != .error ? "\(self.severity.rawValue): " : ""
    lines.append("\(prefix)\(head)\(severity)\(message)")
    var margin = " "
    if let place, let text = place.source.line(place.line) {
      let (shown, caret) = Excerpt(text, column: place.column).lines
      let number = "\(place.line)"
      margin = String(repeating: " ", count: number.count + 1)
      lines.append(" \(number) | \(shown)")
      lines.append("\(margin) | \(caret)")
    }
    if let remedy { lines.append("\(margin) = \(remedy)") }
    return lines.joined(separator: "\n")
  }
}

/// A source line and the line with the caret below it.
private struct Excerpt {
  let lines: (String, String)

  /// Long lines are cut around the column: what matters must fit on a terminal.
  init(_ text: String, column: Int) {
    let characters = Array(text.unicodeScalars)
    let index = min(max(column - 1, 0), characters.count)
    let first = max(0, index - 60)
    let last = min(characters.count, first + 120)
    var shown = first > 0 ? "…" : ""
    var caret = first > 0 ? " " : ""
    for position in first..<last {
      let scalar = characters[position]
      shown += Excerpt.visible(scalar)
      if position < index { caret += Excerpt.blank(for: scalar) }
    }
    lines = (shown + (last < characters.count ? "…" : ""), caret + "^")
  }

  /// Control characters are shown by their pictures: a terminal would act on them.
  private static func visible(_ scalar: Unicode.Scalar) -> String {
    switch scalar.value {
    case 0x09: "\t"
    case 0..<0x20: Unicode.Scalar(0x2400 + scalar.value).map { String($0) } ?? "?"
    case 0x7F..<0xA0: "\u{FFFD}"
    default: String(scalar)
    }
  }

  /// As wide as the character: a tab stays a tab, East Asian wide characters take two columns.
  private static func blank(for scalar: Unicode.Scalar) -> String {
    if scalar == "\t" { return "\t" }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: return ""
    default: return isWide(scalar) ? "  " : " "
    }
  }

  /// The blocks that Unicode's EastAsianWidth.txt gives as W or F, roughly.
  private static func isWide(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF,
      0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F900...0x1F9FF,
      0x20000...0x3FFFD:
      true
    default: false
    }
  }
}
