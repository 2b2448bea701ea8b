import Lines
import PipelineModel
import Records
import Stages
import Testing
import YAMLTree

/// The stages that change the fields of one record.
struct FieldTests {
  @Test(arguments: [
    ("set: {a: this.b + 1}", #"{"a":1,"b":2}"#, #"{"a":3,"b":2}"#),
    ("set: {c: this.a, a: '\"x\"'}", #"{"a":1,"b":2}"#, #"{"a":"x","b":2,"c":1}"#),
    ("set: {a: this.b, b: this.a}", #"{"a":1,"b":2}"#, #"{"a":2,"b":1}"#),
    // What is copied keeps its bytes.
    ("set: {c: this.a}", #"{"a":1.50,"b":1e3}"#, #"{"a":1.50,"b":1e3,"c":1.50}"#),
    (
      "set: {c: this.a}", #"{"a":123456789012345678901234567890}"#,
      #"{"a":123456789012345678901234567890,"c":123456789012345678901234567890}"#
    ),
    (
      "set: {c: this.a}", #"{"a": [1.0, {"x" : "\u00e9"}]}"#,
      #"{"a":[1.0, {"x" : "\u00e9"}],"c":[1.0, {"x" : "\u00e9"}]}"#
    ),
    ("set: {b: this.?c}", #"{"a":1,"b":2}"#, #"{"a":1,"b":2}"#),
    ("set: {b: this.?a}", #"{"a":1,"b":2}"#, #"{"a":1,"b":1}"#),
    ("set: {b: null}", #"{"a":1}"#, #"{"a":1,"b":null}"#),
    ("set: {b: this}", #"{"a":1}"#, #"{"a":1,"b":{"a":1}}"#),
    ("set: {b: nr}", #"{}"#, #"{"b":1}"#),
    ("unset: a", #"{"a":1,"b":2,"a":3}"#, #"{"b":2}"#),
    ("unset: [b, x]", #"{"a":1,"b":2}"#, #"{"a":1}"#),
    ("select: [b, a, x]", #"{"a":1,"c":3,"b":2}"#, #"{"b":2,"a":1}"#),
    ("select: x", #"{"a":1}"#, "{}"),
    ("rename: {a: b, b: a}", #"{"a":1,"b":2}"#, #"{"b":1,"a":2}"#),
    ("rename: {a: b}", #"{"a":1.0,"b":2,"c":3}"#, #"{"b":1.0,"c":3}"#),
    ("rename: {x: y}", #"{"a":1}"#, #"{"a":1}"#),
    ("flat_map: this.l", #"{"l":[1,"x",{"a":2},null]}"#, "1\nx\n{\"a\":2}\nnull"),
    ("flat_map: this.?l.orValue([])", #"{"a":1}"#, ""),
    ("map: {n: this.n, d: this.n * 2}", #"{"n":1.50}"#, #"{"n":1.50,"d":3.0}"#),
    ("assert: this.a > 0", #"{"a":1}"#, #"{"a":1}"#),
  ])
  func `fields are changed and the others stay as they were read`(
    stage: String, input: String, expected: String
  ) throws {
    let expected = expected.isEmpty ? "" : expected + "\n"
    #expect(try output(stage, records: input) == expected)
    // The same with a record in the compact form, as parsers and expressions make it.
    let compact = try StageRun("map: this.merge({})").run(try Batch.records(input))
    #expect(compact.failure == nil)
  }

  @Test(arguments: [
    ("set: {a: '1'}", "x", "the item is a line and has no fields"),
    ("unset: a", "x", "the item is a line and has no fields"),
    ("flat_map: this", "x", "'flat_map' needs a list, and this is of type string"),
    ("assert: this == 'y'", "x", "it is not true that this == 'y'"),
    ("assert: {that: this == 'y', message: 'bad {}'}", "x", "bad x"),
    ("parse: json", "{\"a\":", "at byte 6: expected a value, found the end"),
    ("parse: logfmt", "=", "at byte 1: expected a name, found '='"),
    ("parse: {regex: '(?<a>x)'}", "y", "at byte 1: expected a match of the pattern, found none"),
  ])
  func `a line that can not be worked on fails and says why`(
    stage: String, line: String, message: String
  ) throws {
    let failure = try #require(StageRun(stage).run(line + "\n").failure)
    #expect(failure.message == message)
    #expect(failure.kind == (stage.hasPrefix("assert") ? .assert : .expression))
  }

  @Test(arguments: [
    ("select: a", "[1]", "the item has no fields: it is of type list"),
    ("parse: json", "{}", "the item is a record already"),
    ("set: {a: this.b}", #"{"a":1}"#, "there is no 'this.b'"),
    ("flat_map: this.a", #"{"a":1}"#, "'flat_map' needs a list, and this is of type int"),
  ])
  func `a record that can not be worked on fails and says why`(
    stage: String, record: String, message: String
  ) throws {
    let run = try StageRun(stage).run(try Batch.records(record))
    #expect(run.failure?.message == message && run.failure?.kind == .expression)
  }

  @Test(arguments: [
    ("rename: {a: c, b: c}", "23 two fields can not both be called 'c'"),
    ("select: [a, a]", "17 the field 'a' is here a second time"),
    ("flat_map: 1 + 1", "15 'flat_map' needs a list, and this is of type int"),
    ("assert: 1", "13 a condition is true or false"), ("set: {a: nginx}", "14 there is nothing"),
    ("parse: {as: json, columns: [a]}", "32 'columns' means nothing for 'json'"),
    ("parse: {regex: x}", "20 the pattern has no named group"),
    ("parse: {regex: '('}", "22 this is no pattern"),
    ("parse: {year: 2026}", "12 'parse' needs a format or a pattern"),
    ("parse: {as: csv, columns: [ab], types: {ac: int}}", "45 there is no column 'ac'"),
    ("parse: {as: csv, delimiter: ab}", "33 'delimiter' takes one byte"),
    ("parse: {as: kv, delimiter: ''}", "32 'delimiter' is empty"),
    ("parse: {regex: '(?<a>x)', as: json}", "35 'as' means nothing for 'regex'"),
  ])
  func `what is wrong is said at its place`(stage: String, expected: String) {
    do {
      _ = try StageRun(stage)
      Issue.record("not refused")
    } catch let diagnostic as Diagnostic {
      let said = "\(diagnostic.place?.column ?? 0) \(diagnostic.message)"
      #expect(said.hasPrefix(expected), "\(said)")
    } catch {
      Issue.record(error)
    }
  }

  @Test(arguments: [
    ("parse: json", #" {"a" : 1.0 }"#, #"{"a" : 1.0 }"#),
    ("parse: csv", "a,\"b,c\"", #"{"1":"a","2":"b,c"}"#),
    ("parse: {as: tsv, columns: [x, y], types: {y: double}}", "a\t2", #"{"x":"a","y":2.0}"#),
    ("parse: {as: csv, columns: [x, y], ragged: pad}", "a", #"{"x":"a","y":null}"#),
    ("parse: {as: csv, delimiter: ';'}", "a;b", #"{"1":"a","2":"b"}"#),
    ("parse: kv", "a=1 b=x", #"{"a":"1","b":"x"}"#),
    ("parse: {as: kv, delimiter: ',', equals: ':'}", "a:1, b:2", #"{"a":"1","b":"2"}"#),
    ("parse: {regex: '(?i)U=(?<u>\\w+)'}", "u=ann", #"{"u":"ann"}"#),
    (
      "parse: {as: syslog, year: 2026}", "<13>Oct 11 22:14:15 h app[7]: up",
      #"{"facility":1,"severity":5,"time":"2026-10-11T22:14:15Z","host":"h","app":"app","pid":"7","#
        + #""msgid":null,"data":null,"message":"up"}"#
    ),
  ])
  func `lines are parsed`(stage: String, line: String, expected: String) throws {
    #expect(try output(stage, line + "\n") == expected + "\n")
  }

  @Test func `parse gives way when its batch is full, and goes on where it stood`() throws {
    let lines = (0..<20_000).map { #"{"number":\#($0),"text":"0123456789"}"# }
    let input = lines.joined(separator: "\n") + "\n"
    for stage in ["parse: json", "parse: {regex: '(?<all>.*)'}"] {
      let run = try StageRun(stage).run(input, batchSize: 20_000)
      #expect(run.lines.count == 20_000 && run.numbers == Array(1...20_000))
    }
  }

  @Test func `a list larger than a batch is given in parts`() throws {
    let list = "[" + (0..<200_000).map(String.init).joined(separator: ",") + "]"
    let batch = try Batch.records(list)
    let sizes = try StageRun("flat_map: this").run(batch).batches
    #expect(sizes.reduce(0, +) == 200_000 && sizes.allSatisfy { $0 <= BatchBuilder.fullLines })
  }
}
