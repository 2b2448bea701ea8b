import YAMLTree

// What to write instead of a value that does not fit.

extension FieldType {
  /// What would be right, where the value shows what was meant.
  func remedy(for node: Node) -> String? {
    guard let scalar = node.scalar else { return collectionRemedy(node) }
    switch self {
    case .duration:
      if case .int = node.resolved { return "a duration needs a unit: \(scalar.text)s" }
      if let hours = Duration.inHours(scalar.text) { return "hours are the longest unit: \(hours)" }
      let short = Self.withShortUnits(scalar.text)
      return Duration(written: short).map { _ in "write \(short)" }
    case .rate:
      if case .int(let number) = node.resolved, number > 0 {
        return "a rate says in how long: \(number)/s"
      }
      let short = Self.withShortUnits(scalar.text)
      return Rate(written: short).map { _ in "write \(short)" }
    case .int, .double, .bool:
      let plain = CorePlain.resolve(scalar.text, source: node.source)
      if scalar.style != .plain, scalarValue(plain) != nil { return "leave the quotes out" }
      if case .bool = self, ["yes", "on", "y"].contains(scalar.text.lowercased()) {
        return "YAML 1.2 writes it true"
      }
      if case .bool = self, ["no", "off", "n"].contains(scalar.text.lowercased()) {
        return "YAML 1.2 writes it false"
      }
    case .choice(let words): return Spelling.hint(for: scalar.text, in: words)
    case .oneOf(let types):
      return types.lazy.compactMap { if case .fields = $0 { nil } else { $0.remedy(for: node) } }
        .first
    case .fields(let fields):
      // A word that only one of them knows says more than that the first takes any text.
      let fitting =
        fields.first {
          if case .choice = $0.type { $0.type.scalarValue(node) != nil } else { false }
        }
        ?? fields.first { $0.type.scalarValue(node) != nil }
      return fitting.map { "write {\($0.name): \(scalar.text)}" }
    default: break
    }
    return nil
  }

  /// Braces are a mapping to YAML, even those of a placeholder; a list is no mistake of quotes.
  private func collectionRemedy(_ node: Node) -> String? {
    if node.mapping != nil, isText, let line = node.sourceLine {
      return "quote it: \(Node.inQuotes(line))"
    }
    if case .list = self, node.mapping != nil { return "begin each entry with '- '" }
    return nil
  }

  /// Whether it is text that YAML reads as such only if it has no sign of YAML's own.
  var isText: Bool {
    switch self {
    case .string, .template, .writtenPath, .pipeline, .pattern: true
    case .oneOf(let types): types.contains { $0.isText }
    default: false
    }
  }

  /// `5 seconds` as `5s`, `10 per minute` as `10/m`: what people write who have not seen the manual.
  private static func withShortUnits(_ text: String) -> String {
    let units = [
      "milliseconds": "ms", "millisecond": "ms", "msec": "ms", "seconds": "s", "second": "s",
      "secs": "s", "sec": "s", "minutes": "m", "minute": "m", "mins": "m", "min": "m",
      "hours": "h", "hour": "h", "hrs": "h", "hr": "h", "per": "/",
    ]
    var words: [String] = []
    var isLetter = false
    for part in text.lowercased().split(separator: " ") {
      words.append("")
      for character in part {
        if character.isLetter != isLetter { words.append("") }
        isLetter = character.isLetter
        words[words.count - 1].append(character)
      }
    }
    return words.map { units[$0] ?? $0 }.joined()
  }
}

/// A scalar as if it had been written without quotes.
private enum CorePlain {
  static func resolve(_ text: String, source: Source) -> Node {
    let mark = Mark(line: 1, column: 1, offset: 0)
    return Node(
      .scalar(Scalar(text: text, style: .plain)), start: mark, end: mark, source: source)
  }
}
