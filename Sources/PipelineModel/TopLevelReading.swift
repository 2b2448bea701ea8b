import YAMLTree

/// The keys of a pipeline file.
package enum TopLevelTable {
  private static let framing = FieldType.oneOf([
    .choice(Framing.Format.allCases.map(\.rawValue)),
    .fields([
      Field(
        "format", .choice(Framing.Format.allCases.map(\.rawValue)), default: "lines",
        "How items are divided: by newlines, or by NUL bytes."),
      Field(
        "max_line", .size(1...(1 << 30)), default: "16MiB",
        "The largest item; a larger one fails the run."),
    ]),
  ])

  package static let fields: [Field] = [
    Field("name", .string, "What the pipeline is called."),
    Field("description", .string, "What it is for, in a sentence."),
    Field(
      "params", .mapping(of: .fields(parameterFields)),
      "Values that come in by --param NAME=VALUE; stages write {params.NAME}."),
    Field(
      "input", framing, default: "lines",
      "The framing of the input, lines or nul, or {format, max_line}."),
    Field(
      "output", framing, default: "lines",
      "The framing of the output, lines or nul, or {format, max_line}."),
    Field(
      "defaults", .any,
      "Common keys for all stages that take them and do not have them; groups do not take them."),
    Field(
      "timeout", CommonKeyTable.positiveDuration, defaultNote: "none",
      "The limit for the whole run. It is a hard end: nothing more is flushed, exit status 124."),
    Field(
      "grace", .anyDuration, default: "2s",
      "How long an ending may take before what is left is cancelled."),
    Field("stages", .stages, required: true, "The stages, in the order of the stream."),
    Field("tests", .any, "Cases for 'streamline test'; see streamline-test(1)."),
  ]

  package static let parameterFields: [Field] = [
    Field("default", .string, "The value without --param; a parameter without one must be given."),
    Field(
      "type", .choice(Parameter.Kind.allCases.map(\.rawValue)), default: "string",
      "What the value must be."),
    Field("description", .string, "What it is for."),
    Field("secret", .bool, default: "false", "Keeps the value out of messages, traces and plans."),
  ]
}

extension Reading {
  func pipeline(_ root: Node, file: String) -> PipelineDefinition? {
    guard let entries = root.mapping else {
      error(
        "a pipeline file is a mapping with 'stages', not \(root.spokenOf)", at: root.place,
        remedy: root.sequence == nil ? nil : "put 'stages:' above the list", code: "invalid-value")
      return nil
    }
    // The defaults count for all stages, those above them too.
    if let given = entries.first(where: { $0.key.scalar?.text == "defaults" }) {
      readDefaults(given.value)
    }
    let top = arguments(entries, TopLevelTable.fields, of: "a pipeline", at: root.place) { name in
      self.misplaced(name)
    }
    var stages = top.stages("stages")
    check(&stages)
    return PipelineDefinition(
      file: file, name: top.string("name"), description: top.string("description"),
      parameters: parameters(top.mapping("params") ?? []), input: framing(top.argument("input")),
      output: framing(top.argument("output")), timeout: top.duration("timeout"),
      grace: top.duration("grace") ?? .seconds(2), stages: stages,
      tests: top.argument("tests")?.node)
  }

  private func misplaced(_ name: String) -> String? {
    if CommonKeyTable.fields.contains(where: { $0.name == name }) {
      return "'\(name)' is a key of a stage; for all stages it stands under 'defaults'"
    }
    if manual(of: name) != nil { return "'\(name)' is a stage: it stands under 'stages'" }
    return nil
  }

  private func readDefaults(_ node: Node) {
    guard let entries = node.mapping else {
      error("'defaults' takes a mapping of common keys, not \(node.spokenOf)", at: node.place)
      return
    }
    let own = ["name", "if"]
    for entry in entries where own.contains(entry.key.scalar?.text ?? "") {
      error(
        "'\(entry.key.scalar?.text ?? "")' is a stage's own and has no default",
        at: entry.key.place, code: "refused-key")
    }
    let shared = CommonKeyTable.fields.filter { !own.contains($0.name) }
    let rest = entries.filter { !own.contains($0.key.scalar?.text ?? "") }
    let given = arguments(rest, shared, of: "'defaults'", at: node.place) { name in
      self.manual(of: name) == nil ? nil : "only common keys have defaults, not kinds of stage"
    }
    // A default that no stage takes would otherwise never be looked at.
    _ = commonKeys(given)
    defaults = given.entries
  }

  private func framing(_ argument: Argument?) -> Framing {
    let parts = argument?.arguments
    let name = argument?.string ?? parts?.string("format") ?? ""
    return Framing(
      format: Framing.Format(rawValue: name) ?? .lines,
      maxLine: parts?.size("max_line") ?? Framing.defaultMaxLine)
  }

  private func parameters(_ given: [NamedArgument]) -> [Parameter] {
    given.compactMap { one in
      guard let parts = one.argument.arguments,
        let kind = Parameter.Kind(rawValue: parts.string("type") ?? "")
      else { return nil }
      if !one.name.isParameterName {
        error(
          "\(Node.quoted(one.name)) is no name for a parameter", at: one.key.place,
          remedy: "letters, digits and '_', not beginning with a digit")
      }
      if let value = parts.argument("default"), let text = value.string,
        let reason = kind.refusal(of: text)
      {
        error("the default of '\(one.name)' \(reason)", at: value.place)
      }
      return Parameter(
        name: one.name, kind: kind, defaultValue: parts.string("default"),
        description: parts.string("description"), isSecret: parts.bool("secret") ?? false,
        place: one.key.place)
    }
  }
}

extension String {
  /// A name that `{params.NAME}` and later expressions can name.
  fileprivate var isParameterName: Bool {
    guard let first = utf8.first, !(0x30...0x39).contains(first) else { return false }
    return utf8.allSatisfy { byte in
      (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        || byte == UInt8(ascii: "_")
    }
  }
}

extension Arguments {
  fileprivate func stages(_ name: String) -> [StageDefinition] {
    if case .stages(let stages) = argument(name)?.value { stages } else { [] }
  }
}
