import YAMLTree

// From the nodes under `stages` to stages.

extension Reading {
  /// The stages of a list; nil if it is none. Stages that are wrong are reported and left out.
  func stages(_ node: Node, name: String) -> [StageDefinition]? {
    guard let items = node.sequence else {
      error(
        "\(name) takes a list of stages, not \(node.spokenOf)", at: node.place,
        remedy: "begin each stage with '- '", code: "invalid-value")
      return nil
    }
    if items.isEmpty {
      error("\(name) is empty; it takes at least one stage", at: node.place)
    }
    return items.compactMap { stage($0) }
  }

  func stage(_ node: Node) -> StageDefinition? {
    switch node.content {
    case .scalar(let scalar): return bareStage(scalar.text, node)
    case .mapping(let entries): return stage(entries, node)
    case .sequence:
      error(
        "a stage is a mapping such as 'grep: error', not a list", at: node.place,
        code: "invalid-stage")
      return nil
    }
  }

  /// `- trim`
  private func bareStage(_ word: String, _ node: Node) -> StageDefinition? {
    guard !word.isEmpty else {
      error("a stage is missing here", at: node.place, code: "invalid-stage")
      return nil
    }
    guard let manual = manual(of: word) else {
      refuseUnknownKind(word, at: node.place)
      return nil
    }
    guard manual.allowsBareWord else {
      needsValue(manual, at: node.place)
      return nil
    }
    let arguments = arguments([], manual.fields, of: "'\(word)'", at: node.place)
    return finish(manual, arguments, common: [], at: node.place)
  }

  private func stage(_ entries: [Node.Entry], _ node: Node) -> StageDefinition? {
    var kinds: [(manual: StageManual, entry: Node.Entry)] = []
    var common: [Node.Entry] = []
    var unknown: [(name: String, key: Node)] = []
    for entry in entries {
      guard let name = key(entry.key) else { continue }
      if CommonKeyTable.fields.contains(where: { $0.name == name }) {
        common.append(entry)
      } else if let manual = manual(of: name) {
        kinds.append((manual, entry))
      } else {
        unknown.append((name, entry.key))
      }
    }
    for (name, key) in unknown {
      refuseUnknownKey(
        name, at: key.place, kinds: kinds.map(\.manual), isFirst: key.place == node.place)
    }
    if kinds.count > 1 {
      error(
        "a stage has one kind, and this one has " + FieldType.all(kinds.map(\.manual.kind)),
        at: kinds[1].entry.key.place, remedy: "write stages of their own, each with its '- '",
        code: "invalid-stage")
    }
    guard let (manual, entry) = kinds.first else {
      if unknown.isEmpty { refuseMissingKind(entries, node) }
      // What the common keys say is checked all the same.
      _ = commonArguments(common, at: node.place)
      return nil
    }
    let errors = diagnostics.count
    let arguments = stageArguments(entry.value, of: manual, at: entry.key.place)
    guard let arguments else {
      _ = commonArguments(common, at: node.place)
      return nil
    }
    let stage = finish(manual, arguments, common: common, at: entry.key.place)
    return diagnostics.dropFirst(errors).contains { $0.severity == .error } ? nil : stage
  }

  /// The value of the kind key as the fields of the manual; nil if it could not be read at all.
  func stageArguments(_ value: Node, of manual: StageManual, at place: Place) -> Arguments? {
    let owner = "'\(manual.kind)'"
    if value.isNull {
      guard manual.allowsBareWord else {
        needsValue(manual, at: place)
        return nil
      }
      return arguments([], manual.fields, of: owner, at: place)
    }
    let field = manual.shorthand.flatMap { name in manual.fields.first { $0.name == name } }
    if let field, field.type.hasShape(of: value), !isFields(value, of: manual) {
      guard let argument = self.value(value, as: field.type, name: owner) else { return nil }
      var all = arguments([], manual.fields.filter { $0.name != field.name }, of: owner, at: place)
      all.entries.append(
        Arguments.Entry(name: field.name, argument: argument, isGiven: true))
      return all.inOrder(of: manual.fields)
    }
    if let field, refuseTrap(value, field, of: manual, owner: owner) { return nil }
    guard let entries = value.mapping, !manual.fields.isEmpty || entries.isEmpty else {
      error(
        "\(owner) takes \(manual.expectation), not \(value.spokenOf)", at: value.place,
        remedy: manual.exampleHint)
      return nil
    }
    return arguments(entries, manual.fields, of: owner, at: value.place) { name in
      CommonKeyTable.fields.contains { $0.name == name }
        ? "'\(name)' stands beside \(owner), in the same column" : nil
    }
  }

  /// A list or a mapping that YAML made of an expression without quotes: no key of it is a field, nor
  /// near to one.
  private func refuseTrap(
    _ value: Node, _ field: Field, of manual: StageManual, owner: String
  ) -> Bool {
    let names = manual.fields.map(\.name)
    let keys = (value.mapping ?? []).compactMap { $0.key.scalar?.text }
    if keys.contains(where: { Spelling.nearest(to: $0, in: names) != nil }) { return false }
    if field.type.mayBeExpression, let remedy = expressionTrap(value) {
      if value.mapping?.isEmpty == true { return false }
      _ = refuseExpression(value, remedy, name: owner)
      return true
    }
    // `template: {}` and `http: {this.url}`, or the branches of a `switch` without their '- '.
    guard let entries = value.mapping, field.isRequired || !entries.isEmpty,
      field.type.isText ? entries.allSatisfy(\.value.isNull) : manual.fields.count == 1,
      let remedy = field.type.remedy(for: value)
    else { return false }
    error(
      "\(owner) takes \(field.type.expectation), not \(value.spokenOf)", at: value.place,
      remedy: remedy)
    return true
  }

  /// A mapping is the fields unless the shorthand takes mappings and none of its keys is a field.
  private func isFields(_ value: Node, of manual: StageManual) -> Bool {
    guard let entries = value.mapping else { return false }
    // Branches have any names, that of the field too.
    if manual.fields.count == 1, manual.isGroup { return false }
    return entries.contains { entry in
      manual.fields.contains { $0.name == entry.key.scalar?.text }
    }
  }
}

// What is wrong with a stage as a whole.
extension Reading {
  private func refuseUnknownKind(_ word: String, at place: Place) {
    error(
      "there is no stage \(Node.quoted(word))", at: place,
      remedy: colonHint(word) ?? Spelling.hint(for: word, in: catalogue.map(\.kind))
        ?? "'streamline stages' lists them", code: "unknown-kind")
  }

  /// `- grep foo` and `- grep:foo`, which YAML takes for one text.
  private func colonHint(_ text: String) -> String? {
    let kind = text.prefix { $0 != " " && $0 != ":" }
    let value = text.dropFirst(kind.count).drop { $0 == " " || $0 == ":" }
    guard !value.isEmpty, value.count <= 60, manual(of: String(kind)) != nil else { return nil }
    return "behind the kind come a colon and a space: \(kind): \(value)"
  }

  private func refuseUnknownKey(
    _ name: String, at place: Place, kinds: [StageManual], isFirst: Bool
  ) {
    let common = CommonKeyTable.fields.map(\.name)
    if let manual = kinds.first {
      let isField = manual.fields.contains { $0.name == name }
      let inside = "'\(name)' belongs to '\(manual.kind)': write \(manual.kind): {…, \(name): …}"
      error(
        "a stage has no key \(Node.quoted(name))", at: place,
        remedy: isField ? inside : Spelling.hint(for: name, in: common), code: "unknown-key")
    } else {
      error(
        "there is no stage \(Node.quoted(name))", at: place,
        remedy: Spelling.hint(for: name, in: catalogue.map(\.kind) + common)
          ?? "'streamline stages' lists them", code: "unknown-kind")
    }
  }

  private func refuseMissingKind(_ entries: [Node.Entry], _ node: Node) {
    let names = entries.compactMap { $0.key.scalar?.text }
    error(
      names.isEmpty
        ? "a stage is missing here"
        : "this stage has no kind, only " + FieldType.all(names), at: node.place,
      remedy: names.isEmpty
        ? nil
        : "if it belongs to the stage above, write it without '- ', in the column of its kind",
      code: "invalid-stage")
  }

  private func needsValue(_ manual: StageManual, at place: Place) {
    error(
      "'\(manual.kind)' needs \(manual.expectation)", at: place, remedy: manual.exampleHint,
      code: "missing-value")
  }
}

extension StageManual {
  /// What may stand behind the kind.
  fileprivate var expectation: String {
    let field = shorthand.flatMap { name in fields.first { $0.name == name } }
    if fields.isEmpty { return "no value" }
    let all = FieldType.fields(fields).expectation
    guard let field else { return all }
    return fields.count > 1 ? "\(field.type.expectation), or \(all)" : field.type.expectation
  }

  fileprivate var exampleHint: String? {
    guard let example = examples.first?.stage else { return nil }
    return example.contains("\n")
      ? "'streamline stages \(kind)' shows an example" : "for example: \(example)"
  }
}

extension Arguments {
  /// The same in the order of the manual.
  func inOrder(of fields: [Field]) -> Arguments {
    let ordered = fields.compactMap { field in entries.first { $0.name == field.name } }
    return Arguments(entries: ordered, place: place)
  }
}
