import PipelineModel
import YAMLTree

// What a field takes, in JSON Schema. Plain scalars of YAML are numbers and booleans to a validator
// where the reader takes their text.

extension FieldType {
  var schema: SchemaNode {
    switch self {
    case .string, .template, .writtenPath, .pipeline: Self.types("string", "number", "boolean")
    case .expression: Self.types("string", "number", "boolean", "null")
    case .pattern:
      .object([
        (
          "anyOf",
          .array([
            FieldType.string.schema, FieldType.list(of: .string).schema,
          ])
        )
      ])
    case .bool: .object([("type", .string("boolean"))])
    case .int(let range):
      .object([("type", .string("integer"))] + Self.bounds(range))
    case .double(let range):
      .object([("type", .string("number"))] + Self.bounds(range))
    case .duration: Self.written(#"^(0|([0-9]+(\.[0-9]{1,9})?(h|ms|m|s|us))+)$"#, orNumber: true)
    case .size: Self.written("^[0-9]+([TGMK]iB|[TGMkK]?B)?$", orNumber: true)
    case .rate: .object([("anyOf", .array([Self.rateText, Self.rateMapping]))])
    case .choice(let words): .object([("enum", .strings(words))])
    case .list(let element, let count): Self.list(element.schema, count)
    case .mapping(let element):
      .object([("type", .string("object")), ("additionalProperties", element.schema)])
    case .fields(let fields): Self.object(fields)
    case .stages: Self.reference("stages")
    case .oneOf(let types): .object([("anyOf", .array(types.map(\.schema)))])
    case .any: .object([])
    }
  }

  static func reference(_ name: String) -> SchemaNode {
    .object([("$ref", .string("#/$defs/\(name)"))])
  }

  /// A mapping with these keys and no others.
  static func object(_ fields: [Field]) -> SchemaNode {
    let required = fields.filter(\.isRequired).map(\.name)
    return .object(
      [
        ("type", .string("object")),
        ("properties", .object(fields.map { ($0.name, $0.schema) })),
      ] + (required.isEmpty ? [] : [("required", .strings(required))])
        + [("additionalProperties", .bool(false))])
  }

  private static func types(_ names: String...) -> SchemaNode {
    .object([("type", .strings(names))])
  }

  private static func written(_ pattern: String, orNumber: Bool = false) -> SchemaNode {
    let text = SchemaNode.object([("type", .string("string")), ("pattern", .string(pattern))])
    guard orNumber else { return text }
    let number = SchemaNode.object([("type", .string("integer")), ("minimum", .int(0))])
    return .object([("anyOf", .array([text, number]))])
  }

  private static let rateText = written("^[0-9]+/[smh]$")

  /// The limit of a rate is one without fields.
  private static var rateMapping: SchemaNode {
    let fields = FieldType.rateFields.map { field in
      if case .rate = field.type {
        (name: field.name, value: rateText)
      } else {
        (name: field.name, value: field.schema)
      }
    }
    return .object([
      ("type", .string("object")), ("properties", .object(fields)),
      ("required", .strings(FieldType.rateFields.filter(\.isRequired).map(\.name))),
      ("additionalProperties", .bool(false)),
    ])
  }

  private static func list(_ element: SchemaNode, _ count: ClosedRange<Int>) -> SchemaNode {
    .object(
      [("type", .string("array")), ("items", element), ("minItems", .int(count.lowerBound))]
        + (count.upperBound == .max ? [] : [("maxItems", .int(count.upperBound))]))
  }

  private static func bounds(_ range: ClosedRange<Int>) -> [(name: String, value: SchemaNode)] {
    (range.lowerBound == .min ? [] : [("minimum", .int(range.lowerBound))])
      + (range.upperBound == .max ? [] : [("maximum", .int(range.upperBound))])
  }

  private static func bounds(_ range: ClosedRange<Double>) -> [(name: String, value: SchemaNode)] {
    (range.lowerBound.isFinite ? [("minimum", .double(range.lowerBound))] : [])
      + (range.upperBound.isFinite ? [("maximum", .double(range.upperBound))] : [])
  }
}

extension Field {
  /// With what it does, and the value that stands in when it is left out.
  var schema: SchemaNode {
    let note = defaultNote.map { " Without it: \($0)." } ?? ""
    let members: [(name: String, value: SchemaNode)] = [("description", .string(summary + note))]
    return type.schema.adding(members + (defaultSchema.map { [("default", $0)] } ?? []))
  }

  private var defaultSchema: SchemaNode? {
    guard let node = defaultArgument?.node, let resolved = node.resolved else { return nil }
    return switch resolved {
    case .null: .null
    case .bool(let value): .bool(value)
    case .int(let value): .int(value)
    case .double(let value): .double(value)
    case .string(let text): .string(text)
    }
  }
}
