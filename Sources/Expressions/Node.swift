import Lines
import Records

/// A piece of a compiled expression.
protocol Node: AnyObject, Sendable {
  /// The bytes of the text that its faults point at.
  var place: Range<Int> { get }

  /// - Parameter bytes: what the texts of the slots stand in.
  func value(_ frame: inout Frame, _ bytes: RawSpan) throws(EvaluationFault) -> Value

  /// The value as a condition.
  func bool(_ frame: inout Frame, _ bytes: RawSpan) throws(EvaluationFault) -> Bool

  /// Lends the bytes of the value, which is to be a string, where they stand; without calling `body`
  /// gives nil if it is none.
  func text(
    _ frame: inout Frame, _ bytes: RawSpan,
    _ body: (RawSpan) throws(EvaluationFault) -> Value
  ) throws(EvaluationFault) -> Value?
}

extension Node {
  func bool(_ frame: inout Frame, _ bytes: RawSpan) throws(EvaluationFault) -> Bool {
    try condition(try value(&frame, bytes))
  }

  func condition(_ value: Value) throws(EvaluationFault) -> Bool {
    guard case .bool(let bool) = value else {
      throw EvaluationFault(
        "a condition is expected here, and this is \(value.article)", at: place)
    }
    return bool
  }

  func text(
    _ frame: inout Frame, _ bytes: RawSpan,
    _ body: (RawSpan) throws(EvaluationFault) -> Value
  ) throws(EvaluationFault) -> Value? {
    guard case .string(let text) = try value(&frame, bytes) else { return nil }
    return try body(text.bytes.span.bytes)
  }
}

extension Value {
  /// As in "an int is no condition".
  var article: String {
    let name = shortTypeName
    return ("aeio".contains(name.first ?? "x") ? "an " : "a ") + name
  }

  var shortTypeName: String {
    switch self {
    case .timestamp: "timestamp"
    case .duration: "duration"
    case .optional: "optional"
    case .null: "null"
    default: typeName.string
    }
  }
}

/// A value that stands in the text, or was computed when it was read.
final class ConstantNode: Node {
  let constant: Value
  let place: Range<Int>

  init(_ constant: Value, _ place: Range<Int>) {
    self.constant = constant
    self.place = place
  }

  func value(_ frame: inout Frame, _ bytes: RawSpan) throws(EvaluationFault) -> Value { constant }
}

/// What can only fail, known when the text was compiled without being checked.
final class FaultNode: Node {
  let message: String
  let place: Range<Int>

  init(_ message: String, _ place: Range<Int>) {
    self.message = message
    self.place = place
  }

  func value(_ frame: inout Frame, _ bytes: RawSpan) throws(EvaluationFault) -> Value {
    throw EvaluationFault(message, at: place)
  }
}

/// A variable of a macro.
final class LocalNode: Node {
  let number: Int
  let place: Range<Int>

  init(_ number: Int, _ place: Range<Int>) {
    self.number = number
    self.place = place
  }

  func value(_ frame: inout Frame, _ bytes: RawSpan) throws(EvaluationFault) -> Value {
    frame.locals[number]
  }
}
