import Records

/// The way from text to a program.
package enum Expression {
  /// Texts longer than this are refused.
  package static let longest = 4 << 20

  /// Reads, checks and compiles an expression.
  ///
  /// - Parameters:
  ///   - declarations: the names it may use.
  ///   - needs: the slots it reads are added to those that are there, so that several expressions can
  ///     be evaluated on the same slots.
  ///   - isChecked: false leaves it to the evaluation to find out what can not be.
  /// - Throws: the first thing that is wrong, with its place in the text.
  package static func compile(
    _ text: [UInt8], declaring declarations: Declarations, needs: inout Needs,
    isChecked: Bool = true
  ) throws(ExpressionFault) -> Program {
    guard text.count <= longest else {
      throw ExpressionFault(
        "the expression has \(text.count) bytes; \(longest) are possible", at: 0..<0)
    }
    var parser = try Parser(text)
    let tree = try parser.parse()
    return try compile(tree, declarations, &needs, isChecked)
  }

  package static func compile(
    _ text: String, declaring declarations: Declarations, needs: inout Needs,
    isChecked: Bool = true
  ) throws(ExpressionFault) -> Program {
    try compile(
      Array(text.utf8), declaring: declarations, needs: &needs, isChecked: isChecked)
  }

  /// What an expression reads outside of the calls that it hands over.
  package static func readsOfItsOwn(
    _ text: String, declaring declarations: Declarations
  ) throws(ExpressionFault) -> Needs {
    var parser = try Parser(Array(text.utf8))
    var compiler = Compiler(declarations, Needs(), isChecked: false)
    compiler.leavesOutGathered = true
    _ = try compiler.compile(try parser.parse())
    return compiler.needs
  }

  private static func compile(
    _ tree: Syntax, _ declarations: Declarations, _ needs: inout Needs, _ isChecked: Bool
  ) throws(ExpressionFault) -> Program {
    var type = Type.dyn
    if isChecked {
      var checker = Checker(declarations)
      type = try checker.type(of: tree)
    }
    var compiler = Compiler(declarations, needs, isChecked: isChecked)
    let root = try compiler.compile(tree)
    needs = compiler.needs
    return Program(
      root: root, type: type, locals: compiler.mostLocals, patterns: compiler.patterns,
      gatherings: compiler.gatherings)
  }

  /// The end of the expression that begins at `start` and is ended by a `}` that closes nothing in
  /// it, as in a template's `{= EXPR}`: the offset of that `}`.
  ///
  /// - Throws: if there is none, or something on the way to it is no part of an expression.
  package static func end(in text: [UInt8], from start: Int) throws(ExpressionFault) -> Int {
    var lexer = Lexer(text, from: start)
    var open = 0
    while true {
      let token = try lexer.next()
      switch token.kind {
      case .mark(.openBrace): open += 1
      case .mark(.closeBrace):
        if open == 0 { return token.range.lowerBound }
        open -= 1
      case .end:
        throw ExpressionFault("the expression has no closing '}'", at: start..<text.count)
      default: break
      }
    }
  }
}

/// A call that is handed over to the caller: `quantile(this.ms, 0.99)` in `aggregate`.
package struct Gathering: Sendable {
  package var function: String
  package var arguments: [Program]
  /// The number of the slot that takes its result.
  package var slot: Int
  /// The bytes of the text that it stands in.
  package var range: Range<Int>
}
