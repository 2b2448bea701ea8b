import Records

/// Names, literals, brackets, and what follows them: fields, elements and calls.
extension Parser {
  mutating func member() throws(ExpressionFault) -> Syntax {
    try members(of: try primary())
  }

  mutating func members(of first: Syntax) throws(ExpressionFault) -> Syntax {
    var result = first
    while true {
      if stands(at: .dot) {
        result = try field(of: result)
      } else if stands(at: .openBracket) {
        result = try element(of: result)
      } else {
        return result
      }
    }
  }

  private mutating func field(of target: Syntax) throws(ExpressionFault) -> Syntax {
    try advance()
    let isOptional = try take(.question)
    let place = token.range
    let start = target.range.lowerBound
    switch token.kind {
    case .quotedName(let name):
      try advance()
      return try node(
        .select(target, field: name, isOptional: isOptional), from: start, place: place,
        under: [target])
    case .name(let name) where !Parser.keywords.contains(name):
      try advance()
      if !isOptional, stands(at: .openParenthesis) {
        return try call(name, target: target, from: start, place: place)
      }
      return try node(
        .select(target, field: name, isOptional: isOptional), from: start, place: place,
        under: [target])
    default: throw unexpected("the name of a field or a function")
    }
  }

  private mutating func element(of target: Syntax) throws(ExpressionFault) -> Syntax {
    let opened = token.range.lowerBound
    try advance()
    let isOptional = try take(.question)
    let index = try expression()
    try expect(.closeBracket, opened: opened)
    return try node(
      .index(target, index, isOptional: isOptional), from: target.range.lowerBound,
      place: opened..<lastEnd, under: [target, index])
  }

  static let keywords: Set<String> = ["in", "true", "false", "null"]
  private static let reserved: Set<String> = [
    "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop",
    "package", "namespace", "return", "var", "void", "while",
  ]

  private mutating func primary() throws(ExpressionFault) -> Syntax {
    let start = token.range.lowerBound
    switch token.kind {
    case .mark(.openParenthesis):
      try advance()
      let inner = try expression()
      try expect(.closeParenthesis, opened: start)
      return inner
    case .mark(.openBracket): return try list()
    case .mark(.openBrace): return try map()
    case .mark(.dot):
      try advance()
      guard case .name(let name) = token.kind else { throw unexpected("a name") }
      return try nameOrCall(name, isAbsolute: true, from: start)
    case .name(let name): return try nameOrCall(name, isAbsolute: false, from: start)
    default: return try literal()
    }
  }

  private mutating func literal() throws(ExpressionFault) -> Syntax {
    let start = token.range.lowerBound
    let value: Value
    switch token.kind {
    case .int(let magnitude):
      guard let number = Int64(exactly: magnitude.value) else {
        throw ExpressionFault(
          "the number is outside of \(Int64.min) to \(Int64.max)", at: token.range)
      }
      value = .int(number)
    case .uint(let number): value = .uint(number)
    case .double(let number): value = .double(number)
    case .string(let bytes): value = .string(Text(bytes))
    case .bytes(let bytes): value = .bytes(bytes)
    default: throw unexpected("a value")
    }
    try advance()
    return try node(.literal(value), from: start)
  }

  private mutating func nameOrCall(
    _ name: String, isAbsolute: Bool, from start: Int
  ) throws(ExpressionFault) -> Syntax {
    let place = token.range
    let constants: [String: Value] = ["true": true, "false": false, "null": .null]
    if !isAbsolute, let value = constants[name] {
      try advance()
      return try node(.literal(value), from: start)
    }
    if name == "in" { throw unexpected("a value") }
    if Parser.reserved.contains(name) {
      throw ExpressionFault(
        "'\(name)' is a reserved word", at: place,
        remedy: "A field of that name is this.\(name); a text is '\"\(name)\"'.")
    }
    try advance()
    if stands(at: .openParenthesis) {
      return try call(name, target: nil, from: start, place: place)
    }
    return try node(.name(name, isAbsolute: isAbsolute), from: start, place: place)
  }

  /// - Parameter place: that of the function's name.
  private mutating func call(
    _ name: String, target: Syntax?, from start: Int, place: Range<Int>
  ) throws(ExpressionFault) -> Syntax {
    let opened = token.range.lowerBound
    try advance()
    var arguments: [Syntax] = []
    while !stands(at: .closeParenthesis) {
      arguments.append(try expression())
      guard try take(.comma) else { break }
      if stands(at: .closeParenthesis) { throw unexpected("an argument") }
    }
    try expect(.closeParenthesis, opened: opened)
    if let macro = try macro(name, target: target, arguments, from: start, place: place) {
      return macro
    }
    return try node(
      .call(name, target: target, arguments), from: start, place: place,
      under: arguments + (target.map { [$0] } ?? []))
  }

  private mutating func list() throws(ExpressionFault) -> Syntax {
    let opened = token.range.lowerBound
    try advance()
    var elements: [Syntax.ListElement] = []
    while !stands(at: .closeBracket) {
      let isOptional = try take(.question)
      elements.append(Syntax.ListElement(value: try expression(), isOptional: isOptional))
      guard try take(.comma) else { break }
    }
    try expect(.closeBracket, opened: opened)
    return try node(.list(elements), from: opened, under: elements.map(\.value))
  }

  private mutating func map() throws(ExpressionFault) -> Syntax {
    let opened = token.range.lowerBound
    try advance()
    var elements: [Syntax.MapElement] = []
    while !stands(at: .closeBrace) {
      let isOptional = try take(.question)
      let key = try expression()
      guard try take(.colon) else { throw unexpected("':'") }
      elements.append(
        Syntax.MapElement(key: key, value: try expression(), isOptional: isOptional))
      guard try take(.comma) else { break }
    }
    try expect(.closeBrace, opened: opened)
    return try node(.map(elements), from: opened, under: elements.flatMap { [$0.key, $0.value] })
  }
}
