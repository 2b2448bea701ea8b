package import PipelineModel
import Records

package enum Select: StageKind {
  package static let manual = StageManual(
    kind: "select", chapter: .records, stageClass: .lineWise,
    summary: "Keeps some fields of each record, in the order in which they are named.",
    description: [
      "Their values stay as they were read. A field that is not there is left out."
    ],
    fields: [.fieldNames], shorthand: "fields",
    examples: [
      StageManual.Example(
        stage: "select: [status, path]",
        input: "{\"path\":\"/a\",\"ms\":12,\"status\":200}\n",
        output: "{\"status\":200,\"path\":\"/a\"}\n")
    ])

  package static func build(_ stage: StageDefinition, _ setting: Setting) throws(Diagnostic) -> Work
  {
    let names = try stage.arguments.fieldNames("fields")
    return .transform { FieldEdit(editor: RowEditor(select: names), setting: setting) }
  }
}
