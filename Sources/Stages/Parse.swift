import Lines
package import PipelineModel
import Records

package enum Parse: StageKind {
  package static let manual = StageManual(
    kind: "parse", chapter: .records, stageClass: .lineWise,
    summary: "Makes a record of each line.",
    description: [
      """
      Of the formats, json takes a line that is one JSON value, which stays as it was written. csv and tsv take a line \
      that is one record, its fields called by 'columns' or by their numbers; where the first line has \
      the names, or a field has newlines in it, 'input: csv' at the top of the file reads it. logfmt \
      takes name=value pairs with quotes as JSON has them, kv pairs without quotes and with separators \
      of your choice.
      """,
      """
      Common and combined are the access logs of Apache and nginx, with the fields host, ident, user, \
      time, method, path, protocol, status, size and for combined referer and agent; '-' is null. \
      syslog takes RFC 5424, RFC 3164 and what daemons write to files, with the fields facility, \
      severity, time, host, app, pid, msgid, data and message.
      """,
      """
      With 'regex' the named groups of a pattern, (?<name>…), are the fields, all of them text; a group \
      that took no part is null. A line in which the pattern is not found fails, as does every line \
      that is not of its format: 'on_error: skip' passes such lines over.
      """,
    ],
    fields: [
      Field("as", .choice(Format.allCases.map(\.rawValue)), "The format of the lines."),
      Field("regex", .string, "A pattern with named groups, in place of a format."),
      Field("ignore_case", .bool, default: "false", "regex: upper and lower case are the same."),
      Field(
        "columns", .list(of: .string), defaultNote: "their numbers",
        "csv, tsv: the names of the columns."),
      Field(
        "types", .mapping(of: .choice(Records.FieldType.allNames)), defaultNote: "all strings",
        "csv, tsv: by column, what its text is made into; empty text is null then."),
      Field(
        "ragged", .choice(["fail", "pad"]), default: "fail",
        "csv, tsv: whether a line with more or fewer fields than columns fails, or is filled up."),
      Field(
        "delimiter", .string, defaultNote: "a comma, for tsv a tab, for kv white space",
        "csv, tsv: the byte between fields; kv: the text between pairs."),
      Field("separator", .string, defaultNote: "=", "kv: the text between name and value."),
      Field(
        "year", .int(1...9999), defaultNote: "times of RFC 3164 stay text",
        "syslog: the year of times that have none, which are in UTC then."),
    ],
    shorthand: "as",
    examples: [
      StageManual.Example(
        stage: "parse: logfmt", input: "level=warn msg=\"disk full\"\n",
        output: "{\"level\":\"warn\",\"msg\":\"disk full\"}\n"),
      StageManual.Example(
        stage: "parse: {as: csv, columns: [name, age], types: {age: int}}", input: "ann,42\n",
        output: "{\"name\":\"ann\",\"age\":42}\n"),
      StageManual.Example(
        stage: "parse: {regex: '(?<ip>\\S+) (?<ms>\\d+)ms'}", input: "from 10.0.0.7 12ms\n",
        output: "{\"ip\":\"10.0.0.7\",\"ms\":\"12\"}\n"),
    ], worksOnText: true)

  package static func build(_ stage: StageDefinition, _ setting: Setting) throws(Diagnostic) -> Work
  {
    let make = try ParserOptions(stage.arguments).parser(setting)
    return .transform { make() }
  }

  enum Format: String, CaseIterable {
    case json, csv, tsv, logfmt, kv, common, combined, syslog
  }
}

extension Records.FieldType {
  static let allNames = allCases.map(\.rawValue)
}

struct ParseTransform<Parser: RecordParser>: Transform {
  var parser: Parser
  let setting: Setting

  mutating func process(
    _ batch: Batch, _ cursor: inout Cursor, upTo end: Int, into out: inout BatchBuilder
  ) throws(Failure) -> Progress {
    while cursor.item < end {
      if out.isFull { return .full }
      if batch.kind(cursor.item) != .line { throw .alreadyRecord }
      do throws(RecordFault) {
        try parser.parse(batch, cursor.item, into: &out)
      } catch { throw Failure(error) }
      cursor.advance()
    }
    return .done
  }
}

extension Failure {
  static let alreadyRecord = Failure(
    .expression, "the item is a record already",
    remedy: "to parse one of its fields, name it: from: this.message, into: message")
}
