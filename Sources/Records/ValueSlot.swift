import Lines

/// A value where it was found, for an expression to read: numbers as they are, a string as a range of
/// the bytes it stands in, so that comparing it copies nothing.
package enum Slot: Sendable {
  /// There is no such field.
  case missing
  /// There can be no field: what it is looked for in is no record.
  case noRecord
  case value(Value)
  /// A string: `count` bytes from `offset` of the bytes that are lent with the slots.
  case text(offset: Int, count: UInt32)

  /// A copy of what it stands for.
  ///
  /// - Parameter bytes: those that are lent with the slots.
  package func value(in bytes: RawSpan) -> Value? {
    switch self {
    case .missing, .noRecord: nil
    case .value(let value): value
    case .text(let offset, let count):
      .string(Text(bytes.extracting(offset..<offset + Int(count))))
    }
  }
}
