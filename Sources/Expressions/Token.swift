import Records

/// The smallest piece of an expression's text that means something.
struct Token {
  enum Kind: Equatable {
    case name(String)
    /// Between backquotes, for names that are no identifiers.
    case quotedName(String)
    case int(Magnitude)
    case uint(UInt64)
    case double(Double)
    case string([UInt8])
    case bytes([UInt8])
    /// An operator, a bracket or another mark.
    case mark(Mark)
    case end
  }

  /// An integer without its sign, which stands in front of it as an operator.
  struct Magnitude: Equatable {
    var value: UInt64
  }

  var kind: Kind
  var range: Range<Int>
}

enum Mark: String {
  case and = "&&"
  case or = "||"
  case equal = "=="
  case notEqual = "!="
  case atMost = "<="
  case atLeast = ">="
  case less = "<"
  case greater = ">"
  case plus = "+"
  case minus = "-"
  case star = "*"
  case slash = "/"
  case percent = "%"
  case not = "!"
  case question = "?"
  case colon = ":"
  case dot = "."
  case comma = ","
  case openParenthesis = "("
  case closeParenthesis = ")"
  case openBracket = "["
  case closeBracket = "]"
  case openBrace = "{"
  case closeBrace = "}"
}
