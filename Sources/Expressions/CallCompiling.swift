import Lines
import Records

/// Calls and macros.
extension Compiler {
  mutating func compileCall(_ tree: Syntax) throws(ExpressionFault) -> any Node {
    guard case .call(let name, let target, let arguments) = tree.kind else {
      return FaultNode("", tree.range)
    }
    if target == nil, declarations.gathering[name] != nil {
      return try gather(name, arguments, tree)
    }
    let callee = declarations.callee(name, target, hiding: locals.map(\.name))
    guard let function = callee.function else {
      return FaultNode("there is no function '\(name)'", tree.place)
    }
    let operands = (callee.isMethod ? target.map { [$0] } ?? [] : []) + arguments
    guard function.takes(operands.count, isMethod: callee.isMethod) else {
      return FaultNode(
        "there is no \(function.name) for \(operands.count) arguments", tree.place)
    }
    var nodes: [any Node] = []
    for operand in operands { nodes.append(try compile(operand)) }
    // On its own line: it may add the pattern that the folding then needs.
    let call = try node(function, nodes, tree)
    return folded(call, nodes)
  }

  private mutating func node(
    _ function: Function, _ nodes: [any Node], _ tree: Syntax
  ) throws(ExpressionFault) -> any Node {
    switch function.apply {
    case .macro: return FaultNode("\(function.name) is a macro", tree.place)
    case .one(let apply): return UnaryCallNode(function, nodes[0], tree.place, apply)
    case .two(let apply): return BinaryCallNode(function, nodes[0], nodes[1], tree.place, apply)
    case .many(let apply): return CallNode(function, nodes, tree.place, apply)
    case .framed(let apply): return FramedCallNode(function, nodes[0], tree.place, apply)
    case .test(let test): return Compiler.textTest(function, nodes, tree.place, test)
    case .alternative(let isOptional):
      return OptionalElseNode(
        function, nodes[0], nodes[1], isOptional: isOptional, tree.place)
    case .pattern(let use): return try pattern(function, nodes, tree, use)
    }
  }

  private static func textTest(
    _ function: Function, _ nodes: [any Node], _ place: Range<Int>,
    _ test: @escaping @Sendable (RawSpan, [UInt8]) -> Bool
  ) -> any Node {
    if case .string(let part)? = (nodes[1] as? ConstantNode)?.constant {
      return TextTestNode(function, nodes[0], part, place, test)
    }
    return BinaryCallNode(function, nodes[0], nodes[1], place) { (a, b) throws(Problem) in
      guard case .string(let text) = a, case .string(let part) = b else {
        throw Problem.unsuited
      }
      return .bool(test(text.bytes.span.bytes, part.bytes))
    }
  }

  /// A pattern that stands in the text is compiled now, so that what is wrong with it is found now.
  private mutating func pattern(
    _ function: Function, _ nodes: [any Node], _ tree: Syntax, _ use: @escaping Function.PatternUse
  ) throws(ExpressionFault) -> any Node {
    var known: (pattern: Pattern, number: Int)?
    if case .string(let text)? = (nodes[1] as? ConstantNode)?.constant {
      do throws(PatternError) {
        let pattern = try Pattern([text.string])
        patterns.append(pattern)
        known = (pattern, patterns.count - 1)
      } catch {
        if !isChecked {
          return FaultNode("the pattern is wrong: \(error.message)", nodes[1].place)
        }
        throw ExpressionFault(
          "the pattern is wrong at its character \(error.offset + 1): \(error.message)",
          at: nodes[1].place)
      }
    }
    return PatternNode(
      function, nodes[0], nodes[1], known: known, Array(nodes.dropFirst(2)), tree.place, use)
  }

  private mutating func gather(
    _ name: String, _ arguments: [Syntax], _ tree: Syntax
  ) throws(ExpressionFault) -> any Node {
    if leavesOutGathered { return ConstantNode(.null, tree.range) }
    var programs: [Program] = []
    for argument in arguments {
      var inner = Compiler(declarations, needs, isChecked: isChecked)
      let root = try inner.compile(argument)
      guard inner.gatherings.isEmpty else {
        throw ExpressionFault("\(name)() can not stand in another of its kind", at: argument.range)
      }
      needs = inner.needs
      programs.append(
        Program(
          root: root, type: .dyn, locals: inner.mostLocals, patterns: inner.patterns,
          gatherings: []))
    }
    let number = needs.addGathering()
    gatherings.append(
      Gathering(function: name, arguments: programs, slot: number, range: tree.range))
    return SlotNode(number, name: name + "()", tree.place)
  }

  // MARK: Macros

  mutating func compileMacro(_ tree: Syntax) throws(ExpressionFault) -> any Node {
    guard case .macro(let macro, let target, let names, let bodies) = tree.kind else {
      return FaultNode("", tree.range)
    }
    switch macro {
    case .fallback:
      let wanted = try compile(bodies[0])
      return FallbackNode(wanted, try compile(bodies[1]))
    case .bind:
      let bound = try compile(bodies[0])
      return try with(names, isBound: true) { (compiler, number) throws(ExpressionFault) in
        BindNode(number, bound, try compiler.compile(bodies[1]))
      }
    default: break
    }
    guard let target else { return FaultNode("", tree.range) }
    let range = try compile(target)
    return try with(names) { (compiler, number) throws(ExpressionFault) in
      if macro == .optMap || macro == .optFlatMap {
        return OptionalMapNode(
          range, number, try compiler.compile(bodies[0]), isFlat: macro == .optFlatMap,
          tree.place)
      }
      let loop = Loop(
        range: range, first: number, second: names.count == 2 ? number + 1 : nil,
        name: macro.rawValue)
      return try compiler.loop(macro, loop, bodies, tree.place)
    }
  }

  private mutating func loop(
    _ macro: Macro, _ loop: Loop, _ bodies: [Syntax], _ place: Range<Int>
  ) throws(ExpressionFault) -> any Node {
    var nodes: [any Node] = []
    for body in bodies { nodes.append(try compile(body)) }
    let body = nodes[nodes.count - 1]
    let condition = nodes.count == 2 ? nodes[0] : nil
    switch macro {
    case .all: return QuantifierNode(loop, body, decisive: false, place)
    case .exists: return QuantifierNode(loop, body, decisive: true, place)
    case .existsOne: return ExistsOneNode(loop, body, place)
    case .filter: return ListLoopNode(loop, if: body, nil, place)
    case .map, .transformList: return ListLoopNode(loop, if: condition, body, place)
    case .transformMap: return MapLoopNode(loop, if: condition, body, isEntry: false, place)
    case .transformMapEntry: return MapLoopNode(loop, if: condition, body, isEntry: true, place)
    default: return SortByNode(loop, body, place)
    }
  }
}

extension Function {
  /// Whether it can be called with so many arguments, the receiver counted.
  func takes(_ count: Int, isMethod: Bool) -> Bool {
    parsedSignatures.contains { $0.isMethod == isMethod && $0.taking(count) != nil }
  }
}
