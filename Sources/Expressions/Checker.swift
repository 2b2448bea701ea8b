import Records

/// Finds out the type of an expression, and what in it can not be.
struct Checker {
  let declarations: Declarations
  var types = Substitution()
  /// The variables of the macros around, the innermost last.
  var locals: [(name: String, type: Type)] = []

  init(_ declarations: Declarations) { self.declarations = declarations }

  mutating func type(of tree: Syntax) throws(ExpressionFault) -> Type {
    types.final(try check(tree))
  }

  mutating func check(_ node: Syntax) throws(ExpressionFault) -> Type {
    switch node.kind {
    case .literal(let value): return Checker.type(of: value)
    case .name(let name, let isAbsolute): return try check(name, isAbsolute, node)
    case .select, .has: return try checkField(node)
    case .index: return try checkIndex(node)
    case .unary, .binary: return try checkOperator(node)
    case .and(let terms), .or(let terms): return try checkConditions(terms)
    case .conditional: return try checkConditional(node)
    case .call: return try checkCall(node)
    case .list(let elements): return try check(elements)
    case .map(let elements): return try check(elements)
    case .macro: return try checkMacro(node)
    }
  }

  static func type(of value: Value) -> Type {
    switch value {
    case .null: .null
    case .bool: .bool
    case .int: .int
    case .uint: .uint
    case .double: .double
    case .string: .string
    case .bytes: .bytes
    case .timestamp: .timestamp
    case .duration: .duration
    case .list: .list(.dyn)
    case .map: .map(.dyn, .dyn)
    case .type: .type(.dyn)
    case .optional: .optional(.dyn)
    }
  }

  // MARK: Names

  private func check(
    _ name: String, _ isAbsolute: Bool, _ node: Syntax
  ) throws(ExpressionFault) -> Type {
    if !isAbsolute, let local = locals.last(where: { $0.name == name }) { return local.type }
    if let variable = declarations.variables[name] { return variable.type }
    if let type = Type.named[name] { return .type(type) }
    throw unknown(name, node)
  }

  private func unknown(_ name: String, _ node: Syntax) -> ExpressionFault {
    let known = locals.map(\.name) + declarations.variables.keys.sorted() + Type.named.keys.sorted()
    let remedy: String
    if Function.named(name) != nil || declarations.gathering[name] != nil {
      remedy = "It is a function: \(name)(…)."
    } else if let near = Spelling.nearest(to: name, among: known) {
      remedy = "did you mean '\(near)'? as text it is '\"\(name)\"'"
    } else if declarations.variables["this"] != nil {
      remedy = "As text it is '\"\(name)\"'; as a field of the item it is this.\(name)."
    } else {
      remedy = "As text it is '\"\(name)\"'."
    }
    return ExpressionFault("there is nothing called '\(name)'", at: node.place, remedy: remedy)
  }

  // MARK: Fields and elements

  private mutating func checkField(_ node: Syntax) throws(ExpressionFault) -> Type {
    switch node.kind {
    case .select(let target, let field, let isOptional):
      if let name = declarations.dottedType(node, hiding: locals.map(\.name)) {
        return .type(Type.named[name] ?? .dyn)
      }
      let found = try fieldType(try check(target), field, node)
      if !isOptional { try checkConstant(target, field, node) }
      guard isOptional else { return found }
      if case .optional = types.head(found) { return found }
      return .optional(found)
    case .has(let target, let field, _):
      _ = try fieldType(try check(target), field, node)
      return .bool
    default: return .dyn
    }
  }

  private mutating func fieldType(
    _ target: Type, _ field: String, _ node: Syntax
  ) throws(ExpressionFault) -> Type {
    switch types.head(target) {
    case .dyn: return .dyn
    case .unknown:
      _ = types.accepts(target, .dyn)
      return .dyn
    case .map(_, let value): return value
    case .optional(let inner):
      let found = try fieldType(inner, field, node)
      if case .optional = types.head(found) { return found }
      return .optional(found)
    case let other:
      throw ExpressionFault("\(other.article) has no field '\(field)'", at: node.place)
    }
  }

  /// A field of a constant, as a parameter's, is there or not already now.
  private func checkConstant(
    _ target: Syntax, _ field: String, _ node: Syntax
  ) throws(ExpressionFault) {
    guard case .name(let name, let isAbsolute) = target.kind,
      isAbsolute || !locals.contains(where: { $0.name == name }),
      case .constant(.map(let map))? = declarations.variables[name]?.source,
      map[Text(field)] == nil
    else { return }
    let known = map.entries.compactMap { entry -> String? in
      if case .string(let text) = entry.key { text.string } else { nil }
    }
    let near = Spelling.nearest(to: field, among: known)
    throw ExpressionFault(
      "there is no '\(name).\(field)'", at: node.place,
      remedy: near.map { "did you mean '\(name).\($0)'?" })
  }

  private mutating func checkIndex(_ node: Syntax) throws(ExpressionFault) -> Type {
    guard case .index(let target, let index, let isOptional) = node.kind else { return .dyn }
    let container = try check(target)
    let found = try elementType(container, try check(index), node)
    guard isOptional else { return found }
    if case .optional = types.head(found) { return found }
    return .optional(found)
  }

  private mutating func elementType(
    _ container: Type, _ index: Type, _ node: Syntax
  ) throws(ExpressionFault) -> Type {
    switch types.head(container) {
    case .dyn: return .dyn
    case .unknown:
      _ = types.accepts(container, .dyn)
      return .dyn
    case .list(let element):
      if types.accepts([.int], [index]) || types.head(index).isNumber { return element }
      throw ExpressionFault(
        "an element of a list is found by its number from 0, not by "
          + types.final(index).article, at: node.place)
    case .map(let key, let value):
      if types.accepts([key], [index]) || isNumeric(key, index) { return value }
      throw ExpressionFault(
        "the keys of this map are \(types.final(key)), not \(types.final(index))", at: node.place)
    case .optional(let inner):
      let found = try elementType(inner, index, node)
      if case .optional = types.head(found) { return found }
      return .optional(found)
    case let other: throw ExpressionFault("\(other.article) has no elements", at: node.place)
    }
  }

  func isNumeric(_ a: Type, _ b: Type) -> Bool { types.head(a).isNumber && types.head(b).isNumber }

  // MARK: Lists and maps

  private mutating func check(
    _ elements: [Syntax.ListElement]
  ) throws(ExpressionFault) -> Type {
    var joined: Type?
    for element in elements {
      var type = try check(element.value)
      if element.isOptional { type = try unwrapped(type, element.value) }
      joined = joined.map { types.joined($0, type) } ?? type
    }
    return .list(joined ?? types.fresh())
  }

  private mutating func check(
    _ elements: [Syntax.MapElement]
  ) throws(ExpressionFault) -> Type {
    var keys: Type?
    var values: Type?
    for element in elements {
      let key = try check(element.key)
      switch types.head(key) {
      case .dyn, .unknown, .int, .uint, .bool, .string: break
      default:
        throw ExpressionFault(
          "\(types.final(key).article) can not be the key of a map", at: element.key.range,
          remedy: "Keys are int, uint, bool or string.")
      }
      var value = try check(element.value)
      if element.isOptional { value = try unwrapped(value, element.value) }
      keys = keys.map { types.joined($0, key) } ?? key
      values = values.map { types.joined($0, value) } ?? value
    }
    return .map(keys ?? types.fresh(), values ?? types.fresh())
  }

  mutating func unwrapped(_ type: Type, _ node: Syntax) throws(ExpressionFault) -> Type {
    let inner = types.fresh()
    guard types.accepts([.optional(inner)], [type]) else {
      throw ExpressionFault(
        "behind '?' stands an optional value, not \(types.final(type).article)", at: node.range,
        remedy: "As in optional.of(x) or this.?name.")
    }
    if case .unknown = types.head(inner) { return .dyn }
    return inner
  }

  // MARK: Conditions

  mutating func checkCondition(_ node: Syntax) throws(ExpressionFault) {
    let type = try check(node)
    guard types.accepts([.bool], [type]) else {
      throw ExpressionFault(
        "a condition is expected here, not \(types.final(type).article)", at: node.range,
        remedy: "A condition is true or false, as x == y is.")
    }
  }

  private mutating func checkConditions(_ terms: [Syntax]) throws(ExpressionFault) -> Type {
    for term in terms { try checkCondition(term) }
    return .bool
  }

  private mutating func checkConditional(_ node: Syntax) throws(ExpressionFault) -> Type {
    guard case .conditional(let condition, let first, let second) = node.kind else { return .dyn }
    try checkCondition(condition)
    let a = try check(first)
    let b = try check(second)
    return types.joined(a, b)
  }
}

extension Type {
  /// As in "an int is no list".
  var article: String {
    let name = description
    return ("aeiou".contains(name.first ?? "x") && !name.hasPrefix("u") ? "an " : "a ") + name
  }
}

extension Declarations {
  /// The type that the names and dots spell, unless the first of them is a variable.
  func dottedType(_ node: Syntax, hiding locals: [String]) -> String? {
    guard let (path, isAbsolute) = node.dottedName, let root = path.first else { return nil }
    if variables[root] != nil || !isAbsolute && locals.contains(root) { return nil }
    let name = path.joined(separator: ".")
    return Type.named[name] == nil ? nil : name
  }
}

extension Syntax {
  /// The names if it is nothing but names with dots between them.
  var dottedName: (path: [String], isAbsolute: Bool)? {
    var fields: [String] = []
    var node = self
    while case .select(let target, let field, isOptional: false) = node.kind {
      fields.append(field)
      node = target
    }
    guard case .name(let name, let isAbsolute) = node.kind else { return nil }
    return ([name] + fields.reversed(), isAbsolute)
  }
}
