package import YAMLTree

// From one node to one value of a field's type.

extension Reading {
  /// - Parameter name: how the value is called in messages: `'count'`.
  package func value(_ node: Node, as type: FieldType, name: String) -> Argument? {
    if case .any = type { return Argument(.node, node: node) }
    if case .expression = type, let remedy = expressionTrap(node) {
      return refuseExpression(node, remedy, name: name)
    }
    if node.isNull, !type.takes(null: node) {
      let isWritten = node.scalar?.text.isEmpty == false
      error(
        "\(name) has no value; it takes \(type.expectation)", at: node.place,
        remedy: isWritten
          ? "if the text is meant, quote it: '\(node.scalar?.text ?? "")'"
          : type.commaTrap(name),
        code: "missing-value")
      return nil
    }
    switch type {
    case .oneOf(let types): return alternative(node, of: types, type, name: name)
    case .pattern: return patterns(node, name: name)
    case .list(let element, let count): return list(node, of: element, count, type, name: name)
    case .mapping(let element): return mapping(node, of: element, type, name: name)
    case .fields(let fields): return nested(node, fields, type, name: name)
    case .stages:
      return stages(node, name: name).map { Argument(.stages($0), node: node) }
    case .rate where node.mapping != nil: return rateMapping(node, name: name)
    default: return scalar(node, as: type, name: name)
    }
  }

  /// What to write instead of an expression of which YAML made a list or a mapping.
  func expressionTrap(_ node: Node) -> String? {
    if node.scalar != nil { return nil }
    return "quote it: \(Node.inQuotes(node.sourceLine ?? "…"))"
  }

  func refuseExpression(_ node: Node, _ remedy: String, name: String) -> Argument? {
    error(
      "\(name) takes an expression, and YAML made \(node.spokenOf) of it", at: node.place,
      remedy: remedy)
    return nil
  }

  private func refuse(_ node: Node, _ type: FieldType, name: String) -> Argument? {
    error(
      "\(name) takes \(type.expectation), not \(node.spokenOf)", at: node.place,
      remedy: type.remedy(for: node))
    return nil
  }

  private func scalar(_ node: Node, as type: FieldType, name: String) -> Argument? {
    guard let value = type.scalarValue(node) else { return refuse(node, type, name: name) }
    if case .bytes(let size) = value, case .size(let range) = type, !range.contains(size) {
      return refuse(node, type, name: name)
    }
    return Argument(value, node: node)
  }

  /// The first alternative that fits. If none does, but only one has this shape at all, its message
  /// says most.
  private func alternative(
    _ node: Node, of types: [FieldType], _ whole: FieldType, name: String
  ) -> Argument? {
    let shaped = types.filter { $0.hasShape(of: node) }
    if let fitting = shaped.first(where: { node.scalar == nil || $0.scalarValue(node) != nil }) {
      return value(node, as: fitting, name: name)
    }
    if whole.mayBeExpression, let remedy = expressionTrap(node) {
      return refuseExpression(node, remedy, name: name)
    }
    return refuse(node, whole, name: name)
  }

  private func patterns(_ node: Node, name: String) -> Argument? {
    if node.sequence != nil {
      return list(node, of: .string, 1...Int.max, .pattern, name: name)
    }
    guard let one = scalar(node, as: .pattern, name: name) else { return nil }
    return Argument(.list([one]), node: node)
  }

  private func list(
    _ node: Node, of element: FieldType, _ count: ClosedRange<Int>, _ whole: FieldType, name: String
  ) -> Argument? {
    guard let items = node.sequence else { return refuse(node, whole, name: name) }
    guard count.contains(items.count) else {
      let found = items.isEmpty ? "it is empty" : "it has \(items.count)"
      error("\(name) takes \(whole.expectation), and \(found)", at: node.place)
      return nil
    }
    var one = "each value of \(name)"
    if case .fields = element { one = "an entry of \(name)" }
    let values = items.map { value($0, as: element, name: one) }
    let good = values.compactMap { $0 }
    return good.count == values.count ? Argument(.list(good), node: node) : nil
  }

  private func mapping(
    _ node: Node, of element: FieldType, _ whole: FieldType, name: String
  ) -> Argument? {
    guard let entries = node.mapping else { return refuse(node, whole, name: name) }
    var named: [NamedArgument] = []
    for entry in entries {
      guard let key = self.key(entry.key) else { continue }
      guard let argument = value(entry.value, as: element, name: "'\(key)'") else { continue }
      named.append(NamedArgument(name: key, key: entry.key, argument: argument))
    }
    // What is good goes on even if something is not, so that more can be said about it.
    return Argument(.mapping(named), node: node)
  }

  private func nested(
    _ node: Node, _ fields: [Field], _ whole: FieldType, name: String
  ) -> Argument? {
    guard let entries = node.mapping else { return refuse(node, whole, name: name) }
    let errors = diagnostics.count
    let arguments = arguments(entries, fields, of: name, at: node.place)
    return diagnostics.count == errors ? Argument(.arguments(arguments), node: node) : nil
  }

  /// `{limit: 10/s, burst: 5}`.
  private func rateMapping(_ node: Node, name: String) -> Argument? {
    let fields = FieldType.rateFields
    guard let parts = nested(node, fields, .fields(fields), name: name)?.arguments,
      var rate = parts.rate("limit")
    else { return nil }
    rate.burst = parts.int("burst") ?? 1
    return Argument(.rate(rate), node: node)
  }

  /// The text of a key; reports keys that are lists or mappings.
  func key(_ node: Node) -> String? {
    if let text = node.scalar?.text { return text }
    error("a key is a word, not \(node.spokenOf)", at: node.place, code: "unknown-key")
    return nil
  }
}

extension FieldType {
  /// Those of a rate that is written as a mapping.
  package static let rateFields = [
    Field("limit", .rate, required: true, "How many in how long, such as 10/s."),
    Field("burst", .int(1...1_000_000), default: "1", "How many may come at once."),
  ]

  /// Whether an expression may stand there.
  var mayBeExpression: Bool {
    switch self {
    case .expression: true
    case .oneOf(let types): types.contains { $0.mayBeExpression }
    default: false
    }
  }

  /// What to write where a comma has cut an expression in two within {…}.
  func commaTrap(_ name: String) -> String? {
    guard mayBeExpression, name.contains(")") || name.contains("]") else { return nil }
    return "within {…} a comma ends the value before it: quote that value"
  }

  /// A text field takes null only in quotes; to an expression a null that is written is a value.
  fileprivate func takes(null node: Node) -> Bool {
    switch self {
    case .oneOf(let types): types.contains { $0.takes(null: node) }
    case .expression: node.scalar?.text.isEmpty == false
    default: false
    }
  }

  /// Whether a value of this type is written as a scalar, list or mapping like `node`.
  func hasShape(of node: Node) -> Bool {
    switch node.content {
    case .scalar:
      switch self {
      case .list, .mapping, .fields, .stages: false
      case .oneOf(let types): types.contains { $0.hasShape(of: node) }
      default: true
      }
    case .sequence:
      switch self {
      case .list, .stages, .pattern, .any: true
      case .oneOf(let types): types.contains { $0.hasShape(of: node) }
      default: false
      }
    case .mapping:
      switch self {
      case .mapping, .fields, .rate, .any: true
      case .oneOf(let types): types.contains { $0.hasShape(of: node) }
      default: false
      }
    }
  }

  /// The value of a scalar node, within its range; nil if it is none of this type.
  func scalarValue(_ node: Node) -> ArgumentValue? {
    guard let text = node.scalar?.text, let resolved = node.resolved else { return nil }
    switch self {
    case .string, .template, .writtenPath, .pipeline, .pattern, .expression: return .string(text)
    case .choice(let words): return words.contains(text) ? .string(text) : nil
    case .bool:
      if case .bool(let value) = resolved { return .bool(value) }
    case .int(let range):
      if case .int(let value) = resolved, range.contains(value) { return .int(value) }
    case .double(let range): return resolved.number(in: range).map(ArgumentValue.double)
    case .duration(let range):
      return Duration(written: text).flatMap { range.contains($0) ? .duration($0) : nil }
    case .size(let range):
      return ByteSize.parse(text).flatMap { range.contains($0) ? .bytes($0) : nil }
    case .rate: return Rate(written: text).map(ArgumentValue.rate)
    case .oneOf(let types): return types.lazy.compactMap { $0.scalarValue(node) }.first
    case .any: return .node
    case .list, .mapping, .fields, .stages: return nil
    }
    return nil
  }
}

extension Resolved {
  fileprivate func number(in range: ClosedRange<Double>) -> Double? {
    switch self {
    case .int(let value): range.contains(Double(value)) ? Double(value) : nil
    case .double(let value): range.contains(value) ? value : nil
    default: nil
    }
  }
}
