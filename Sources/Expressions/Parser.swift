import Records

/// Makes a tree of the text of an expression, by recursive descent with a bound on its depth.
struct Parser {
  private var lexer: Lexer
  private(set) var token: Token
  /// The end of the token before.
  private(set) var lastEnd = 0
  private var nesting = 0
  private var count = 0

  /// The deepest brackets in each other, and the deepest tree: what is deeper could not be worked on
  /// within the stack of a thread.
  static let deepestBrackets = 100
  static let deepest = 200

  /// - Throws: what is wrong with the first token.
  init(_ text: [UInt8], from start: Int = 0) throws(ExpressionFault) {
    lexer = Lexer(text, from: start)
    token = try lexer.next()
  }

  mutating func parse() throws(ExpressionFault) -> Syntax {
    if token.kind == .end {
      throw ExpressionFault("the expression is empty", at: token.range)
    }
    let tree = try expression()
    guard token.kind == .end else { throw unexpected("an operator or the end") }
    return tree
  }

  /// How many nodes there are; their numbers are below it.
  var nodeCount: Int { count }

  // MARK: Tokens

  mutating func advance() throws(ExpressionFault) {
    lastEnd = token.range.upperBound
    token = try lexer.next()
  }

  func stands(at mark: Mark) -> Bool { token.kind == .mark(mark) }

  /// Takes the mark if it is next.
  mutating func take(_ mark: Mark) throws(ExpressionFault) -> Bool {
    guard stands(at: mark) else { return false }
    try advance()
    return true
  }

  mutating func expect(_ mark: Mark, opened: Int) throws(ExpressionFault) {
    guard stands(at: mark) else {
      if token.kind == .end {
        throw ExpressionFault(
          "a closing '\(mark.rawValue)' is missing", at: opened..<opened + 1)
      }
      throw unexpected("'\(mark.rawValue)'")
    }
    try advance()
  }

  func unexpected(_ wanted: String) -> ExpressionFault {
    if token.kind == .end {
      return ExpressionFault("the expression ends where \(wanted) is expected", at: token.range)
    }
    let shown = String(decoding: lexer.text[token.range].prefix(40), as: UTF8.self)
    return ExpressionFault(
      "\(shown) stands where \(wanted) is expected", at: token.range, remedy: remedy(shown))
  }

  private func remedy(_ shown: String) -> String? {
    switch shown {
    case "and": "Both of two conditions are asked with '&&'."
    case "or": "One of two conditions is asked with '||'."
    case "not": "A condition is turned round with '!'."
    default: nil
    }
  }

  // MARK: Nodes

  mutating func node(
    _ kind: Syntax.Kind, from start: Int, place: Range<Int>? = nil, under children: [Syntax] = []
  ) throws(ExpressionFault) -> Syntax {
    let range = start..<max(start, lastEnd)
    var depth = 1
    for child in children where child.depth >= depth { depth = child.depth + 1 }
    guard depth <= Parser.deepest else { throw Parser.tooDeep(range, Parser.deepest) }
    count += 1
    return Syntax(kind, range, place: place ?? range, depth: depth, number: count - 1)
  }

  private static func tooDeep(_ range: Range<Int>, _ most: Int) -> ExpressionFault {
    ExpressionFault(
      "the expression is nested more than \(most) deep",
      at: range.lowerBound..<min(range.lowerBound + 1, range.upperBound),
      remedy: "Divide it over several fields or stages.")
  }

  mutating func expression() throws(ExpressionFault) -> Syntax {
    nesting += 1
    defer { nesting -= 1 }
    guard nesting <= Parser.deepestBrackets else {
      throw Parser.tooDeep(token.range, Parser.deepestBrackets)
    }
    let condition = try operation(1)
    guard stands(at: .question) else { return condition }
    let place = token.range
    try advance()
    let first = try operation(1)
    guard try take(.colon) else { throw unexpected("':'") }
    let second = try expression()
    return try node(
      .conditional(condition, first, second), from: condition.range.lowerBound, place: place,
      under: [condition, first, second])
  }

  /// Operators between two operands, by how tightly they bind.
  private func binaryOperator() -> (Operator, rank: Int)? {
    switch token.kind {
    case .mark(.or): (.or, 1)
    case .mark(.and): (.and, 2)
    case .name("in"): (.contained, 3)
    case .mark(.equal): (.equal, 3)
    case .mark(.notEqual): (.notEqual, 3)
    case .mark(.less): (.less, 3)
    case .mark(.atMost): (.atMost, 3)
    case .mark(.greater): (.greater, 3)
    case .mark(.atLeast): (.atLeast, 3)
    case .mark(.plus): (.add, 4)
    case .mark(.minus): (.subtract, 4)
    case .mark(.star): (.multiply, 5)
    case .mark(.slash): (.divide, 5)
    case .mark(.percent): (.remainder, 5)
    default: nil
    }
  }

  /// Operands with operators between them that bind at least so tightly, from the left.
  private mutating func operation(_ least: Int) throws(ExpressionFault) -> Syntax {
    var left = try unary()
    while let (found, rank) = binaryOperator(), rank >= least {
      left = try operation(found, rank, left)
    }
    return left
  }

  /// The operator that is next, and what stands behind it.
  private mutating func operation(
    _ found: Operator, _ rank: Int, _ left: Syntax
  ) throws(ExpressionFault) -> Syntax {
    let place = token.range
    var terms = [left]
    repeat {
      try advance()
      terms.append(try operation(rank + 1))
      // Conditions are all of one level: there may be very many.
    } while rank <= 2 && binaryOperator()?.rank == rank
    let kind: Syntax.Kind =
      switch found {
      case .or: .or(terms)
      case .and: .and(terms)
      default: .binary(found, left, terms[1])
      }
    return try node(kind, from: left.range.lowerBound, place: place, under: terms)
  }

  private mutating func unary() throws(ExpressionFault) -> Syntax {
    if stands(at: .not) { return try prefixed(by: .not) }
    return stands(at: .minus) ? try prefixed(by: .minus) : try member()
  }

  private mutating func prefixed(by mark: Mark) throws(ExpressionFault) -> Syntax {
    var places: [Range<Int>] = []
    while stands(at: mark) {
      places.append(token.range)
      try advance()
    }
    var operand: Syntax
    if mark == .minus, let literal = try negativeNumber(from: places[places.count - 1].lowerBound) {
      places.removeLast()
      operand = try members(of: literal)
    } else {
      operand = try member()
    }
    for place in places.reversed() {
      operand = try node(
        .unary(mark == .not ? .not : .negate, operand), from: place.lowerBound, place: place,
        under: [operand])
    }
    return operand
  }

  /// A number right behind a minus is one literal with it: the least int has no positive of its own.
  private mutating func negativeNumber(from start: Int) throws(ExpressionFault) -> Syntax? {
    let value: Value
    switch token.kind {
    case .int(let magnitude): value = .int(Int64(truncatingIfNeeded: 0 &- magnitude.value))
    case .double(let number): value = .double(-number)
    default: return nil
    }
    try advance()
    return try node(.literal(value), from: start)
  }
}
