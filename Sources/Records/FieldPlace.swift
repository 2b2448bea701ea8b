import Lines

/// Where a value stands in a row and, for what is small, what it is. Offsets are those of the bytes
/// in which it was found.
package struct FieldPlace: Sendable {
  package enum Kind: UInt8, Sendable {
    case missing, null, bool, int, uint, double, text, bytes, timestamp, duration, list, map

    /// A number or a boolean.
    var isScalar: Bool { self == .bool || self == .int || self == .uint || self == .double }
  }

  package var kind: Kind
  /// The value is JSON text, as it was read.
  package var isJSON: Bool
  /// JSON text with escapes, or a text's first byte would have to be looked for.
  package var isEscaped = false
  var nanoseconds: Int32 = 0
  /// A number or boolean.
  var bits: UInt64 = 0
  private var lower: UInt32
  private var upper: UInt32
  private var start: UInt32
  private var end: UInt32

  /// - Parameters:
  ///   - payload: the bytes of a text, without quotes; else the same as `whole`.
  ///   - whole: the value as it is written, with its quotes or its tag.
  init(_ kind: Kind, payload: Range<Int>, whole: Range<Int>, isJSON: Bool) {
    self.kind = kind
    self.isJSON = isJSON
    lower = UInt32(truncatingIfNeeded: payload.lowerBound)
    upper = UInt32(truncatingIfNeeded: payload.upperBound)
    start = UInt32(truncatingIfNeeded: whole.lowerBound)
    end = UInt32(truncatingIfNeeded: whole.upperBound)
  }

  static let missing = FieldPlace(.missing, payload: 0..<0, whole: 0..<0, isJSON: false)

  package var isMissing: Bool { kind == .missing }
  /// The bytes of a text as they stand there, of bytes, or of a number as it was read.
  package var payload: Range<Int> { Int(lower)..<Int(upper) }
  /// All of the value: a row on its own.
  package var whole: Range<Int> { Int(start)..<Int(end) }
}

extension FieldPlace {
  /// What an expression reads: a text without escapes stays where it is.
  package func slot(in bytes: RawSpan) -> Slot {
    switch kind {
    case .missing: .missing
    case .int: .value(.int(Int64(bitPattern: bits)))
    case .text where !isEscaped: .text(offset: Int(lower), count: upper - lower)
    default: .value(value(in: bytes))
    }
  }

  /// A copy of the value; null if it is missing.
  ///
  /// - Parameter bytes: those in which it was found.
  package func value(in bytes: RawSpan) -> Value {
    switch kind {
    case .missing, .null: .null
    case .bool: .bool(bits != 0)
    case .int: .int(Int64(bitPattern: bits))
    case .uint: .uint(bits)
    case .double: .double(Double(bitPattern: bits))
    case .text: .string(text(in: bytes))
    case .bytes: .bytes(bytes.extracting(payload).array)
    case .timestamp:
      Timestamp(seconds: Int64(bitPattern: bits), nanoseconds: nanoseconds)
        .map { .timestamp($0) } ?? .null
    case .duration:
      TimeSpan(seconds: Int64(bitPattern: bits), nanoseconds: Int64(nanoseconds))
        .map { .duration($0) } ?? .null
    case .list, .map:
      isJSON
        ? JSONDecoding.value(in: bytes, at: whole.lowerBound)
        : RowScan.value(in: bytes, at: whole.lowerBound)
    }
  }

  /// A copy of a text, its escapes resolved.
  package func text(in bytes: RawSpan) -> Text {
    let raw = bytes.extracting(payload)
    return isEscaped ? Text(JSONDecoding.unescaped(raw)) : Text(raw)
  }
}
