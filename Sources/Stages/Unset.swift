package import PipelineModel
import Records

package enum Unset: StageKind {
  package static let manual = StageManual(
    kind: "unset", chapter: .records, stageClass: .lineWise,
    summary: "Takes fields away from each record.",
    description: [
      "A field that is not there is no mistake. The other fields stay as they were read."
    ],
    fields: [.fieldNames], shorthand: "fields",
    examples: [
      StageManual.Example(
        stage: "unset: [password, token]",
        input: "{\"user\":\"ann\",\"password\":\"x\"}\n", output: "{\"user\":\"ann\"}\n")
    ])

  package static func build(_ stage: StageDefinition, _ setting: Setting) throws(Diagnostic) -> Work
  {
    let names = try stage.arguments.fieldNames("fields")
    return .transform { FieldEdit(editor: RowEditor(unset: names), setting: setting) }
  }
}
