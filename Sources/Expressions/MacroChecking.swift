/// Macros: the types of the variables they name, and of what they give.
extension Checker {
  mutating func checkMacro(_ node: Syntax) throws(ExpressionFault) -> Type {
    guard case .macro(let macro, let target, let names, let bodies) = node.kind else {
      return .dyn
    }
    switch macro {
    case .bind:
      let value = try check(bodies[0])
      return try with([(names[0], value)], bodies[1])
    case .fallback:
      return types.joined(try checkFallback(bodies[0]), try check(bodies[1]))
    case .optMap, .optFlatMap:
      return try checkOptional(macro, target, names[0], bodies[0])
    default:
      guard let target else { return .dyn }
      return try checkLoop(macro, target, names, bodies)
    }
  }

  private mutating func with(
    _ variables: [(String, Type)], _ body: Syntax
  ) throws(ExpressionFault) -> Type {
    locals += variables.map { (name: $0.0, type: $0.1) }
    defer { locals.removeLast(variables.count) }
    return try check(body)
  }

  private mutating func checkFallback(_ node: Syntax) throws(ExpressionFault) -> Type {
    let type = try check(node)
    if case .optional(let inner) = types.head(type) { return inner }
    return type == .null ? .dyn : type
  }

  private mutating func checkOptional(
    _ macro: Macro, _ target: Syntax?, _ name: String, _ body: Syntax
  ) throws(ExpressionFault) -> Type {
    let inner = types.fresh()
    if let target {
      let type = try check(target)
      guard types.accepts([.optional(inner)], [type]) else {
        throw ExpressionFault(
          "\(macro.rawValue) goes into an optional value, not \(types.final(type).article)",
          at: target.range)
      }
    }
    let result = try with([(name, inner)], body)
    if macro == .optMap { return .optional(result) }
    guard types.accepts([.optional(types.fresh())], [result]) else {
      throw ExpressionFault(
        "optFlatMap wants an optional value here, not \(types.final(result).article)",
        at: body.range)
    }
    return result
  }

  private mutating func checkLoop(
    _ macro: Macro, _ target: Syntax, _ names: [String], _ bodies: [Syntax]
  ) throws(ExpressionFault) -> Type {
    let (first, second, isMap) = try parts(of: target, macro)
    // With one variable it is the element of a list or the key of a map, with two the first is the
    // position or the key.
    let element = isMap ? first : second
    let variables =
      names.count == 1 ? [(names[0], element)] : [(names[0], first), (names[1], second)]
    locals += variables.map { (name: $0.0, type: $0.1) }
    defer { locals.removeLast(variables.count) }
    for condition in bodies.dropLast() { try checkCondition(condition) }
    guard let body = bodies.last else { return .dyn }
    switch macro {
    case .all, .exists, .existsOne:
      try checkCondition(body)
      return .bool
    case .filter:
      try checkCondition(body)
      return .list(element)
    case .map, .transformList: return .list(try check(body))
    case .transformMap: return .map(first, try check(body))
    case .transformMapEntry:
      let entry = try check(body)
      guard types.accepts([.map(types.fresh(), types.fresh())], [entry]) else {
        throw ExpressionFault(
          "transformMapEntry wants a map of one entry here, not \(types.final(entry).article)",
          at: body.range)
      }
      return entry
    default:
      _ = try check(body)
      return .list(element)
    }
  }

  /// What stands in what is gone through: position or key, and element or value.
  private mutating func parts(
    of target: Syntax, _ macro: Macro
  ) throws(ExpressionFault) -> (Type, Type, isMap: Bool) {
    let type = try check(target)
    switch types.head(type) {
    case .dyn: return (.dyn, .dyn, false)
    case .unknown:
      _ = types.accepts(type, .dyn)
      return (.dyn, .dyn, false)
    case .list(let element): return (.int, element, false)
    case .map(let key, let value): return (key, value, true)
    case let other:
      throw ExpressionFault(
        "\(macro.rawValue) goes through a list or a map, not \(types.final(other).article)",
        at: target.range)
    }
  }
}
