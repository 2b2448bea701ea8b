import Lines
import Records

/// A call with one argument, the receiver counted.
final class UnaryCallNode: Node {
  let function: Function
  let argument: any Node
  let apply: @Sendable (Value) throws(Problem) -> Value
  let place: Range<Int>

  init(
    _ function: Function, _ argument: any Node, _ place: Range<Int>,
    _ apply: @escaping @Sendable (Value) throws(Problem) -> Value
  ) {
    self.function = function
    self.argument = argument
    self.apply = apply
    self.place = place
  }

  func value(_ frame: inout Frame, _ bytes: RawSpan) throws(EvaluationFault) -> Value {
    let a = try argument.value(&frame, bytes)
    do throws(Problem) {
      return try apply(a)
    } catch {
      throw error.of(function, [a]).at(place)
    }
  }
}

/// A call with one argument that uses what its worker keeps.
final class FramedCallNode: Node {
  let function: Function
  let argument: any Node
  let apply: @Sendable (inout Frame, Value) throws(Problem) -> Value
  let place: Range<Int>

  init(
    _ function: Function, _ argument: any Node, _ place: Range<Int>,
    _ apply: @escaping @Sendable (inout Frame, Value) throws(Problem) -> Value
  ) {
    self.function = function
    self.argument = argument
    self.apply = apply
    self.place = place
  }

  func value(_ frame: inout Frame, _ bytes: RawSpan) throws(EvaluationFault) -> Value {
    let a = try argument.value(&frame, bytes)
    do throws(Problem) {
      return try apply(&frame, a)
    } catch {
      throw error.of(function, [a]).at(place)
    }
  }
}

/// A call with two arguments, the receiver counted.
final class BinaryCallNode: Node {
  let function: Function
  let first: any Node
  let second: any Node
  let apply: @Sendable (Value, Value) throws(Problem) -> Value
  let place: Range<Int>

  init(
    _ function: Function, _ first: any Node, _ second: any Node, _ place: Range<Int>,
    _ apply: @escaping @Sendable (Value, Value) throws(Problem) -> Value
  ) {
    self.function = function
    self.first = first
    self.second = second
    self.apply = apply
    self.place = place
  }

  func value(_ frame: inout Frame, _ bytes: RawSpan) throws(EvaluationFault) -> Value {
    let a = try first.value(&frame, bytes)
    let b = try second.value(&frame, bytes)
    do throws(Problem) {
      return try apply(a, b)
    } catch {
      throw error.of(function, [a, b]).at(place)
    }
  }
}

/// A call with any number of arguments, the receiver the first.
final class CallNode: Node {
  let function: Function
  let arguments: [any Node]
  let apply: @Sendable ([Value]) throws(Problem) -> Value
  let place: Range<Int>

  init(
    _ function: Function, _ arguments: [any Node], _ place: Range<Int>,
    _ apply: @escaping @Sendable ([Value]) throws(Problem) -> Value
  ) {
    self.function = function
    self.arguments = arguments
    self.apply = apply
    self.place = place
  }

  func value(_ frame: inout Frame, _ bytes: RawSpan) throws(EvaluationFault) -> Value {
    var values: [Value] = []
    values.reserveCapacity(arguments.count)
    for argument in arguments { values.append(try argument.value(&frame, bytes)) }
    do throws(Problem) {
      return try apply(values)
    } catch {
      throw error.of(function, values).at(place)
    }
  }
}

/// `text.startsWith("literal")` and its like: a located text is not copied.
final class TextTestNode: Node {
  let function: Function
  let target: any Node
  let part: Text
  let test: @Sendable (RawSpan, [UInt8]) -> Bool
  let place: Range<Int>

  init(
    _ function: Function, _ target: any Node, _ part: Text, _ place: Range<Int>,
    _ test: @escaping @Sendable (RawSpan, [UInt8]) -> Bool
  ) {
    self.function = function
    self.target = target
    self.part = part
    self.test = test
    self.place = place
  }

  func value(_ frame: inout Frame, _ bytes: RawSpan) throws(EvaluationFault) -> Value {
    let found = try target.text(&frame, bytes) { (given) throws(EvaluationFault) in
      .bool(test(given, part.bytes))
    }
    if let found { return found }
    let given = try target.value(&frame, bytes)
    throw Problem.unsuited.of(function, [given, .string(part)]).at(place)
  }
}

/// A function that takes a pattern: `text.matches(pattern)`, `regex.replace(text, pattern, with)`.
final class PatternNode: Node {
  let function: Function
  let target: any Node
  /// The pattern that stands in the text, and its number.
  let known: (pattern: Pattern, number: Int)?
  let pattern: any Node
  let others: [any Node]
  let apply: Function.PatternUse
  let place: Range<Int>

  init(
    _ function: Function, _ target: any Node, _ pattern: any Node,
    known: (pattern: Pattern, number: Int)?, _ others: [any Node], _ place: Range<Int>,
    _ apply: @escaping Function.PatternUse
  ) {
    self.function = function
    self.target = target
    self.known = known
    self.pattern = pattern
    self.others = others
    self.apply = apply
    self.place = place
  }

  func value(_ frame: inout Frame, _ bytes: RawSpan) throws(EvaluationFault) -> Value {
    var values: [Value] = []
    for other in others { values.append(try other.value(&frame, bytes)) }
    let (pattern, matcher) = try search(&frame, bytes)
    let found = try target.text(&frame, bytes) { (text) throws(EvaluationFault) in
      try located { () throws(Problem) in
        do throws(Problem) {
          return try apply(PatternSearch(pattern: pattern, matcher: matcher), text, values)
        } catch {
          throw error.of(function, values)
        }
      }
    }
    if let found { return found }
    let given = try target.value(&frame, bytes)
    throw Problem.unsuited.of(function, [given, ""] + values).at(place)
  }

  private func search(
    _ frame: inout Frame, _ bytes: RawSpan
  ) throws(EvaluationFault) -> (Pattern, Matcher) {
    if let known { return (known.pattern, frame.matchers[known.number]) }
    let text = try pattern.value(&frame, bytes)
    guard case .string(let text) = text else {
      throw EvaluationFault("a pattern is a string, and this is \(text.article)", at: pattern.place)
    }
    do throws(Problem) {
      return try frame.pattern(text.bytes)
    } catch {
      throw error.at(pattern.place)
    }
  }
}

/// A pattern at work on a text.
struct PatternSearch {
  let pattern: Pattern
  let matcher: Matcher
}

extension Problem {
  /// A function that does not take values of these types.
  static let unsuited = Problem("")

  /// Words that a function does not take what it was given.
  func of(_ function: Function, _ values: [Value]) -> Problem {
    guard message.isEmpty else { return self }
    let types = values.map(\.shortTypeName).joined(separator: ", ")
    return Problem("there is no \(function.name) for (\(types))")
  }
}
