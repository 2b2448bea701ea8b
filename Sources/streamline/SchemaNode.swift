import PipelineModel

/// A piece of a JSON Schema; the members of objects keep their order.
indirect enum SchemaNode {
  case object([(name: String, value: SchemaNode)])
  case array([SchemaNode])
  case string(String)
  case int(Int)
  case double(Double)
  case bool(Bool)
  case null

  static func strings(_ texts: [String]) -> SchemaNode { .array(texts.map { .string($0) }) }

  /// The same object with more members.
  func adding(_ members: [(name: String, value: SchemaNode)]) -> SchemaNode {
    guard case .object(let own) = self else { return self }
    return .object(own + members)
  }

  func text(depth: Int = 0) -> String {
    let margin = String(repeating: "  ", count: depth)
    switch self {
    case .object(let members):
      if members.isEmpty { return "{}" }
      let lines = members.map { member in
        "\(margin)  \(JSONText.string(member.name)): \(member.value.text(depth: depth + 1))"
      }
      return "{\n" + lines.joined(separator: ",\n") + "\n\(margin)}"
    case .array(let values):
      if values.isEmpty { return "[]" }
      if values.allSatisfy(\.isScalar) {
        return "[" + values.map { $0.text() }.joined(separator: ", ") + "]"
      }
      let lines = values.map { "\(margin)  \($0.text(depth: depth + 1))" }
      return "[\n" + lines.joined(separator: ",\n") + "\n\(margin)]"
    case .string(let text): return JSONText.string(text)
    case .int(let value): return "\(value)"
    case .double(let value): return "\(value)"
    case .bool(let value): return value ? "true" : "false"
    case .null: return "null"
    }
  }

  private var isScalar: Bool {
    switch self {
    case .object, .array: false
    default: true
    }
  }
}
