package import PipelineModel
import Records

package enum Unset: StageKind {
  package static let manual = StageManual(
    kind: "unset", chapter: .records, stageClass: .lineWise,
    summary: "Takes fields away from each record.",
    description: [
      "A field that is not there is no mistake. The other fields stay as they were read."
    ],
    fields: [
      Field(
        "fields", .oneOf([.list(of: .string), .string]), required: true,
        "The names of the fields, or one name.")
    ],
    shorthand: "fields",
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

extension Arguments {
  /// The names that a field of type `oneOf([.list(of: .string), .string])` has, each once.
  func fieldNames(_ field: String) throws(Diagnostic) -> [FieldName] {
    guard let argument = argument(field) else { return [] }
    var names: [FieldName] = []
    for one in argument.list ?? [argument] {
      let name = FieldName(one.string ?? "")
      if names.contains(name) {
        throw Diagnostic("the field '\(one.string ?? "")' is here a second time", at: one.place)
      }
      names.append(name)
    }
    return names
  }
}
