import Records

/// Operators and functions: which of their signatures the arguments fit.
extension Checker {
  mutating func checkOperator(_ node: Syntax) throws(ExpressionFault) -> Type {
    switch node.kind {
    case .unary(let op, let operand):
      return try result(of: op, [try check(operand)], node)
    case .binary(let op, let left, let right):
      let a = try check(left)
      let b = try check(right)
      switch op {
      case .equal, .notEqual:
        if isNumeric(a, b) || types.accepts([a], [b]) || types.accepts([b], [a]) { return .bool }
        throw ExpressionFault(
          "\(types.final(a).article) is never equal to \(types.final(b).article)",
          at: node.place)
      case .contained: return try checkContained(a, b, node)
      default: return try result(of: op, [a, b], node)
      }
    default: return .dyn
    }
  }

  private mutating func checkContained(
    _ element: Type, _ container: Type, _ node: Syntax
  ) throws(ExpressionFault) -> Type {
    let held: Type
    switch types.head(container) {
    case .dyn, .unknown: return .bool
    case .list(let type): held = type
    case .map(let key, _): held = key
    case let other:
      throw ExpressionFault(
        "'in' asks a list or a map, not \(types.final(other).article)", at: node.place,
        remedy: other == .string ? "A text asks with text.contains(\"part\")." : nil)
    }
    if types.accepts([held], [element]) || isNumeric(held, element) { return .bool }
    throw ExpressionFault(
      "\(types.final(element).article) is never in \(types.final(container).article)",
      at: node.place)
  }

  private mutating func result(
    of op: Operator, _ arguments: [Type], _ node: Syntax
  ) throws(ExpressionFault) -> Type {
    if let type = result(Operator.signatures[op] ?? [], arguments) { return type }
    let shown = arguments.map { types.final($0).description }.joined(separator: " and ")
    var remedy: String?
    if op == .add, arguments.contains(where: { types.head($0) == .string }) {
      remedy = "string(x) makes text of a value."
    }
    throw ExpressionFault(
      "'\(op.written)' is not defined for \(shown)", at: node.place, remedy: remedy)
  }

  /// Nil if no signature fits; dyn if several with different results do.
  private mutating func result(_ signatures: [Signature], _ arguments: [Type]) -> Type? {
    var result: Type?
    for signature in signatures {
      guard let signature = signature.taking(arguments.count) else { continue }
      let instance = types.instance(signature)
      guard types.acceptsCall(instance.parameters, arguments) else { continue }
      let type = types.resolved(instance.result)
      if let known = result, known != type { return .dyn }
      result = type
    }
    return result
  }

  // MARK: Functions

  mutating func checkCall(_ node: Syntax) throws(ExpressionFault) -> Type {
    guard case .call(let name, let target, let arguments) = node.kind else { return .dyn }
    if target == nil, let signatures = declarations.gathering[name] {
      return try check(name, signatures, nil, arguments, node)
    }
    let callee = declarations.callee(name, target, hiding: locals.map(\.name))
    guard let function = callee.function else { throw unknown(name, target, node) }
    return try check(
      function.name, function.parsedSignatures, callee.isMethod ? target : nil, arguments, node)
  }

  private mutating func check(
    _ name: String, _ signatures: [Signature], _ target: Syntax?, _ arguments: [Syntax],
    _ node: Syntax
  ) throws(ExpressionFault) -> Type {
    var given: [Type] = []
    if let target { given.append(try check(target)) }
    for argument in arguments { given.append(try check(argument)) }
    let suited = signatures.filter { $0.isMethod == (target != nil) }
    if let type = result(suited, given) { return type }
    let shown = given.dropFirst(target == nil ? 0 : 1).map { types.final($0).description }
    let call = "\(name)(\(shown.joined(separator: ", ")))"
    let receiver = target == nil ? "" : "\(types.final(given[0]))."
    throw ExpressionFault(
      "there is no \(receiver)\(call)", at: node.place,
      remedy: "It is called as " + Checker.forms(of: name, signatures).joined(separator: " or ")
        + ".")
  }

  private static func forms(of name: String, _ signatures: [Signature]) -> [String] {
    var forms: [String] = []
    for signature in signatures {
      let types = signature.parameters.map(\.description)
      let form =
        signature.isMethod
        ? "\(types[0]).\(name)(\(types.dropFirst().joined(separator: ", ")))"
        : "\(name)(\(types.joined(separator: ", ")))"
      if !forms.contains(form) { forms.append(form) }
    }
    return forms.count > 4 ? Array(forms.prefix(4)) : forms
  }

  private func unknown(_ name: String, _ target: Syntax?, _ node: Syntax) -> ExpressionFault {
    var written = name
    if let target, let (path, _) = target.dottedName,
      Function.namespaces.contains(path.joined(separator: "."))
    {
      written = path.joined(separator: ".") + "." + name
    }
    let known = Function.names + declarations.gathering.keys.sorted()
    let near = Spelling.nearest(to: written, among: known)
    return ExpressionFault(
      "there is no function '\(written)'", at: node.place,
      remedy: near.map { "did you mean '\($0)'?" })
  }
}

extension Declarations {
  /// The function that a call means: `math.abs(x)` one with that whole name, `x.size()` a method.
  func callee(
    _ name: String, _ target: Syntax?, hiding locals: [String]
  ) -> (function: Function?, isMethod: Bool) {
    guard let target else { return (Function.named(name), false) }
    if let (path, _) = target.dottedName {
      let whole = (path + [name]).joined(separator: ".")
      if let function = Function.named(whole) { return (function, false) }
    }
    return (Function.named(name), true)
  }
}

extension Signature {
  /// The signature for so many arguments, the receiver counted; nil if it does not take them.
  func taking(_ count: Int) -> Signature? {
    if count == parameters.count { return self }
    guard isVariadic, count > parameters.count, let last = parameters.last else { return nil }
    var longer = self
    longer.parameters += Array(repeating: last, count: count - parameters.count)
    return longer
  }
}

extension Operator {
  static let signatures: [Operator: [Signature]] = {
    var table: [Operator: [Signature]] = [:]
    func define(_ operators: [Operator], _ texts: [String]) {
      let signatures = texts.map { Signature($0, name: "_") }
      for op in operators { table[op, default: []] += signatures }
    }
    define([.not], ["_(bool) -> bool"])
    define([.negate], ["_(int) -> int", "_(double) -> double"])
    define(
      [.add, .subtract, .multiply, .divide],
      [
        "_(int, int) -> int", "_(uint, uint) -> uint", "_(double, double) -> double",
        "_(int, double) -> double", "_(double, int) -> double", "_(uint, double) -> double",
        "_(double, uint) -> double",
      ])
    define([.remainder], ["_(int, int) -> int", "_(uint, uint) -> uint"])
    define(
      [.add],
      [
        "_(string, string) -> string", "_(bytes, bytes) -> bytes",
        "_(list(A), list(A)) -> list(A)", "_(timestamp, duration) -> timestamp",
        "_(duration, timestamp) -> timestamp", "_(duration, duration) -> duration",
      ])
    define(
      [.subtract],
      [
        "_(timestamp, timestamp) -> duration", "_(timestamp, duration) -> timestamp",
        "_(duration, duration) -> duration",
      ])
    let numbers = ["int", "uint", "double"]
    let pairs = numbers.flatMap { a in numbers.map { "_(\(a), \($0)) -> bool" } }
    let others = ["bool", "string", "bytes", "timestamp", "duration"]
    define(
      [.less, .atMost, .greater, .atLeast], pairs + others.map { "_(\($0), \($0)) -> bool" })
    return table
  }()
}
