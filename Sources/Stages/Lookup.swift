import Expressions
import Lines
package import PipelineModel
import Records
import YAMLTree

package enum Lookup: StageKind {
  package static let manual = StageManual(
    kind: "lookup", chapter: .records, stageClass: .lineWise,
    summary: "Adds to each record what a file has under its key.",
    description: [
      """
      The file is CSV or TSV with the names of its columns in the first line, or JSON: records one \
      after another, a list of records, or one object whose names are the keys. It is read once, \
      before the first line, into memory. Keys are compared as text, so that 7 and "7" are the same; \
      one that comes twice in the file is an error.
      """,
      """
      The fields of the record that is found, all but its key, are set in the item; with 'value' just \
      that one. With 'into' the stage's result is the value alone, or the whole record that was found; \
      so it is for an item that is a line.
      """,
      """
      With 'missing: null' an item whose key the file does not have gets null, in each of the fields \
      that the file's records have; with 'missing: drop' it goes no further.
      """,
    ],
    fields: [
      Field(
        "file", .template, required: true,
        "The file. A relative path begins in the folder of the pipeline file."),
      Field("key", .expression, required: true, "The key to look for, from the item."),
      Field(
        "column", .string, defaultNote: "the first; of one JSON object its names",
        "The field of the file's records that is compared with the key."),
      Field("value", .string, defaultNote: "all fields", "The one field that is wanted."),
      Field(
        "missing", .choice(["fail", "null", "drop"]), default: "fail",
        "What becomes of an item whose key is not in the file, or is null."),
      Field(
        "format", .choice(RecordTable.Format.allCases.map(\.rawValue)),
        defaultNote: "what the file's name ends in", "How the file is written."),
    ],
    examples: [
      StageManual.Example(
        stage: "lookup: {file: /dev/null, format: csv, key: this.user, missing: drop}",
        input: "{\"user\":\"ann\"}\n", output: "")
    ])

  package static func build(_ stage: StageDefinition, _ setting: Setting) throws(Diagnostic) -> Work
  {
    let arguments = stage.arguments
    guard let key = arguments.argument("key") else {
      throw Diagnostic("'lookup' needs a key", at: stage.place)
    }
    var expressions = ItemExpressions(setting)
    let program = try expressions.compile(key)
    let table = try table(stage, setting)
    let lookup = LookupTable(
      table: table, missing: arguments.string("missing") ?? "fail",
      name: arguments.string("file") ?? "", isAlone: stage.common.into != nil)
    let compiled = expressions
    return .transform {
      LookupTransform(lookup, compiled.values(), program.evaluator(), setting)
    }
  }

  /// Reads the file.
  private static func table(
    _ stage: StageDefinition, _ setting: Setting
  ) throws(Diagnostic) -> RecordTable {
    guard let file = stage.arguments.argument("file") else {
      throw Diagnostic("'lookup' needs a file", at: stage.place)
    }
    guard let name = try Template(file, setting).constant else {
      throw Diagnostic(
        "the file is read once: its path can not depend on the item", at: file.place,
        remedy: "use only {params.NAME} and {env.NAME} in it")
    }
    let ending = name.split(separator: ".").last.map(String.init) ?? ""
    let written = stage.arguments.string("format")
    let formats = ["csv": "csv", "tsv": "tsv", "json": "json", "ndjson": "json", "jsonl": "json"]
    guard
      let format = (written ?? formats[ending.lowercased()])
        .flatMap(RecordTable.Format.init(rawValue:))
    else {
      throw Diagnostic(
        "the name of the file does not tell its format", at: file.place,
        remedy: "write it: format: csv, tsv or json")
    }
    do throws(RecordTableFault) {
      return try RecordTable.read(
        name.path(besides: stage.place.file), format,
        key: stage.arguments.string("column").map { FieldName($0) },
        value: stage.arguments.string("value").map { FieldName($0) }, maxRecord: 1 << 31)
    } catch {
      throw Diagnostic(
        "the file \(Node.quoted(name)): \(error.message)", at: file.place, remedy: error.remedy,
        code: "lookup")
    }
  }
}
