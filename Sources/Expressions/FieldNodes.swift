import Lines
import Records

/// `x.name` and `x.?name`.
final class SelectNode: Node {
  let target: any Node
  let field: Text
  let isOptional: Bool
  let place: Range<Int>

  init(_ target: any Node, _ field: String, isOptional: Bool, _ place: Range<Int>) {
    self.target = target
    self.field = Text(field)
    self.isOptional = isOptional
    self.place = place
  }

  func value(_ frame: inout Frame, _ bytes: RawSpan) throws(EvaluationFault) -> Value {
    let container = try target.value(&frame, bytes)
    return try located { () throws(Problem) in try select(container) }
  }

  private func select(_ container: Value) throws(Problem) -> Value {
    switch container {
    case .map(let map):
      if isOptional { return .optional(map[field]) }
      guard let value = map[field] else {
        throw Problem(missing: "there is no field '\(field)'")
      }
      return value
    case .optional(nil): return .optional(nil)
    case .optional(let inner?):
      guard case .map(let map) = inner else { throw fieldless(inner) }
      return .optional(map[field])
    default: throw fieldless(container)
    }
  }

  private func fieldless(_ value: Value) -> Problem {
    Problem("\(value.article) has no field '\(field)'")
  }
}

/// `has(x.name)` of a computed value.
final class HasNode: Node {
  let target: any Node
  let field: Text
  let place: Range<Int>

  init(_ target: any Node, _ field: String, _ place: Range<Int>) {
    self.target = target
    self.field = Text(field)
    self.place = place
  }

  func bool(_ frame: inout Frame, _ bytes: RawSpan) throws(EvaluationFault) -> Bool {
    switch try target.value(&frame, bytes) {
    case .map(let map): return map[field] != nil
    case .optional(nil): return false
    case .optional(.map(let map)?): return map[field] != nil
    case let other: throw EvaluationFault("\(other.article) has no fields", at: place)
    }
  }

  func value(_ frame: inout Frame, _ bytes: RawSpan) throws(EvaluationFault) -> Value {
    .bool(try bool(&frame, bytes))
  }
}

/// `x[i]` and `x[?i]`.
final class IndexNode: Node {
  let target: any Node
  let index: any Node
  let isOptional: Bool
  let place: Range<Int>

  init(_ target: any Node, _ index: any Node, isOptional: Bool, _ place: Range<Int>) {
    self.target = target
    self.index = index
    self.isOptional = isOptional
    self.place = place
  }

  func value(_ frame: inout Frame, _ bytes: RawSpan) throws(EvaluationFault) -> Value {
    let container = try target.value(&frame, bytes)
    let index = try index.value(&frame, bytes)
    return try located { () throws(Problem) in
      if case .optional(let inner) = container {
        guard let inner else { return .optional(nil) }
        return .optional(try IndexNode.element(inner, index))
      }
      let found = try IndexNode.element(container, index)
      if isOptional { return .optional(found) }
      guard let found else { throw IndexNode.missing(container, index) }
      return found
    }
  }

  private static func element(_ container: Value, _ index: Value) throws(Problem) -> Value? {
    switch container {
    case .map(let map): return map[index]
    case .list(let list):
      guard let position = index.position else {
        throw Problem("an element of a list is found by its number, not by \(index.article)")
      }
      return list.indices.contains(position) ? list[position] : nil
    default: throw Problem("\(container.article) has no elements")
    }
  }

  private static func missing(_ container: Value, _ index: Value) -> Problem {
    if case .list(let list) = container {
      return Problem(
        missing: "there is no element \(index.shown): the list has \(list.count)")
    }
    return Problem(missing: "there is no key \(index.shown)")
  }
}

/// `x in y`.
final class ContainedNode: Node {
  let element: any Node
  let container: any Node
  let place: Range<Int>

  init(_ element: any Node, _ container: any Node, _ place: Range<Int>) {
    self.element = element
    self.container = container
    self.place = place
  }

  func bool(_ frame: inout Frame, _ bytes: RawSpan) throws(EvaluationFault) -> Bool {
    let element = try element.value(&frame, bytes)
    let container = try container.value(&frame, bytes)
    try located { () throws(Problem) in try Limit.check(comparing: container, .list([element])) }
    switch container {
    case .list(let list): return list.contains { $0.isEqual(to: element) }
    case .map(let map): return map[element] != nil
    case let other:
      throw EvaluationFault("'in' asks a list or a map, and this is \(other.article)", at: place)
    }
  }

  func value(_ frame: inout Frame, _ bytes: RawSpan) throws(EvaluationFault) -> Value {
    .bool(try bool(&frame, bytes))
  }
}

/// `x in ["a", "b"]` with strings that stand in the text: nothing is copied for a located x.
final class TextAmongNode: Node {
  let element: any Node
  let texts: [Text]
  let place: Range<Int>

  init(_ element: any Node, _ texts: [Text], _ place: Range<Int>) {
    self.element = element
    self.texts = texts
    self.place = place
  }

  func value(_ frame: inout Frame, _ bytes: RawSpan) throws(EvaluationFault) -> Value {
    let found = try element.text(&frame, bytes) { (given) throws(EvaluationFault) in
      for text in texts where given.equals(text.bytes.span.bytes) { return true }
      return false
    }
    return found ?? false
  }
}

extension Node {
  /// Gives what goes wrong in `body` the place of this node.
  func located<R>(_ body: () throws(Problem) -> R) throws(EvaluationFault) -> R {
    do throws(Problem) {
      return try body()
    } catch {
      throw error.at(place)
    }
  }
}

extension Value {
  /// The number as the position of something; nil if it is none, or not whole.
  var position: Int? {
    switch self {
    case .int(let number): Int(number)
    case .uint(let number): Int(clamping: number)
    case .double(let number): Int(exactly: number)
    default: nil
    }
  }
}
