import Lines
import PipelineModel
import Stages
import Testing
import YAMLTree

// MARK: What one stage does

/// Stage, input, output.
private let cases: [(String, String, String)] = [
  ("grep: {pattern: [a, b]}", "a\nc\nb\n", "a\nb\n"),
  ("grep: {pattern: 'x*', only_matching: true}", "axxbx\nq\n", "xx\nx\n"),
  ("replace: {pattern: 'x*', with: '-'}", "é€x\n\n", "-é-€-\n-\n"),
  ("replace: {pattern: 'a(b)?', with: '[$1]'}", "ab a\n", "[b] []\n"),
  ("replace: {pattern: '(?<k>\\w)=(?<v>\\w)', with: '${v}=${k}'}", "a=b c\n", "b=a c\n"),
  ("replace: {pattern: a.c, with: '$0$0', fixed: true}", "a.c abc\n", "a.ca.c abc\n"),
  ("replace: {pattern: e, with: '', ignore_case: true}", "EeXe\n", "X\n"),
  ("replace: {pattern: ',', with: \"\\n\"}", "a,b\n", "a\nb\n"),
  ("cut: {fields: '2', delimiter: '::'}", "a::b::c\nx\n", "b\nx\n"),
  ("cut: {fields: '2,4', delimiter: '::'}", "a::b::c\na::b::c::d\n", "b\nb::d\n"),
  ("cut: {characters: '2-3'}", "aéü€\n\u{FFFD}\n", "éü\n\n"),
  ("split: ab", "1ab2abab\n", "1\n2\n\n\n"),
  ("join", "a\nb\n", "a,b\n"), ("join: ''", "a\nb\n", "ab\n"), ("join", "", ""),
  ("join: {size: 2}", "\n\n\n", ",\n\n"),
  ("trim: {characters: 'é€ '}", "é €aé\n", "a\n"), ("trim: start", "  a  \n", "a  \n"),
  ("upper", "aé\u{DF}ﬁ\n", "AÉSSFI\n"), ("lower", "AÉİ\n", "aéi\u{307}\n"),
  ("enumerate: 8", "a\nb\nc\n", "     8\ta\n     9\tb\n    10\tc\n"),
  ("enumerate: {start: -1, width: 0, separator: ' '}", "a\nb\nc\n", "-1 a\n0 b\n1 c\n"),
  ("head: 0", "a\n", ""), ("head: 5", "a\n", "a\n"), ("tail: 0", "a\n", ""),
  ("tail: 3", "a\nb\nc\nd\ne\n", "c\nd\ne\n"), ("skip: 9", "a\n", ""), ("skip: 0", "a\n", "a\n"),
  ("sample: 0", "a\nb\n", ""), ("sample: 1.0", "a\nb\n", "a\nb\n"),
  ("dedupe", "a\nb\na\n\n\n", "a\nb\n\n"),
  ("dedupe: {keep: last, consecutive: true}", "a\na\nb\n", "a\nb\n"),
  ("template: '{nr}/{} {x} {{}} {{'", "a\n", "1/a {x} {} {{\n"),
  ("template: '{{}line}'", "a\n", "{line}\n"),
]

@Test(arguments: cases)
func `a stage gives what it should in batches of any size`(
  stage: String, input: String, expected: String
) throws {
  for size in [1, 2, 3, 1000] {
    let output = try StageRun(stage).run(input, batchSize: size)
    #expect(output.failure == nil && output.text == expected)
  }
}

@Test func `numbers are those of the line an item began with`() throws {
  #expect(try StageRun("split: ','").run("a,b\nc\n").numbers == [1, 1, 2])
  #expect(try StageRun("join: {size: 2}").run("a\nb\nc\n").numbers == [1, 3])
  #expect(try StageRun("reverse").run("a\nb\nc\n").numbers == [3, 2, 1])
  #expect(try StageRun("dedupe: last").run("a\nb\na\n").numbers == [2, 3])
  #expect(try StageRun("upper").run("a\nb\n").numbers == [1, 2])
}

@Test(arguments: [
  ("dedupe", StageClass.inLine), ("dedupe: first", .inLine), ("dedupe: {keep: first}", .inLine),
  ("dedupe: {keep: last}", .gathering), ("dedupe: last", .gathering),
])
func `dedupe holds items back only where the last one is kept`(
  stage: String, stageClass: StageClass
) throws {
  let definition = try StageRun(stage).stage
  #expect(definition.manual.stageClass(for: definition.arguments) == stageClass)
}

@Test func `head ends the stream with its last line`() throws {
  let output = try StageRun("head: 3").run("a\nb\nc\nd\n", batchSize: 3)
  #expect(output.ended && output.text == "a\nb\nc\n")
  #expect(try !StageRun("head: 3").run("a\nb\n").ended)
}

// MARK: Bounds

@Test func `a line over max_line that a stage makes fails its item`() throws {
  let setting = Setting(maxLine: 8)
  let stages = [
    "replace: {pattern: a, with: xyz}", "template: '{}{}{}'", "join: {with: '----'}",
    "enumerate: 1",
    "cut: {fields: '1,2', delimiter: a, output_delimiter: '---------'}",
  ]
  for stage in stages {
    let output = try StageRun(stage, setting).run("b\naaaa\n")
    #expect(output.failure?.kind == .tooLarge, "\(stage)")
    #expect(output.failure?.message == "the result is larger than 'max_line', 8B")
  }
  #expect(try output("upper", "ßßßß\n", Setting(maxLine: 8)) == "SSSSSSSS\n")
}

@Test func `a stage that makes much of little gives way in between`() throws {
  let line = [UInt8](repeating: 0x61, count: 1000)
  let batch = Batch.of([[UInt8]](repeating: line, count: 200))
  for yaml in ["replace: {pattern: a, with: 0123456789}", "template: '{}{}{}{}{}{}{}{}{}{}'"] {
    guard case .transform(let make) = try StageRun(yaml).work else { continue }
    var transform = make()
    var cursor = Cursor()
    var rounds = 0
    while cursor.item < 200 {
      var out = BatchBuilder(viewing: batch, delimiter: 0x0A)
      _ = try transform.process(batch, &cursor, upTo: 200, into: &out)
      let size = out.byteCount
      #expect(size < BatchBuilder.fullBytes + 20_000)
      rounds += 1
    }
    #expect(rounds > 5, "\(yaml)")
  }
}

@Test func `one long line is split without a table of all its parts`() throws {
  let line = [UInt8](repeating: 0x2C, count: 300_000)
  let batch = Batch.of([line])
  let sizes = try StageRun("split: ','").run(batch).batches
  #expect(sizes.reduce(0, +) == 300_001 && sizes.allSatisfy { $0 <= BatchBuilder.fullLines })
}

@Test func `a pattern that explodes fails the line and what came before stands`() throws {
  let bad = String(repeating: "a", count: 40) + "!"
  for stage in [
    "grep: '(a+)+$'", "grep: {pattern: '(a+)+$', only_matching: true}",
    "replace: {pattern: '(a+)+$', with: '$0'}",
  ] {
    let output = try StageRun(stage).run("aa\n\(bad)\naa\n")
    #expect(output.failure?.kind == .pattern && output.text == "aa\n", "\(stage)")
  }
}

// MARK: Sampling

@Test func `a sample depends on seed and line alone`() throws {
  let lines = (0..<5000).map { "line \($0)" }.joined(separator: "\n")
  for stage in ["sample: 0.1", "sample: {size: 500}"] {
    let whole = try StageRun(stage).run(lines)
    #expect(try StageRun(stage).run(lines, batchSize: 7) == whole)
    #expect(try StageRun(stage, Setting(seed: 9)).run(lines) != whole)
    #expect(abs(whole.lines.count - 500) < 100)
    #expect(whole.numbers == whole.numbers.sorted())
  }
}

@Test func `every line has the same chance to be in a reservoir`() throws {
  let lines = (0..<10).map { "\($0)" }.joined(separator: "\n")
  var seen = [Int](repeating: 0, count: 10)
  for seed in 0..<2000 {
    let run = try StageRun("sample: {size: 3, seed: \(seed)}").run(lines)
    #expect(run.lines.count == 3)
    for number in run.numbers { seen[Int(number) - 1] += 1 }
  }
  #expect(seen.allSatisfy { (500...700).contains($0) }, "\(seen)")
}

// MARK: What is refused

/// Stage, and the message with its column.
private let refused: [(String, String)] = [
  ("grep: 'a('", "14 this is no pattern: missing closing parenthesis"),
  ("grep: [ok, 'b[']", "19 this is no pattern: missing terminating ] for character class"),
  ("grep: {pattern: a, invert: true, only_matching: true}", "53 'invert' and 'only_matching'"),
  (
    "replace: {pattern: a, with: 'x$1'}",
    "35 there is no group 1 in the pattern, which has no group"
  ),
  ("replace: {pattern: '(?<ab>a)', with: '${abc}'}", "43 there is no group 'abc' in the pattern"),
  ("cut: '1,x'", "13 'x' is no number or range"), ("cut: '0'", "11 '0' is no number or range"),
  ("cut: '3-1'", "11 '3-1' is no number or range"),
  ("cut: {delimiter: ','}", "10 'cut' needs to know what to keep"),
  ("cut: {fields: '1', bytes: '1'}", "10 'cut' takes one of its units"),
  ("cut: {bytes: '1', delimiter: ','}", "34 'delimiter' means nothing without 'fields'"),
  ("split: ''", "12 the text to divide at is empty"),
  ("trim: {characters: ''}", "24 there is no character to take off"),
  ("sample: {seed: 1}", "13 'sample' needs to know how much to keep"),
  ("template: 'a {this.b'", "19 the expression has no closing '}'"),
  ("template: '{= x}'", "19 there is nothing called 'x'"),
  ("template: 'ab {params.x}'", "19 there is no parameter 'x'"),
  ("template: '{env.NOPE}'", "16 the environment variable 'NOPE' is not set"),
  ("tee: '{this.}.log'", "17 "), ("exec: [echo, '{= }']", "22 "),
]

@Test(arguments: refused)
func `what is wrong with a stage is said at its place`(stage: String, expected: String) {
  do {
    _ = try StageRun(stage)
    Issue.record("not refused")
  } catch let diagnostic as Diagnostic {
    let column = diagnostic.place?.column ?? 0
    #expect(
      "\(column) \(diagnostic.message)".hasPrefix(expected), "\(column) \(diagnostic.message)")
  } catch {
    Issue.record(error)
  }
}

@Test func `parameters and environment are put in when the template is read`() throws {
  let setting = Setting(parameters: ["a-b": "{}"], environment: ["X": "1"])
  #expect(try output("template: '{params.a-b}{env.X}{}'", "z\n", setting) == "{}1z\n")
}
