package import YAMLTree

// From the pairs of a mapping to the fields of a manual.

extension Reading {
  /// The fields that are there, in the order of `fields`, with defaults for those left out. What is
  /// wrong, missing or unknown is reported; the rest is returned all the same.
  ///
  /// - Parameters:
  ///   - owner: whose fields they are, for messages: `'grep'`.
  ///   - unknown: says more about a key that is no field; nil for the usual message.
  package func arguments(
    _ entries: [Node.Entry], _ fields: [Field], of owner: String, at place: Place,
    unknown: (String) -> String? = { _ in nil }
  ) -> Arguments {
    var given: [String: Argument] = [:]
    var mentioned: Set<String> = []
    var misspelt: Set<String> = []
    var before: Field?
    for entry in entries {
      guard let name = key(entry.key) else { continue }
      guard let field = fields.first(where: { $0.name == name }) else {
        // Half of the value before it, which a comma has cut in two.
        let half = entry.value.isNull ? before?.type.commaTrap(name) : nil
        refuseUnknown(entry.key, name, fields, of: owner, remedy: half ?? unknown(name))
        // What was probably meant is not called missing as well.
        if let meant = Spelling.nearest(to: name, in: fields.map(\.name)) { misspelt.insert(meant) }
        continue
      }
      before = field
      guard mentioned.insert(name).inserted else { continue }
      given[name] = value(entry.value, as: field.type, name: "'\(name)'")
    }
    mentioned.formUnion(misspelt)
    for field in fields where field.isRequired && !mentioned.contains(field.name) {
      error(
        "\(owner) needs '\(field.name)': \(field.summary.startingSmall)", at: place,
        code: "missing-key")
    }
    let all = fields.compactMap { field -> Arguments.Entry? in
      if let argument = given[field.name] {
        return Arguments.Entry(name: field.name, argument: argument, isGiven: true)
      }
      guard let value = field.defaultArgument else { return nil }
      return Arguments.Entry(name: field.name, argument: value, isGiven: false)
    }
    return Arguments(entries: all, place: place)
  }

  private func refuseUnknown(
    _ key: Node, _ name: String, _ fields: [Field], of owner: String, remedy: String?
  ) {
    let names = fields.map(\.name)
    let known =
      names.isEmpty
      ? "\(owner) has no keys of its own" : "its keys are " + FieldType.all(names)
    error(
      "\(owner) has no key \(Node.quoted(name))", at: key.place,
      remedy: remedy ?? Spelling.hint(for: name, in: names) ?? known, code: "unknown-key")
  }
}

extension Field {
  /// The value of `defaultValue`. A test over the catalogue holds that every default can be read.
  package var defaultArgument: Argument? {
    guard let defaultValue else { return nil }
    let source = Source(file: "default of '\(name)'", text: defaultValue)
    guard let node = (try? YAMLReader.document(source))?.root else { return nil }
    return Reading(catalogue: []).value(node, as: type, name: name)
  }
}

extension FieldType {
  /// `'a', 'b' and 'c'`.
  static func all(_ names: [String]) -> String {
    let quoted = names.map { "'\($0)'" }
    guard let last = quoted.last, quoted.count > 1 else { return quoted.first ?? "" }
    return quoted.dropLast().joined(separator: ", ") + " and " + last
  }
}

extension String {
  /// As the rest of a sentence: the first letter small, no full stop.
  var startingSmall: String {
    let body = last == "." ? dropLast() : self[...]
    guard let first = body.first else { return "" }
    // "UTF-8 text" stays as it is.
    if body.dropFirst().first?.isUppercase == true { return String(body) }
    return first.lowercased() + body.dropFirst()
  }
}
