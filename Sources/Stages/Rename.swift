package import PipelineModel
import Records

package enum Rename: StageKind {
  package static let manual = StageManual(
    kind: "rename", chapter: .records, stageClass: .lineWise,
    summary: "Gives fields of each record other names.",
    description: [
      """
      A renamed field keeps its place and its value as it was read. All names are changed at once, so \
      that {a: b, b: a} exchanges two. A field that is not there is no mistake; another field that had \
      the new name is gone.
      """
    ],
    fields: [
      Field("fields", .mapping(of: .string), required: true, "The old names and their new ones.")
    ],
    shorthand: "fields",
    examples: [
      StageManual.Example(
        stage: "rename: {msg: message}", input: "{\"t\":1,\"msg\":\"up\"}\n",
        output: "{\"t\":1,\"message\":\"up\"}\n")
    ])

  package static func build(_ stage: StageDefinition, _ setting: Setting) throws(Diagnostic) -> Work
  {
    var pairs: [(from: FieldName, to: FieldName)] = []
    for pair in stage.arguments.mapping("fields") ?? [] {
      let name = pair.argument.string ?? ""
      if pairs.contains(where: { $0.to == FieldName(name) }) {
        throw Diagnostic(
          "two fields can not both be called '\(name)'", at: pair.argument.place,
          remedy: "take one of them away before, by 'unset'")
      }
      pairs.append((FieldName(pair.name), FieldName(name)))
    }
    let all = pairs
    return .transform { FieldEdit(editor: RowEditor(rename: all), setting: setting) }
  }
}
