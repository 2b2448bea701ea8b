import Lines
import PipelineModel
import Records
import Stages
import Testing
import YAMLTree

/// Templates with values, wherever they stand.
struct TemplateTests {
  private static let record = #"{"user":"ann","n":1.50,"a":{"b":[1,"x"]},"z":null,"t":"l\ném"}"#

  @Test(arguments: [
    ("{this.user}", "ann"), ("<{this.n}>", "<1.50>"), ("{this.a.b}", #"[1,"x"]"#),
    ("{this.a.b[1]}", "x"), (#"{this["user"]}"#, "ann"), ("{= this.n * 2}", "3.0"),
    ("{={'a': 1}.a}", "1"), (#"{= "}" + this.user}"#, "}ann"), ("{=nr}/{nr}", "1/1"),
    ("{this.?x.orValue('-')}", "-"), ("{this.?user}", "ann"), ("{this.t}", "l\ném"),
    ("{this.a}{this.user}", #"{"b":[1,"x"]}ann"#), ("{this is}{x}{{}{", "{this is}{x}{{"),
    ("{{}this.user}", "{this.user}"), ("{= 1 + 1}", "2"), ("{= duration('90s')}", "90s"),
    ("{= timestamp('2026-01-02T03:04:05Z')}", "2026-01-02T03:04:05Z"), ("{= b'\\x41'}", "A"),
    ("{= this.n > 1}", "true"),
  ])
  func `a value is written into the text`(template: String, expected: String) throws {
    let yaml = "template: '" + template.replacing("'", with: "''") + "'"
    #expect(try output(yaml, records: Self.record) == expected + "\n")
    // The same of a record in the compact form, but for numbers, which were read.
    let compact = try StageRun("map: this.merge({})").run(try Batch.records(Self.record))
    #expect(compact.failure == nil)
  }

  @Test func `the item itself is its line, or JSON`() throws {
    #expect(try output("template: '{}|{this}'", "a\n") == "a|a\n")
    #expect(
      try output("template: '{}|{this}'", records: #"{"a" : 1}"#) == #"{"a" : 1}|{"a" : 1}"# + "\n")
  }

  @Test(arguments: [
    ("{this.z}", "'this.z' has no value: it is null"), ("{this.x}", "there is no 'this.x'"),
    ("{this.?x}", "'this.?x' has no value: it is null"),
    ("{= null}", "'null' has no value: it is null"),
    ("{= 1 / (this.n > 1.0 ? 0 : 1)}", "1 / 0: division by zero"),
  ])
  func `a value that is null or missing fails the item`(template: String, message: String) throws {
    let run = try StageRun("template: 'a {nr} \(template)'").run(try Batch.records(Self.record))
    #expect(run.lines.isEmpty && run.failure?.kind == .expression)
    #expect(run.failure?.message.hasPrefix(message) == true, "\(run.failure?.message ?? "")")
  }

  @Test func `a field of a line is a failure that says so`() throws {
    let failure = try StageRun("template: '{this.user}'").run("a\n").failure
    #expect(failure?.message == "the item is no record, so there is no 'this.user'")
  }

  @Test(arguments: [
    ("template: 'ab {= this.a + }'", 31), ("template: 'ab {= nothere}'", 22),
    ("template: '{this.a'", 17), ("exec: [echo, 'x{= 1 +}']", 26), ("tee: 'a{= \"x}.log'", 15),
  ])
  func `what is wrong in an expression is said at its place in the text`(
    stage: String, column: Int
  ) {
    let diagnostic = #expect(throws: Diagnostic.self) { try StageRun(stage) }
    #expect(diagnostic?.place?.column == column, "\(String(describing: diagnostic))")
  }

  @Test func `text with newlines from a field may divide a line`() throws {
    let run = try StageRun("template: '{this.t}'")
    guard case .transform(let make) = run.work else { return }
    var transform = make()
    let batch = try Batch.records(Self.record)
    var cursor = Cursor()
    var out = BatchBuilder(delimiter: 0x0A)
    _ = try transform.process(batch, &cursor, upTo: 1, into: &out)
    #expect(out.take(covering: 0..<0).hasInnerDelimiters)
  }

  // MARK: Paths

  private func template(_ yaml: String) throws -> Template {
    let stage = try StageRun("tee: " + yaml).stage
    return try Template(try #require(stage.arguments.argument("path")), Setting())
  }

  @Test func `values in a path are escaped, each on its own`() throws {
    let item = try Batch.records(#"{"a":"../x","b":".h","c":"a/b%"}"#).item(0)
    let path = try template("'out/{this.a}/{this.b}-{this.c}.{= \".x\"}'").renderPath(item)
    #expect(String(decoding: path, as: UTF8.self) == "out/%2E.%2Fx/%2Eh-a%2Fb%25..x")
  }

  @Test func `what is the same for all items is constant`() throws {
    #expect(try template("'a{= 1 + 1}b{{}'").constant == "a2b{")
    #expect(try template("'a{this.x}'").constant == nil)
    #expect(try template("'a{this.x}'").usesItem)
    #expect(try !template("'a{= nr}{line}'").usesItem)
    #expect(try template("'{= size(this)}'").usesItem)
  }

  @Test(arguments: [
    ("template: '{= line}'", true), ("filter: line.size() > 3", true), ("grep: line", false),
    ("map: this.line_number", false), ("template: 'line {nr}'", false),
    ("exec: [echo, '{= line}']", true), ("set: {a: 'line'}", true),
  ])
  func `input lines are kept where an expression reads them`(stage: String, isUsed: Bool) throws {
    #expect(Catalogue.usesLines(try StageRun(stage).stage) == isUsed)
  }
}

/// `on_error: {default: …}`.
struct DefaultValueTests {
  private func value(_ yaml: String) throws -> DefaultValue {
    let stage = try StageRun("{filter: 'true', on_error: {default: \(yaml)}}").stage
    guard case .replace(let argument) = stage.common.onError else { throw Diagnostic("none") }
    return try DefaultValue(argument, Setting())
  }

  @Test(arguments: [
    ("'DOWN  {}'", "DOWN  {}", ItemKind.line), ("none", "none", .line), ("'{}'", "{}", .line),
    ("'{nr}: {this.a}'", "1: 7", .line), ("''", "", .line), ("no answer", "no answer", .line),
    ("n/a", "n/a", .line), ("list", "list", .line), ("'\"x\"'", "x", .line), ("0", "0", .record),
    ("this.a + 1", "8", .record), ("'{\"b\": this.a}'", #"{"b":7}"#, .record),
    ("this", #"{"a":7}"#, .record), ("\"{'up': false}\"", #"{"up":false}"#, .record),
    ("10.0.0.1", "10.0.0.1", .line), ("'{= this.a}'", "7", .line),
  ])
  func `a default is an expression, or else a text`(
    yaml: String, expected: String, kind: ItemKind
  ) throws {
    let batch = try Batch.records(#"{"a":7}"#)
    var out = BatchBuilder(delimiter: 0x0A)
    try value(yaml).append(to: &out, for: batch, 0, Setting())
    let result = out.take(covering: 0..<0)
    let text = expected.replacing("{}", with: #"{"a":7}"#)
    #expect(String(decoding: result.text(0), as: UTF8.self) == text)
    #expect(result.kind(0) == kind && result.number(0) == 1)
  }

  @Test(arguments: ["this.a +", "this is down", "'{= this.a +}'", "'{params.x}'"])
  func `a default that means the item and can not be read is refused`(yaml: String) {
    #expect(throws: Diagnostic.self) { try value(yaml) }
  }
}
