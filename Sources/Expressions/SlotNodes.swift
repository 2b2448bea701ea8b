import Lines
import Records

/// A value that is given from outside: a variable, or a field that was located.
final class SlotNode: Node {
  let number: Int
  /// As in `this.user.name`: for messages.
  let name: String
  let place: Range<Int>

  init(_ number: Int, name: String, _ place: Range<Int>) {
    self.number = number
    self.name = name
    self.place = place
  }

  func value(_ frame: inout Frame, _ bytes: RawSpan) throws(EvaluationFault) -> Value {
    switch frame.slots[number] {
    case .value(let value): return value
    case .text(let offset, let count):
      return .string(Text(bytes.extracting(offset..<offset + Int(count))))
    case .missing, .noRecord: throw missing(frame)
    }
  }

  func text(
    _ frame: inout Frame, _ bytes: RawSpan,
    _ body: (RawSpan) throws(EvaluationFault) -> Value
  ) throws(EvaluationFault) -> Value? {
    switch frame.slots[number] {
    case .text(let offset, let count):
      return try body(bytes.extracting(offset..<offset + Int(count)))
    case .value(.string(let text)): return try body(text.bytes.span.bytes)
    case .value: return nil
    case .missing, .noRecord: throw missing(frame)
    }
  }

  func missing(_ frame: Frame) -> EvaluationFault {
    if case .noRecord = frame.slots[number] {
      return EvaluationFault(
        "the item is no record, so there is no '\(name)'", kind: .noRecord, at: place)
    }
    return EvaluationFault("there is no '\(name)'", kind: .missing, at: place)
  }
}

/// `has(this.user)` of a field that is located.
final class HasSlotNode: Node {
  let slot: SlotNode
  var place: Range<Int> { slot.place }

  init(_ slot: SlotNode) { self.slot = slot }

  func bool(_ frame: inout Frame, _ bytes: RawSpan) throws(EvaluationFault) -> Bool {
    switch frame.slots[slot.number] {
    case .value, .text: return true
    case .missing: return false
    case .noRecord: throw slot.missing(frame)
    }
  }

  func value(_ frame: inout Frame, _ bytes: RawSpan) throws(EvaluationFault) -> Value {
    .bool(try bool(&frame, bytes))
  }
}

/// `this.?user` of a field that is located.
final class OptionalSlotNode: Node {
  let slot: SlotNode
  var place: Range<Int> { slot.place }

  init(_ slot: SlotNode) { self.slot = slot }

  func value(_ frame: inout Frame, _ bytes: RawSpan) throws(EvaluationFault) -> Value {
    if case .missing = frame.slots[slot.number] { return .optional(nil) }
    return .optional(try slot.value(&frame, bytes))
  }
}

/// A located value compared with one that stands in the text: nothing is copied.
final class SlotComparisonNode: Node {
  let slot: SlotNode
  let op: Operator
  let constant: Value
  let place: Range<Int>

  init(_ slot: SlotNode, _ op: Operator, _ constant: Value, _ place: Range<Int>) {
    self.slot = slot
    self.op = op
    self.constant = constant
    self.place = place
  }

  func bool(_ frame: inout Frame, _ bytes: RawSpan) throws(EvaluationFault) -> Bool {
    switch (frame.slots[slot.number], constant) {
    case (.value(.int(let a)), .int(let b)): return op.holds(a, b)
    case (.text(let offset, let count), .string(let text)):
      let given = bytes.extracting(offset..<offset + Int(count))
      if op == .equal { return given.equals(text.bytes.span.bytes) }
      if op == .notEqual { return !given.equals(text.bytes.span.bytes) }
      return op.holds(given.order(text.bytes.span.bytes), 0)
    case (.value(let value), _): return try op.compare(value, constant, at: place)
    default: return try op.compare(try slot.value(&frame, bytes), constant, at: place)
    }
  }

  func value(_ frame: inout Frame, _ bytes: RawSpan) throws(EvaluationFault) -> Value {
    .bool(try bool(&frame, bytes))
  }
}
