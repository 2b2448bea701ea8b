import Records

/// A node of the tree that the parser makes of the text.
final class Syntax: Sendable {
  indirect enum Kind: Sendable {
    case literal(Value)
    /// A name; `isAbsolute` if a dot stands before it, which passes by the names of macros.
    case name(String, isAbsolute: Bool)
    case select(Syntax, field: String, isOptional: Bool)
    case has(Syntax, field: String, isOptional: Bool)
    case index(Syntax, Syntax, isOptional: Bool)
    case unary(Operator, Syntax)
    case binary(Operator, Syntax, Syntax)
    case and([Syntax])
    case or([Syntax])
    case conditional(Syntax, Syntax, Syntax)
    /// A function, or a method if it has a target.
    case call(String, target: Syntax?, [Syntax])
    case list([ListElement])
    case map([MapElement])
    case macro(Macro, target: Syntax?, names: [String], [Syntax])
  }

  struct ListElement: Sendable {
    var value: Syntax
    var isOptional: Bool
  }

  struct MapElement: Sendable {
    var key: Syntax
    var value: Syntax
    var isOptional: Bool
  }

  let kind: Kind
  /// The bytes of the text it was made from.
  let range: Range<Int>
  /// What is named in messages: the operator, the field, the function.
  let place: Range<Int>
  /// How deep the tree is from here, itself counted.
  let depth: Int
  /// A number of its own within its tree.
  let number: Int

  init(_ kind: Kind, _ range: Range<Int>, place: Range<Int>, depth: Int, number: Int) {
    self.kind = kind
    self.range = range
    self.place = place
    self.depth = depth
    self.number = number
  }
}

enum Operator: String, Sendable {
  case add = "+"
  case subtract = "-"
  case multiply = "*"
  case divide = "/"
  case remainder = "%"
  case equal = "=="
  case notEqual = "!="
  case less = "<"
  case atMost = "<="
  case greater = ">"
  case atLeast = ">="
  case contained = "in"
  case and = "&&"
  case or = "||"
  case negate = "-x"
  case not = "!"

  /// As written in front of one operand or between two.
  var written: String { self == .negate ? "-" : rawValue }
}

/// What looks like a call but names a variable, or does not evaluate all of its arguments.
enum Macro: String, Sendable, CaseIterable {
  case all, exists, existsOne, map, filter, transformList, transformMap, transformMapEntry
  case bind, optMap, optFlatMap, sortBy
  /// `default(expression, fallback)`.
  case fallback
}
