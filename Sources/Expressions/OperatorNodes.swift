import Lines
import Records

/// `a + b` and its like.
final class ArithmeticNode: Node {
  let op: Operator
  let left: any Node
  let right: any Node
  let place: Range<Int>

  init(_ op: Operator, _ left: any Node, _ right: any Node, _ place: Range<Int>) {
    self.op = op
    self.left = left
    self.right = right
    self.place = place
  }

  func value(_ frame: inout Frame, _ bytes: RawSpan) throws(EvaluationFault) -> Value {
    let a = try left.value(&frame, bytes)
    let b = try right.value(&frame, bytes)
    do throws(Problem) {
      return try op.apply(a, b)
    } catch {
      throw error.at(place)
    }
  }
}

/// `a < b`, `a == b` and their like.
final class ComparisonNode: Node {
  let op: Operator
  let left: any Node
  let right: any Node
  let place: Range<Int>

  init(_ op: Operator, _ left: any Node, _ right: any Node, _ place: Range<Int>) {
    self.op = op
    self.left = left
    self.right = right
    self.place = place
  }

  func bool(_ frame: inout Frame, _ bytes: RawSpan) throws(EvaluationFault) -> Bool {
    let a = try left.value(&frame, bytes)
    return try op.compare(a, try right.value(&frame, bytes), at: place)
  }

  func value(_ frame: inout Frame, _ bytes: RawSpan) throws(EvaluationFault) -> Value {
    .bool(try bool(&frame, bytes))
  }
}

/// `-x`.
final class NegationNode: Node {
  let operand: any Node
  let place: Range<Int>

  init(_ operand: any Node, _ place: Range<Int>) {
    self.operand = operand
    self.place = place
  }

  func value(_ frame: inout Frame, _ bytes: RawSpan) throws(EvaluationFault) -> Value {
    switch try operand.value(&frame, bytes) {
    case .int(let number):
      guard number != .min else {
        throw EvaluationFault("-(\(number)) is larger than an int can be", at: place)
      }
      return .int(-number)
    case .double(let number): return .double(-number)
    case let other: throw EvaluationFault("'-' is not defined for \(other.article)", at: place)
    }
  }
}

/// `!x`.
final class NotNode: Node {
  let operand: any Node
  var place: Range<Int> { operand.place }

  init(_ operand: any Node) { self.operand = operand }

  func bool(_ frame: inout Frame, _ bytes: RawSpan) throws(EvaluationFault) -> Bool {
    !(try operand.bool(&frame, bytes))
  }

  func value(_ frame: inout Frame, _ bytes: RawSpan) throws(EvaluationFault) -> Value {
    .bool(try bool(&frame, bytes))
  }
}

/// `a && b && c` or `a || b || c`: one term that decides makes up for others that fail.
final class LogicNode: Node {
  let terms: [any Node]
  /// The value of a term that decides: true for `||`.
  let decisive: Bool
  let place: Range<Int>

  init(_ terms: [any Node], decisive: Bool, _ place: Range<Int>) {
    self.terms = terms
    self.decisive = decisive
    self.place = place
  }

  func bool(_ frame: inout Frame, _ bytes: RawSpan) throws(EvaluationFault) -> Bool {
    var fault: EvaluationFault?
    for term in terms {
      do throws(EvaluationFault) {
        if try term.bool(&frame, bytes) == decisive { return decisive }
      } catch {
        if error.kind.isFinal { throw error }
        if fault == nil { fault = error }
      }
    }
    if let fault { throw fault }
    return !decisive
  }

  func value(_ frame: inout Frame, _ bytes: RawSpan) throws(EvaluationFault) -> Value {
    .bool(try bool(&frame, bytes))
  }
}

/// `condition ? a : b`.
final class ConditionalNode: Node {
  let condition: any Node
  let first: any Node
  let second: any Node
  var place: Range<Int> { condition.place }

  init(_ condition: any Node, _ first: any Node, _ second: any Node) {
    self.condition = condition
    self.first = first
    self.second = second
  }

  func value(_ frame: inout Frame, _ bytes: RawSpan) throws(EvaluationFault) -> Value {
    try condition.bool(&frame, bytes)
      ? try first.value(&frame, bytes) : try second.value(&frame, bytes)
  }
}

/// `default(x, y)`: y where x is null or not there.
final class FallbackNode: Node {
  let wanted: any Node
  let fallback: any Node
  var place: Range<Int> { wanted.place }

  init(_ wanted: any Node, _ fallback: any Node) {
    self.wanted = wanted
    self.fallback = fallback
  }

  func value(_ frame: inout Frame, _ bytes: RawSpan) throws(EvaluationFault) -> Value {
    do throws(EvaluationFault) {
      switch try wanted.value(&frame, bytes) {
      case .null, .optional(nil): break
      case .optional(let value?): return value
      case let value: return value
      }
    } catch {
      if error.kind != .missing { throw error }
    }
    return try fallback.value(&frame, bytes)
  }
}
