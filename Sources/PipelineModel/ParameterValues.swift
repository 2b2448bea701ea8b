import YAMLTree

extension Parameter.Kind {
  /// Why the text is no value of this kind, as the end of a sentence: "is no int: '1.5'".
  package func refusal(of text: String) -> String? {
    let isGood =
      switch self {
      case .string: true
      case .int: Int(text) != nil
      case .double: Double(text) != nil
      case .bool: text == "true" || text == "false"
      case .duration: Duration(written: text) != nil
      case .path: !text.isEmpty && !text.utf8.contains(0)
      }
    if isGood { return nil }
    let example =
      switch self {
      case .bool: ", which is true or false"
      case .duration: ", such as 500ms or 2s"
      default: ""
      }
    return "is no \(rawValue)\(example): \(Node.quoted(text))"
  }
}

extension Parameter.Kind {
  /// A value of this kind, for a check that looks at none.
  package var sample: String {
    switch self {
    case .string, .path: "x"
    case .int, .double: "0"
    case .bool: "false"
    case .duration: "0s"
    }
  }
}

/// The values of a pipeline's parameters: what the command line gave, else the defaults.
package enum ParameterValues {
  /// - Parameter given: names and values in the order of the command line; of one name the last
  ///   counts.
  /// - Returns: a value for each parameter, and what is wrong: unknown, missing and wrongly typed
  ///   ones. The value of a secret is in no message.
  package static func resolve(
    _ parameters: [Parameter], given: [(name: String, value: String)]
  ) -> (values: [String: String], diagnostics: [Diagnostic]) {
    var values: [String: String] = [:]
    var diagnostics: [Diagnostic] = []
    let names = parameters.map(\.name)
    for (name, _) in given where !names.contains(name) {
      diagnostics.append(
        Diagnostic(
          "the pipeline has no parameter \(Node.quoted(name))",
          remedy: Spelling.hint(for: name, in: names)
            ?? (names.isEmpty ? "it has none" : "it has " + FieldType.all(names)),
          code: "unknown-parameter"))
    }
    for parameter in parameters {
      guard let value = given.last(where: { $0.name == parameter.name })?.value else {
        values[parameter.name] = parameter.defaultValue
        if parameter.defaultValue == nil { diagnostics.append(missing(parameter)) }
        continue
      }
      values[parameter.name] = value
      guard let reason = parameter.kind.refusal(of: value) else { continue }
      let said = parameter.isSecret ? "is no \(parameter.kind.rawValue)" : reason
      diagnostics.append(
        Diagnostic("the parameter '\(parameter.name)' \(said)", code: "invalid-value"))
    }
    return (values, diagnostics)
  }

  private static func missing(_ parameter: Parameter) -> Diagnostic {
    let purpose = parameter.description.map { " (\($0))" } ?? ""
    return Diagnostic(
      "the parameter '\(parameter.name)'\(purpose) is not given", at: parameter.place,
      remedy: "give it: --param \(parameter.name)=VALUE", code: "missing-parameter")
  }
}
