import YAMLTree

/// The keys of a pipeline file.
package enum TopLevelTable {
  private static func framing(_ formats: [Framing.Format]) -> FieldType {
    .oneOf([
      .choice(formats.map(\.rawValue)), .fields(framingFields(formats)),
    ])
  }

  package static func framingFields(_ formats: [Framing.Format]) -> [Field] {
    [
      Field(
        "format", .choice(formats.map(\.rawValue)), default: "lines",
        "Lines, items that NUL bytes divide, or records of a format."),
      Field(
        "max_line", .size(1...(1 << 30)), default: "16MiB",
        "The largest item; a larger one fails the run."),
      Field(
        "header", .bool, default: "true",
        "csv, tsv: the first record has the names of the columns."),
      Field(
        "delimiter", .string, defaultNote: "a comma, for tsv a tab",
        "csv, tsv: the byte between fields."),
      Field(
        "columns", .list(of: .string), defaultNote: "those of the header, or of the first record",
        "csv, tsv, logfmt, table: the columns, in this order."),
      Field(
        "types", .mapping(of: .choice(columnTypes)), defaultNote: "all strings",
        "csv, tsv input: by column, what its text is made into."),
      Field(
        "ragged", .choice(["fail", "pad", "skip"]), default: "fail",
        "csv, tsv input: what becomes of a record with more or fewer fields than columns."),
      Field(
        "on_error", CommonKeyTable.endPolicy, defaultNote: "fail",
        "What becomes of what can not be read or written as a record."),
    ]
  }

  private static let columnTypes = [
    "string", "int", "uint", "double", "bool", "timestamp", "duration", "json",
  ]

  package static let fields: [Field] = [
    Field("name", .string, "What the pipeline is called."),
    Field("description", .string, "What it is for, in a sentence."),
    Field(
      "params", .mapping(of: .fields(parameterFields)),
      "Values that come in by --param NAME=VALUE; stages write {params.NAME}."),
    Field(
      "input", framing(Framing.Format.inputs), default: "lines",
      "The framing of the input: lines, nul, csv, tsv or json, or {format, …}."),
    Field(
      "output", framing(Framing.Format.allCases), default: "lines",
      "The framing of the output: lines, nul, csv, tsv, json, table or logfmt, or {format, …}."),
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
  /// - Parameter isUsed: its stages stand in another pipeline, and are looked at as a whole there.
  func pipeline(_ root: Node, file: String, isUsed: Bool = false) -> PipelineDefinition? {
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
    if !isUsed { check(&stages) }
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
    let own = CommonKeyTable.withoutDefault
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
    var framing = Framing(
      format: Framing.Format(rawValue: name) ?? .lines,
      maxLine: parts?.size("max_line") ?? Framing.defaultMaxLine)
    guard let argument, framing.format != .lines, framing.format != .nul else {
      refuseRecordOptions(parts, framing.format)
      return framing
    }
    framing.records = recordFraming(parts, at: argument.place)
    return framing
  }

  private func recordFraming(_ parts: Arguments?, at place: Place) -> RecordFraming {
    var records = RecordFraming(place: place)
    guard let parts else { return records }
    records.header = parts.bool("header") ?? true
    records.columns = parts.strings("columns")
    records.types = (parts.mapping("types") ?? []).map { ($0.name, $0.argument.string ?? "") }
    records.ragged = parts.string("ragged") ?? "fail"
    records.onError = parts.argument("on_error").flatMap(policy)
    if let delimiter = parts.argument("delimiter") {
      let bytes = Array((delimiter.string ?? "").utf8)
      if bytes.count != 1 || bytes[0] == 0x0A || bytes[0] == UInt8(ascii: "\"") {
        error(
          "'delimiter' takes one byte that is no quote and no newline", at: delimiter.place)
      }
      records.delimiter = bytes.first
    }
    return records
  }

  private func refuseRecordOptions(_ parts: Arguments?, _ format: Framing.Format) {
    for entry in parts?.entries ?? [] where entry.isGiven {
      if ["format", "max_line"].contains(entry.name) { continue }
      error(
        "'\(entry.name)' means nothing for '\(format.rawValue)': it is for records",
        at: entry.argument.place, code: "refused-key")
    }
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
