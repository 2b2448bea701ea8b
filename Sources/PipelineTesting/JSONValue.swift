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
    // What YAML reads and JSON does not begins otherwise; within, libyaml reads JSON as it is.
    guard let first = bytes.first(where: { $0 != 0x20 }), "{[\"-0123456789tfn".utf8.contains(first),
      let text = String(validating: bytes, as: UTF8.self),
      let document = try? YAMLReader.document(Source(file: "output", text: text))
    else { return nil }
    self = JSONValue(document.root)
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
