import Expressions
import Lines
package import PipelineModel
import Records

package enum SetFields: StageKind {
  package static let manual = StageManual(
    kind: "set", chapter: .records, stageClass: .lineWise,
    summary: "Sets fields of each record to what expressions give.",
    description: [
      """
      A field that is there keeps its place; a new one comes behind all others, in the order of the \
      file. Every other field stays as it was read. All expressions see the record as it came in, \
      before any of them was set: what one sets another does not see.
      """,
      """
      An optional value that is none leaves its field as it is: with this.?user.?name the field is \
      set only where there is one. A text is an expression too and has quotes of its own: \
      {source: '"nginx"'}.
      """,
    ],
    fields: [
      Field(
        "fields", .mapping(of: .expression), required: true, "The fields and what they are set to.")
    ],
    shorthand: "fields",
    examples: [
      StageManual.Example(
        stage: "set: {ms: this.s * 1000, source: '\"nginx\"'}", input: "{\"s\":2,\"id\":1.50}\n",
        output: "{\"s\":2,\"id\":1.50,\"ms\":2000,\"source\":\"nginx\"}\n")
    ])

  package static func build(_ stage: StageDefinition, _ setting: Setting) throws(Diagnostic) -> Work
  {
    var expressions = ItemExpressions(setting)
    var fields: [(name: FieldName, program: Program)] = []
    for field in stage.arguments.mapping("fields") ?? [] {
      fields.append((FieldName(field.name), try expressions.compile(field.argument)))
    }
    let (compiled, all) = (expressions, fields)
    return .transform { SetTransform(compiled.values(), all, setting) }
  }
}

struct SetTransform: Transform {
  private let values: ItemValues
  private let editor: RowEditor
  private var fields: [CopiedValue]
  private var sources: [FieldSource]
  private let setting: Setting

  init(_ values: ItemValues, _ fields: [(name: FieldName, program: Program)], _ setting: Setting) {
    self.values = values
    editor = RowEditor(set: fields.map(\.name))
    self.fields = fields.map { CopiedValue($0.program) }
    sources = fields.map { _ in .unchanged }
    self.setting = setting
  }

  mutating func process(
    _ batch: Batch, _ cursor: inout Cursor, upTo end: Int, into out: inout BatchBuilder
  ) throws(Failure) -> Progress {
    while cursor.item < end {
      if out.isFull { return .full }
      if batch.kind(cursor.item) == .line { throw .noRecord }
      values.load(batch, cursor.item)
      for k in fields.indices {
        switch try fields[k].source(values, batch) {
        case .value(.optional(let value)): sources[k] = value.map { .value($0) } ?? .unchanged
        case let source: sources[k] = source
        }
      }
      try out.append(batch, cursor.item, editedBy: editor, sources, setting)
      cursor.advance()
    }
    return .done
  }
}
