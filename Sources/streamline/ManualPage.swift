import PipelineModel

/// A manual as a list of parts, which is then written for a terminal or for man.
struct ManualPage {
  enum Part {
    case section(String)
    case paragraph(String)
    /// Terms, each with its type and default, and what is said about it.
    case terms([(term: String, kind: String, text: String)])
    /// Text to be shown as it stands.
    case literal(String)
  }
  var parts: [Part] = []
}

extension ManualPage {
  /// The manual of one kind of stage.
  ///
  /// - Parameter namesClass: only the name of its class is told, where the page explains classes.
  init(_ manual: StageManual, namesClass: Bool = false) {
    parts.append(.paragraph(manual.summary))
    parts += manual.description.map(Part.paragraph)
    if let holds = manual.holds { parts.append(.paragraph(holds)) }
    if let effects = manual.effects { parts.append(.paragraph(effects)) }
    parts.append(.section("Written as"))
    parts.append(.literal(manual.forms.joined(separator: "\n")))
    if !manual.fields.isEmpty {
      parts.append(.section("Keys"))
      parts.append(.terms(manual.fields.map(Self.term)))
    }
    if namesClass {
      parts += Self.classNames(manual)
    } else {
      parts.append(.section("Common keys"))
      parts.append(.paragraph("It is \(manual.stageClass.sentence)."))
      for rule in manual.classRules {
        parts.append(.paragraph("With \(rule.words) it is \(rule.stageClass.sentence)."))
      }
      parts += Self.commonKeys(of: manual.stageClass, by: manual)
      parts.append(.paragraph("streamline-pipeline(5) tells what they do."))
    }
    for example in manual.examples {
      parts.append(.section("Example"))
      parts.append(.literal("- " + example.stage.indented(by: 2).dropFirst(2)))
      for (name, text) in example.files.sorted(by: { $0.key < $1.key }) {
        parts.append(.paragraph("with \(name)"))
        parts.append(.literal(text.withoutLastNewline))
      }
      parts.append(.paragraph("makes of"))
      parts.append(.literal(example.input.withoutLastNewline))
      parts.append(.paragraph("this:"))
      parts.append(
        .literal(example.output.isEmpty ? "(nothing)" : example.output.withoutLastNewline))
    }
  }

  static func term(_ field: Field) -> (term: String, kind: String, text: String) {
    var kind = field.type.manualName
    if field.isRequired { kind += "; required" }
    if let value = field.defaultValue { kind += "; default \(value)" }
    if let note = field.defaultNote { kind += "; without it: \(note)" }
    return (field.name, kind, field.summary)
  }

  /// What a class takes and refuses, and why.
  static func commonKeys(of stageClass: StageClass, by manual: StageManual? = nil) -> [Part] {
    let all = CommonKeyTable.fields.map(\.name)
    let refused = all.compactMap { key in
      (manual.map { CommonKeyTable.refusal(of: key, by: $0, in: stageClass) }
        ?? CommonKeyTable.refusal(of: key, in: stageClass)).map { (key, $0) }
    }
    let taken = all.filter { key in !refused.contains { $0.0 == key } }
    let policies =
      stageClass == .gathering
      ? " Of on_error it takes fail, skip and dead_letter, for what it does with each item." : ""
    var parts = [
      Part.paragraph(
        refused.isEmpty ? "It takes all common keys." : "It takes \(list(taken)).\(policies)")
    ]
    if !refused.isEmpty {
      parts.append(.paragraph("It refuses:"))
      parts.append(.terms(refused.map { ($0.0, "", "\($0.1).".startingLarge) }))
    }
    return parts
  }

  /// The class in a sentence, and what this kind refuses that its class takes.
  private static func classNames(_ manual: StageManual) -> [Part] {
    var text = "Class: \(manual.stageClass.rawValue)."
    for rule in manual.classRules {
      text += " With \(rule.words): \(rule.stageClass.rawValue)."
    }
    for refusal in manual.refusals {
      text += " It refuses \(refusal.key): \(refusal.reason)."
    }
    for allowance in manual.allowances {
      let parts = allowance.parts.map { " of {\($0.joined(separator: ", "))}" } ?? ""
      let field = allowance.field.map { " with \($0)" } ?? ""
      text += " It takes \(allowance.key)\(parts) too\(field)."
    }
    return [.paragraph(text)]
  }

  static func list(_ words: [String]) -> String {
    guard let last = words.last, words.count > 1 else { return words.first ?? "none" }
    return words.dropLast().joined(separator: ", ") + " and " + last
  }
}

extension StageManual {
  /// The ways to write the stage, each as a line of YAML.
  var forms: [String] {
    var forms: [String] = []
    if allowsBareWord { forms.append("- \(kind)") }
    if let field = fields.first(where: { $0.name == shorthand }) {
      forms.append("- \(kind): \(field.name.uppercased())")
    }
    let isOnlyShorthand = fields.count == 1 && fields.first?.name == shorthand
    if !fields.isEmpty, !isOnlyShorthand {
      let keys = fields.map { "\($0.name): …" }.joined(separator: ", ")
      let form = "- \(kind): {\(keys)}"
      // One that is too long for a terminal is written over several lines.
      forms.append(
        form.count <= 74
          ? form
          : "- \(kind):\n" + fields.map { "    \($0.name): …" }.joined(separator: "\n"))
    }
    return forms
  }
}

extension StageClass {
  /// For "It is …": the class and what it means.
  var sentence: String { "\(rawValue): \(meaning)" }

  var meaning: String {
    switch self {
    case .lineWise: "each result comes from one item, and nothing is remembered"
    case .inLine: "it takes one item after another, remembers, and gives each result at once"
    case .gathering: "a result comes from many items, or from the end of the stream"
    }
  }
}

extension String {
  func indented(by columns: Int) -> String {
    let margin = String(repeating: " ", count: columns)
    return split(separator: "\n", omittingEmptySubsequences: false).map { line in
      line.isEmpty ? "" : margin + line
    }.joined(separator: "\n")
  }

  var withoutLastNewline: String { last == "\n" ? String(dropLast()) : self }

  var startingLarge: String { prefix(1).uppercased() + dropFirst() }
}
