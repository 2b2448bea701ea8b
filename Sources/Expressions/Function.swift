import Lines
import Records

/// A function of the language: what the checker, the compiler and the manual know of it.
struct Function: Sendable {
  typealias PatternUse =
    @Sendable (PatternSearch, RawSpan, [Value]) throws(Problem) -> Value

  /// How a value is made of the arguments, the receiver first.
  enum Apply: Sendable {
    /// By the compiler: a macro.
    case macro
    case one(@Sendable (Value) throws(Problem) -> Value)
    case two(@Sendable (Value, Value) throws(Problem) -> Value)
    /// One of a string and a string that often stands in the text.
    case test(@Sendable (RawSpan, [UInt8]) -> Bool)
    case many(@Sendable ([Value]) throws(Problem) -> Value)
    /// With what a worker keeps for the next call.
    case framed(@Sendable (inout Frame, Value) throws(Problem) -> Value)
    /// The second argument only where the first, an optional, has no value.
    case alternative(isOptional: Bool)
    /// The second argument is a pattern, the first the text it is looked for in.
    case pattern(PatternUse)
  }

  let name: String
  /// `size(string) -> int`, or for a method `string.size() -> int`.
  let signatures: [String]
  /// What it gives, for the manual.
  let summary: String
  /// An expression, and another one that is equal to it.
  let example: (expression: String, result: String)
  let apply: Apply

  init(
    _ name: String, _ signatures: [String], _ summary: String, _ example: (String, String),
    _ apply: Apply
  ) {
    self.name = name
    self.signatures = signatures
    self.summary = summary
    self.example = example
    self.apply = apply
  }

  var parsedSignatures: [Signature] { signatures.map { Signature($0, name: name) } }
}

extension Function {
  /// The chapters of the manual, and in them every function there is.
  static let chapters: [(title: String, functions: [Function])] = [
    ("Macros", macros),
    ("Values and their types", conversions),
    ("Optional values", optionals),
    ("Text", texts + textPieces),
    ("Patterns", patterns),
    ("Numbers", numbers),
    ("Lists", lists),
    ("Sets", sets),
    ("Maps", maps),
    ("Time", times),
    ("Formats and encodings", encodings),
    ("Paths and digests", paths),
  ]

  private static let table: [String: Function] = {
    var table: [String: Function] = [:]
    for chapter in chapters {
      for function in chapter.functions where !function.isMacro { table[function.name] = function }
    }
    return table
  }()

  private var isMacro: Bool { if case .macro = apply { true } else { false } }

  static func named(_ name: String) -> Function? { table[name] }

  /// Of functions and macros, in the order of the manual.
  static let names: [String] = chapters.flatMap { $0.functions.map(\.name) }

  /// What stands before the last dot in a function's name: `math` and so on.
  static let namespaces: Set<String> = Set(
    names.compactMap { name in
      name.lastIndex(of: ".").map { String(name[..<$0]) }
    })
}
