/// What an expression computes with and a record is made of: the values of CEL
/// (https://github.com/google/cel-spec, "Values").
package enum Value: Sendable {
  case null
  case bool(Bool)
  case int(Int64)
  case uint(UInt64)
  case double(Double)
  case string(Text)
  case bytes([UInt8])
  case list([Value])
  case map(ValueMap)
  case timestamp(Timestamp)
  case duration(TimeSpan)
  /// What `type(x)` gives: the name of a type.
  case type(Text)
  /// A value that may be missing: nil is `optional.none()`.
  indirect case optional(Value?)
}

extension Value {
  /// The name CEL has for the type of the value.
  package var typeName: Text {
    switch self {
    case .null: "null_type"
    case .bool: "bool"
    case .int: "int"
    case .uint: "uint"
    case .double: "double"
    case .string: "string"
    case .bytes: "bytes"
    case .list: "list"
    case .map: "map"
    case .timestamp: "google.protobuf.Timestamp"
    case .duration: "google.protobuf.Duration"
    case .type: "type"
    case .optional: "optional_type"
    }
  }

  package init(_ text: String) { self = .string(Text(text)) }
}

extension Value: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByBooleanLiteral, ExpressibleByFloatLiteral, ExpressibleByArrayLiteral
{
  package init(stringLiteral text: String) { self = .string(Text(text)) }
  package init(integerLiteral number: Int64) { self = .int(number) }
  package init(booleanLiteral bool: Bool) { self = .bool(bool) }
  package init(floatLiteral number: Double) { self = .double(number) }
  package init(arrayLiteral elements: Value...) { self = .list(elements) }
}
