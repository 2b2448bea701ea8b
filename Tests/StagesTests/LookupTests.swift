import Foundation
import Lines
import PipelineModel
import Records
import Stages
import Testing
import YAMLTree

/// `lookup`, with files in a folder of its own.
struct LookupTests {
  private static let csv = "id,name,tier\n7,\"Ann, A.\",gold\n8,Bo,\n"
  private static let ndjson =
    "{\"id\":7,\"name\":\"Ann, A.\",\"n\":1.50}\n{\"id\":8,\"name\":\"Bo\"}\n"
  private static let list = "[ {\"id\" : 7, \"tags\":[\"]\",{}]} , {\"id\":8,\"tags\":[]}]"
  private static let map = "{\n  \"7\": {\"name\": \"Ann\"},\n  \"8\": {\"name\": \"Bo\"}\n}\n"
  private static let plain = "{\"7\": \"gold\", \"8\": 12345678901234567890123}"

  private static let files = [
    "t.csv": csv, "t.tsv": "id\tname\ttier\n7\tAnn\tgold\n", "t.json": ndjson, "list.json": list,
    "map.json": map, "plain.json": plain, "twice.csv": "k\na\nb\na\n", "bad.csv": "a,b\n1\n",
    "bad.json": "{\"a\":1", "empty.csv": "", "one.json": "{\"id\":7,\"n\":1}",
  ]

  /// The stage as in a pipeline file beside the table.
  private func run<R>(_ yaml: String, _ body: (StageRun) throws -> R) throws -> R {
    let folder = FileManager.default.temporaryDirectory.appending(path: "lookup-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    for (name, text) in Self.files {
      try Data(text.utf8).write(to: folder.appending(path: name))
    }
    return try body(StageRun(yaml, file: folder.appending(path: "p.yaml").path))
  }

  @Test(arguments: [
    (
      "{file: t.csv, key: this.id}", #"{"id":7,"x":1.0}"#,
      #"{"id":7,"x":1.0,"name":"Ann, A.","tier":"gold"}"#
    ),
    ("{file: t.tsv, key: this.id, value: tier}", #"{"id":"7"}"#, #"{"id":"7","tier":"gold"}"#),
    ("{file: t.json, key: this.id}", #"{"id":7}"#, #"{"id":7,"name":"Ann, A.","n":1.50}"#),
    ("{file: t.json, key: this.id}", #"{"id":8,"n":0}"#, #"{"id":8,"n":0,"name":"Bo"}"#),
    (
      "{file: t.csv, key: this.who, column: name, value: id}", #"{"who":"Bo"}"#,
      #"{"who":"Bo","id":"8"}"#
    ),
    ("{file: list.json, key: this.id}", #"{"id":7}"#, #"{"id":7,"tags":["]",{}]}"#),
    ("{file: map.json, key: this.id}", #"{"id":8}"#, #"{"id":8,"name":"Bo"}"#),
    ("{file: map.json, key: this.id, value: name}", #"{"id":8}"#, #"{"id":8,"name":"Bo"}"#),
    ("{file: one.json, column: id, key: this.id}", #"{"id":7}"#, #"{"id":7,"n":1}"#),
    (
      "{file: t.csv, key: this.id, missing: 'null'}", #"{"id":9}"#,
      #"{"id":9,"name":null,"tier":null}"#
    ),
    ("{file: t.csv, key: this.id, missing: drop}", #"{"id":9}"#, ""),
    ("{file: t.csv, key: this.?id, missing: drop}", #"{"x":9}"#, ""),
    ("{file: empty.csv, key: this.id, missing: drop}", #"{"id":9}"#, ""),
  ])
  func `a record gets the fields of the one that is found`(
    yaml: String, input: String, expected: String
  ) throws {
    try run("lookup: " + yaml) { stage in
      let output = stage.run(try Batch.records(input))
      #expect(output.failure == nil)
      #expect(output.text == (expected.isEmpty ? "" : expected + "\n"))
    }
  }

  @Test(arguments: [
    ("lookup: {file: t.csv, key: this, value: tier}", "7\n", "gold\n"),
    ("lookup: {file: plain.json, key: this}", "7\n8\n", "gold\n12345678901234567890123\n"),
    ("lookup: {file: t.csv, key: this, missing: 'null'}", "x\n", "null\n"),
  ])
  func `a line becomes what is found`(yaml: String, input: String, expected: String) throws {
    try run(yaml) { stage in
      let output = stage.run(input)
      #expect(output.failure == nil && output.text == expected)
    }
  }

  @Test(arguments: [
    ("{file: t.csv, key: this.id}", #"{"id":9}"#, "the file 't.csv': it has no '9'"),
    ("{file: t.csv, key: this.id}", #"{"id":null}"#, "the file 't.csv': the key is null"),
    (
      "{file: plain.json, key: this.id}", #"{"id":7}"#,
      "the file 'plain.json' has a value there, and no record"
    ),
  ])
  func `what can not be looked up fails the item`(
    yaml: String, input: String, message: String
  ) throws {
    try run("lookup: " + yaml) { stage in
      let records = try Batch.records(input)
      #expect(stage.run(records).failure?.message == message)
    }
  }

  @Test(arguments: [
    (
      "{file: no.csv, key: this}",
      "the file 'no.csv': it can not be read: No such file or directory"
    ),
    ("{file: t.txt, key: this}", "the name of the file does not tell its format"),
    (
      "{file: twice.csv, key: this}",
      "the file 'twice.csv': line 4: the key 'a' is there a second time"
    ),
    (
      "{file: bad.csv, key: this}",
      "the file 'bad.csv': line 2: at byte 2: expected 2 fields, found 1"
    ),
    ("{file: bad.json, key: this}", "the file 'bad.json': line 1: "),
    ("{file: t.csv, key: this, column: no}", "the file 't.csv': line 2: there is no field 'no'"),
    ("{file: t.csv, key: this, value: no}", "the file 't.csv': line 2: there is no field 'no'"),
    (
      "{file: '{this}.csv', key: this}",
      "the file is read once: its path can not depend on the item"
    ),
    ("{file: ., format: csv, key: this}", "the file '.': it can not be read: Is a directory"),
  ])
  func `a file that is missing or no table is an error before the first line`(
    yaml: String, message: String
  ) throws {
    let diagnostic = #expect(throws: Diagnostic.self) { try run("lookup: " + yaml) { _ in } }
    #expect(diagnostic?.message.hasPrefix(message) == true, "\(diagnostic?.message ?? "")")
    #expect(diagnostic?.place?.line == 2)
  }
}
