/// A manual in mdoc(7), the language of man pages.
extension ManualPage {
  /// The parts as lines of mdoc, to stand under a title.
  var mdoc: [String] {
    var lines: [String] = []
    /// `.Pp` is only right between blocks of text: after a title it is none.
    var needsParagraph = false
    for part in parts {
      switch part {
      case .section(let title):
        lines += [".Pp", ".Sy \(Mdoc.text(title))"]
      case .paragraph(let text):
        if needsParagraph { lines.append(".Pp") }
        lines += Mdoc.sentences(text)
      case .literal(let text):
        lines += [".Bd -literal -offset indent"]
        lines += text.split(separator: "\n", omittingEmptySubsequences: false).map {
          Mdoc.text(String($0))
        }
        lines += [".Ed"]
      case .terms(let terms): lines += Mdoc.list(terms)
      }
      needsParagraph = true
    }
    return lines
  }
}

enum Mdoc {
  static func list(_ terms: [(term: String, kind: String, text: String)]) -> [String] {
    var lines = [".Bl -tag -width Ds"]
    for (term, kind, text) in terms {
      let type = kind.isEmpty ? "" : " No \(argument("(\(kind))"))"
      lines.append(".It Cm \(argument(term))\(type)")
      lines += sentences(text)
    }
    return lines + [".El"]
  }

  /// One sentence a line, as mandoc asks for, so that it can space them.
  static func sentences(_ text: String) -> [String] {
    var sentences: [String] = []
    var sentence = ""
    for word in text.split(whereSeparator: { $0 == " " || $0 == "\n" }) {
      sentence += (sentence.isEmpty ? "" : " ") + word
      if let last = word.last, ".!?".contains(last), word.count > 1 {
        sentences += lines(sentence)
        sentence = ""
      }
    }
    if !sentence.isEmpty { sentences += lines(sentence) }
    return sentences
  }

  /// A sentence in lines of at most 80 bytes with what is escaped.
  private static func lines(_ sentence: String) -> [String] {
    var lines: [String] = []
    for word in sentence.split(separator: " ").map({ text(String($0)) }) {
      if let last = lines.last, last.utf8.count + 1 + word.utf8.count <= 78 {
        lines[lines.count - 1] = last + " " + word
      } else {
        lines.append(word)
      }
    }
    return lines
  }

  /// Text that stays text: backslashes, and a dot or quote that would begin a macro.
  static func text(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": result += "\\e"
      case "-": result += "\\-"
      case "'": result += "\\(aq"
      case "`": result += "\\(ga"
      case "^": result += "\\(ha"
      case "~": result += "\\(ti"
      case "…": result += "..."
      case "\t": result += "\\et"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result.hasPrefix(".") ? "\\&" + result : result
  }

  /// The argument of a macro, in quotes where it has spaces.
  static func argument(_ text: String) -> String {
    text.contains(" ") ? "\"\(self.text(text))\"" : self.text(text)
  }
}
