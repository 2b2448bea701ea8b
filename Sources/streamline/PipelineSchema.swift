import PipelineModel

/// The JSON Schema of the pipeline file (https://json-schema.org/draft/2020-12), for editors: made of
/// the tables that the reader reads by. It takes every file that the reader takes; what only the reader
/// sees, such as an expression that is none, it does not refuse.
struct PipelineSchema {
  private let catalogue: [StageManual]

  init(_ catalogue: [StageManual]) { self.catalogue = catalogue }

  var text: String { whole.text() + "\n" }

  private var whole: SchemaNode {
    .object([
      ("$schema", .string("https://json-schema.org/draft/2020-12/schema")),
      ("title", .string("A pipeline of streamline")),
      ("type", .string("object")),
      ("properties", .object(TopLevelTable.fields.map { ($0.name, Self.topLevel($0)) })),
      ("required", .strings(TopLevelTable.fields.filter(\.isRequired).map(\.name))),
      ("additionalProperties", .bool(false)),
      ("$defs", .object(definitions)),
    ])
  }

  /// The table leaves `defaults` open, since the reader looks at it by itself.
  private static func topLevel(_ field: Field) -> SchemaNode {
    guard field.name == "defaults" else { return field.schema }
    let shared = CommonKeyTable.fields.filter { !CommonKeyTable.withoutDefault.contains($0.name) }
    return FieldType.object(shared).adding([("description", .string(field.summary))])
  }

  private var definitions: [(name: String, value: SchemaNode)] {
    let stages = SchemaNode.object([
      ("type", .string("array")), ("items", FieldType.reference("stage")), ("minItems", .int(1)),
    ])
    return [("stages", stages), ("stage", stage)]
      + catalogue.map { ("stage-\($0.kind)", Self.value(of: $0)) }
  }

  /// A mapping with one kind and common keys, or the kind alone as a word.
  private var stage: SchemaNode {
    let bare = catalogue.filter(\.allowsBareWord).map(\.kind)
    let kinds = catalogue.map { ($0.kind, FieldType.reference("stage-\($0.kind)")) }
    let keys = CommonKeyTable.fields.map { ($0.name, $0.schema) }
    let one = catalogue.map { SchemaNode.object([("required", .strings([$0.kind]))]) }
    let mapping = SchemaNode.object([
      ("type", .string("object")), ("properties", .object(kinds + keys)),
      ("oneOf", .array(one)), ("allOf", .array(catalogue.compactMap(Self.refusals))),
      ("additionalProperties", .bool(false)),
    ])
    return .object([("anyOf", .array([.object([("enum", .strings(bare))]), mapping]))])
  }

  /// The common keys that can mean nothing for a kind, whatever its own keys say.
  private static func refusals(of manual: StageManual) -> SchemaNode? {
    let classes = [manual.stageClass] + manual.classRules.map(\.stageClass)
    let refused = CommonKeyTable.fields.map(\.name).filter { key in
      classes.allSatisfy { CommonKeyTable.refusal(of: key, by: manual, in: $0) != nil }
    }
    if refused.isEmpty { return nil }
    return .object([
      ("if", .object([("required", .strings([manual.kind]))])),
      ("then", .object([("properties", .object(refused.map { ($0, .bool(false)) }))])),
    ])
  }

  /// What may stand behind a kind: its shorthand, its fields, or nothing.
  private static func value(of manual: StageManual) -> SchemaNode {
    var forms: [SchemaNode] = []
    if let field = manual.fields.first(where: { $0.name == manual.shorthand }) {
      forms.append(field.schema)
    }
    if !manual.fields.isEmpty { forms.append(FieldType.object(manual.fields)) }
    if manual.allowsBareWord { forms.append(.object([("type", .string("null"))])) }
    return .object([("description", .string(manual.summary)), ("anyOf", .array(forms))])
  }
}
