import PipelineModel
import Records

extension Field {
  /// What `select` and `unset` are told.
  static let fieldNames = Field(
    "fields", .oneOf([.list(of: .string), .string]), required: true,
    "The names of the fields, or one name.")
}

extension Arguments {
  /// The names that a field of the type of `Field.fieldNames` has, each once.
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
