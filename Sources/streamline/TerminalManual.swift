/// A manual as plain text, 80 columns wide.
extension ManualPage {
  var plainText: String {
    var blocks: [String] = []
    for part in parts {
      switch part {
      case .section(let title): blocks.append(title)
      case .paragraph(let text): blocks.append(Self.filled(text, margin: 2))
      case .literal(let text): blocks.append(text.visible.indented(by: 6))
      case .terms(let terms):
        for (term, kind, text) in terms {
          let head =
            kind.isEmpty ? "  \(term)" : Self.filled("\(term): \(kind)", margin: 2, hang: 4)
          blocks.append("\(head)\n\(Self.filled(text, margin: 6))")
        }
      }
    }
    return blocks.joined(separator: "\n\n") + "\n"
  }

  /// Words in lines of at most 80 columns; `hang` is the margin of all lines but the first.
  static func filled(_ text: String, margin: Int, hang: Int? = nil) -> String {
    var lines: [String] = []
    var line = String(repeating: " ", count: margin)
    var isEmpty = true
    for word in text.split(whereSeparator: { $0 == " " || $0 == "\n" }) {
      if !isEmpty, line.count + 1 + word.count > 80 {
        lines.append(line)
        line = String(repeating: " ", count: hang ?? margin)
        isEmpty = true
      }
      line += (isEmpty ? "" : " ") + word
      isEmpty = false
    }
    return (lines + [line]).joined(separator: "\n")
  }
}

extension String {
  /// Tabs and other control characters of an example as they would be typed in YAML.
  fileprivate var visible: String {
    unicodeScalars.reduce(into: "") { text, scalar in
      switch scalar {
      case "\t": text += "\\t"
      case "\n": text += "\n"
      case "\u{0}"..."\u{1F}": text += scalar.escaped(asASCII: true)
      default: text.unicodeScalars.append(scalar)
      }
    }
  }
}
