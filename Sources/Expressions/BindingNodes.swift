import Lines
import Records

/// `cel.bind(x, value, result)`. That there is no value is a failure only where it is used.
final class BindNode: Node {
  let number: Int
  let bound: any Node
  let result: any Node
  var place: Range<Int> { result.place }

  init(_ number: Int, _ bound: any Node, _ result: any Node) {
    self.number = number
    self.bound = bound
    self.result = result
  }

  func value(_ frame: inout Frame, _ bytes: RawSpan) throws(EvaluationFault) -> Value {
    do throws(EvaluationFault) {
      frame.locals[number] = try bound.value(&frame, bytes)
      frame.faults[number] = nil
    } catch {
      if error.kind.isFinal { throw error }
      frame.faults[number] = error
    }
    return try result.value(&frame, bytes)
  }
}

/// A name that `cel.bind` gave to a value.
final class BoundNode: Node {
  let number: Int
  let place: Range<Int>

  init(_ number: Int, _ place: Range<Int>) {
    self.number = number
    self.place = place
  }

  func value(_ frame: inout Frame, _ bytes: RawSpan) throws(EvaluationFault) -> Value {
    if let fault = frame.faults[number] { throw fault }
    return frame.locals[number]
  }
}

/// `optional.optMap(x, result)` and `optFlatMap`.
final class OptionalMapNode: Node {
  let target: any Node
  let number: Int
  let result: any Node
  /// Whether the result is an optional value itself.
  let isFlat: Bool
  let place: Range<Int>

  init(_ target: any Node, _ number: Int, _ result: any Node, isFlat: Bool, _ place: Range<Int>) {
    self.target = target
    self.number = number
    self.result = result
    self.isFlat = isFlat
    self.place = place
  }

  func value(_ frame: inout Frame, _ bytes: RawSpan) throws(EvaluationFault) -> Value {
    let given = try target.value(&frame, bytes)
    guard case .optional(let inner) = given else {
      throw EvaluationFault("an optional value is wanted, and this is \(given.article)", at: place)
    }
    guard let inner else { return .optional(nil) }
    frame.locals[number] = inner
    let value = try result.value(&frame, bytes)
    if !isFlat { return .optional(value) }
    return .optional(try value.unwrapped(at: result.place))
  }
}

/// `optional.orValue(x)` and `optional.or(x)`: x is evaluated only where it is wanted.
final class OptionalElseNode: Node {
  let function: Function
  let target: any Node
  let other: any Node
  /// Whether the other is an optional itself, and so is the result.
  let isOptional: Bool
  let place: Range<Int>

  init(
    _ function: Function, _ target: any Node, _ other: any Node, isOptional: Bool,
    _ place: Range<Int>
  ) {
    self.function = function
    self.target = target
    self.other = other
    self.isOptional = isOptional
    self.place = place
  }

  func value(_ frame: inout Frame, _ bytes: RawSpan) throws(EvaluationFault) -> Value {
    let given = try target.value(&frame, bytes)
    guard case .optional(let inner) = given else {
      throw Problem.unsuited.of(function, [given]).at(place)
    }
    if let inner { return isOptional ? given : inner }
    let value = try other.value(&frame, bytes)
    if isOptional { _ = try value.unwrapped(at: other.place) }
    return value
  }
}
