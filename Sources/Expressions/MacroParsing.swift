/// Calls that are macros: they name variables, or ask whether something is there.
extension Parser {
  /// Nil if the call is none.
  mutating func macro(
    _ name: String, target: Syntax?, _ arguments: [Syntax], from start: Int, place: Range<Int>
  ) throws(ExpressionFault) -> Syntax? {
    guard let target else {
      switch (name, arguments.count) {
      case ("has", 1): return try has(arguments[0], from: start, place: place)
      case ("default", 2):
        return try node(
          .macro(.fallback, target: nil, names: [], arguments), from: start, place: place,
          under: arguments)
      default: return nil
      }
    }
    if case .name("cel", _) = target.kind, name == "bind", arguments.count == 3 {
      return try macro(.bind, nil, names: 1, arguments, from: start, place: place)
    }
    guard let (macro, names) = Parser.shape(name, arguments.count) else { return nil }
    return try self.macro(macro, target, names: names, arguments, from: start, place: place)
  }

  /// The macro of a name with so many arguments, and how many of them name variables.
  private static func shape(_ name: String, _ count: Int) -> (Macro, names: Int)? {
    switch (name, count) {
    case ("all", 2): (.all, 1)
    case ("all", 3): (.all, 2)
    case ("exists", 2): (.exists, 1)
    case ("exists", 3): (.exists, 2)
    case ("exists_one", 2), ("existsOne", 2): (.existsOne, 1)
    case ("exists_one", 3), ("existsOne", 3): (.existsOne, 2)
    case ("map", 2), ("map", 3): (.map, 1)
    case ("filter", 2): (.filter, 1)
    case ("transformList", 3), ("transformList", 4): (.transformList, 2)
    case ("transformMap", 3), ("transformMap", 4): (.transformMap, 2)
    case ("transformMapEntry", 3), ("transformMapEntry", 4): (.transformMapEntry, 2)
    case ("optMap", 2): (.optMap, 1)
    case ("optFlatMap", 2): (.optFlatMap, 1)
    case ("sortBy", 2): (.sortBy, 1)
    default: nil
    }
  }

  private mutating func macro(
    _ macro: Macro, _ target: Syntax?, names count: Int, _ arguments: [Syntax], from start: Int,
    place: Range<Int>
  ) throws(ExpressionFault) -> Syntax {
    var names: [String] = []
    for argument in arguments.prefix(count) {
      guard case .name(let name, isAbsolute: false) = argument.kind else {
        throw ExpressionFault(
          "'\(macro.rawValue)' takes the name of a variable here", at: argument.range,
          remedy: "As in list.\(macro.rawValue)(x, …).")
      }
      guard !names.contains(name) else {
        throw ExpressionFault("two variables are called '\(name)'", at: argument.range)
      }
      names.append(name)
    }
    let bodies = Array(arguments.dropFirst(count))
    return try node(
      .macro(macro, target: target, names: names, bodies), from: start, place: place,
      under: bodies + (target.map { [$0] } ?? []))
  }

  private mutating func has(
    _ argument: Syntax, from start: Int, place: Range<Int>
  ) throws(ExpressionFault) -> Syntax {
    guard case .select(let target, let field, let isOptional) = argument.kind else {
      throw ExpressionFault(
        "has() takes a field, as in has(this.user)", at: argument.range,
        remedy: "An element of a list or map is asked for with 'in'.")
    }
    return try node(
      .has(target, field: field, isOptional: isOptional), from: start, place: argument.place,
      under: [target])
  }
}
