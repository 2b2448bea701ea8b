import Lines
import Records

/// Makes the nodes of a program of a tree.
struct Compiler {
  let declarations: Declarations
  let isChecked: Bool
  var needs: Needs
  /// The variables of the macros around, whose numbers are their positions.
  var locals: [(name: String, isBound: Bool)] = []
  private(set) var mostLocals = 0
  var patterns: [Pattern] = []
  var gatherings: [Gathering] = []
  /// What calls that are handed over read does not count as read by the expression.
  var leavesOutGathered = false

  init(_ declarations: Declarations, _ needs: Needs, isChecked: Bool) {
    self.declarations = declarations
    self.needs = needs
    self.isChecked = isChecked
  }

  mutating func compile(_ tree: Syntax) throws(ExpressionFault) -> any Node {
    switch tree.kind {
    case .literal(let value): return ConstantNode(value, tree.range)
    case .name(let name, let isAbsolute): return compile(name, isAbsolute, tree)
    case .select, .index, .has: return try compileField(tree)
    case .unary, .binary: return try compileOperator(tree)
    case .and(let terms): return try compile(terms, decisive: false, tree)
    case .or(let terms): return try compile(terms, decisive: true, tree)
    case .conditional: return try compileConditional(tree)
    case .call: return try compileCall(tree)
    case .list(let elements): return try compile(elements, tree)
    case .map(let elements): return try compile(elements, tree)
    case .macro: return try compileMacro(tree)
    }
  }

  /// The number of a variable while something is compiled in which it can be seen.
  mutating func with<R>(
    _ names: [String], isBound: Bool = false,
    _ body: (inout Compiler, Int) throws(ExpressionFault) -> R
  ) throws(ExpressionFault) -> R {
    let first = locals.count
    locals += names.map { (name: $0, isBound: isBound) }
    mostLocals = max(mostLocals, locals.count)
    defer { locals.removeLast(names.count) }
    return try body(&self, first)
  }

  // MARK: Names

  private mutating func compile(_ name: String, _ isAbsolute: Bool, _ tree: Syntax) -> any Node {
    if !isAbsolute, let number = locals.lastIndex(where: { $0.name == name }) {
      return locals[number].isBound
        ? BoundNode(number, tree.range) : LocalNode(number, tree.range)
    }
    switch declarations.variables[name]?.source {
    case .constant(let value): return ConstantNode(value, tree.range)
    case .slot:
      return SlotNode(needs.number(of: .variable(name)), name: name, tree.range)
    case nil:
      if Type.named[name] != nil { return ConstantNode(.type(Text(name)), tree.range) }
      return FaultNode("there is nothing called '\(name)'", tree.range)
    }
  }

  // MARK: Fields

  /// A path of fields from a variable whose fields are located on their own.
  private func path(_ tree: Syntax) -> (name: String, path: [Text])? {
    var path: [Text] = []
    var node = tree
    while true {
      switch node.kind {
      case .select(let target, let field, isOptional: false):
        path.append(Text(field))
        node = target
      case .index(let target, let index, isOptional: false):
        guard case .literal(.string(let field)) = index.kind else { return nil }
        path.append(field)
        node = target
      case .name(let name, let isAbsolute):
        if !isAbsolute, locals.contains(where: { $0.name == name }) { return nil }
        guard case .slot(hasFields: true)? = declarations.variables[name]?.source else {
          return nil
        }
        return (name, path.reversed())
      default: return nil
      }
    }
  }

  private mutating func slot(_ name: String, _ path: [Text], _ tree: Syntax) -> SlotNode {
    let shown = ([name] + path.map(\.string)).joined(separator: ".")
    return SlotNode(
      needs.number(of: .field(name, path: path)), name: shown, tree.range)
  }

  private mutating func compileField(_ tree: Syntax) throws(ExpressionFault) -> any Node {
    if let (name, path) = path(tree) { return slot(name, path, tree) }
    switch tree.kind {
    case .select(let target, let field, let isOptional):
      if let name = declarations.dottedType(tree, hiding: locals.map(\.name)) {
        return ConstantNode(.type(Text(name)), tree.range)
      }
      if isOptional, let (name, path) = path(target) {
        return OptionalSlotNode(slot(name, path + [Text(field)], tree))
      }
      let inner = try compile(target)
      return folded(
        SelectNode(inner, field, isOptional: isOptional, tree.place), [inner])
    case .has(let target, let field, _):
      if let (name, path) = path(target) {
        return HasSlotNode(slot(name, path + [Text(field)], tree))
      }
      let inner = try compile(target)
      return folded(HasNode(inner, field, tree.place), [inner])
    case .index(let target, let index, let isOptional):
      if isOptional, let (name, path) = path(target), case .literal(.string(let key)) = index.kind {
        return OptionalSlotNode(slot(name, path + [key], tree))
      }
      let inner = try compile(target)
      let position = try compile(index)
      return folded(
        IndexNode(inner, position, isOptional: isOptional, tree.place), [inner, position])
    default: return FaultNode("", tree.range)
    }
  }

  // MARK: Operators

  private mutating func compileOperator(_ tree: Syntax) throws(ExpressionFault) -> any Node {
    switch tree.kind {
    case .unary(let op, let operand):
      let inner = try compile(operand)
      return folded(op == .not ? NotNode(inner) : NegationNode(inner, tree.place), [inner])
    case .binary(let op, let left, let right):
      let a = try compile(left)
      let b = try compile(right)
      return folded(Compiler.binary(op, a, b, tree.place), [a, b])
    default: return FaultNode("", tree.range)
    }
  }

  private static func binary(
    _ op: Operator, _ a: any Node, _ b: any Node, _ place: Range<Int>
  ) -> any Node {
    switch op {
    case .add, .subtract, .multiply, .divide, .remainder: return ArithmeticNode(op, a, b, place)
    case .contained:
      if let texts = (b as? ConstantNode)?.constant.texts { return TextAmongNode(a, texts, place) }
      return ContainedNode(a, b, place)
    default:
      if let slot = a as? SlotNode, let known = b as? ConstantNode {
        return SlotComparisonNode(slot, op, known.constant, place)
      }
      if let slot = b as? SlotNode, let known = a as? ConstantNode {
        return SlotComparisonNode(slot, op.mirrored, known.constant, place)
      }
      return ComparisonNode(op, a, b, place)
    }
  }

  private mutating func compile(
    _ terms: [Syntax], decisive: Bool, _ tree: Syntax
  ) throws(ExpressionFault) -> any Node {
    var nodes: [any Node] = []
    for term in terms { nodes.append(try compile(term)) }
    return folded(LogicNode(nodes, decisive: decisive, tree.place), nodes)
  }

  private mutating func compileConditional(_ tree: Syntax) throws(ExpressionFault) -> any Node {
    guard case .conditional(let condition, let first, let second) = tree.kind else {
      return FaultNode("", tree.range)
    }
    let test = try compile(condition)
    let a = try compile(first)
    let b = try compile(second)
    return folded(ConditionalNode(test, a, b), [test, a, b])
  }

  // MARK: Lists and maps

  private mutating func compile(
    _ elements: [Syntax.ListElement], _ tree: Syntax
  ) throws(ExpressionFault) -> any Node {
    var nodes: [(node: any Node, isOptional: Bool)] = []
    for element in elements { nodes.append((try compile(element.value), element.isOptional)) }
    return folded(ListNode(nodes, tree.range), nodes.map { $0.node })
  }

  private mutating func compile(
    _ elements: [Syntax.MapElement], _ tree: Syntax
  ) throws(ExpressionFault) -> any Node {
    var nodes: [(key: any Node, value: any Node, isOptional: Bool)] = []
    for element in elements {
      nodes.append(
        (try compile(element.key), try compile(element.value), element.isOptional))
    }
    return folded(MapNode(nodes, tree.range), nodes.flatMap { [$0.key, $0.value] })
  }

  // MARK: What is known already

  /// The value of a node all of whose operands are known, unless it has none: that it fails may
  /// never matter.
  func folded(_ node: any Node, _ operands: [any Node]) -> any Node {
    guard operands.allSatisfy({ $0 is ConstantNode }) else { return node }
    var frame = Frame(locals: 0, patterns: patterns, mayGoOn: nil)
    let nothing: [UInt8] = []
    guard let value = try? node.value(&frame, nothing.span.bytes) else { return node }
    return ConstantNode(value, node.place)
  }
}

extension Operator {
  /// The comparison with its sides exchanged.
  var mirrored: Operator {
    switch self {
    case .less: .greater
    case .greater: .less
    case .atMost: .atLeast
    case .atLeast: .atMost
    default: self
    }
  }
}

extension Value {
  /// The strings of a list that holds nothing else.
  var texts: [Text]? {
    guard case .list(let list) = self else { return nil }
    var texts: [Text] = []
    for case .string(let text) in list { texts.append(text) }
    return texts.count == list.count ? texts : nil
  }
}
