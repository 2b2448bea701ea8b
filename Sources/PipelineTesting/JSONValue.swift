import Records
import YAMLTree

/// A JSON value for comparison: the order of a map's keys says nothing, and numbers are compared as
/// numbers.
enum JSONValue: Equatable {
  case null
  case bool(Bool)
  case int(Int)
  case double(Double)
  case string(String)
  case list([JSONValue])
  case map([Member])

  struct Member: Equatable {
    var name: String
    var value: JSONValue
  }

  var int: Int? { if case .int(let value) = self { value } else { nil } }
  var string: String? { if case .string(let value) = self { value } else { nil } }

  /// What a YAML node says, with the types of YAML's core schema.
  init(_ node: Node) {
    switch node.content {
    case .sequence(let items): self = .list(items.map { JSONValue($0) })
    case .mapping(let entries):
      let members = entries.map {
        Member(name: $0.key.scalar?.text ?? "", value: JSONValue($0.value))
      }
      self = .map(members.sorted { $0.name < $1.name })
    case .scalar(let scalar):
      switch node.resolved {
      case .null: self = .null
      case .bool(let value): self = .bool(value)
      case .int(let value): self = .int(value)
      case .double(let value): self = .double(value)
      default: self = .string(scalar.text)
      }
    }
  }

  /// Nil if it is no JSON.
  init?(_ bytes: [UInt8]) {
    let isJSON = bytes.withRawSpan {
      (try? JSONChecker().check($0, 0..<$0.byteCount)) != nil
    }
    guard isJSON else { return nil }
    let value = JSONDecoding.value(in: bytes)
    self.init(value)
  }

  private init(_ value: Value) {
    switch value {
    case .bool(let bool): self = .bool(bool)
    case .int(let number): self = .int(Int(number))
    case .double(let number): self = .double(number)
    case .uint(let number): self = .double(Double(number))
    case .string(let text): self = .string(text.string)
    case .list(let values): self = .list(values.map { JSONValue($0) })
    case .map(let map):
      let members = map.recordEntries.map {
        Member(name: $0.name.string, value: JSONValue($0.value))
      }
      self = .map(members.sorted { $0.name < $1.name })
    case .null, .bytes, .timestamp, .duration, .type, .optional: self = .null
    }
  }

  var text: String {
    switch self {
    case .null: "null"
    case .bool(let value): "\(value)"
    case .int(let value): "\(value)"
    case .double(let value): "\(value)"
    case .string(let value): "\"\(value)\""
    case .list(let values): "[" + values.map(\.text).joined(separator: ",") + "]"
    case .map(let members):
      "{" + members.map { "\"\($0.name)\":\($0.value.text)" }.joined(separator: ",") + "}"
    }
  }
}
