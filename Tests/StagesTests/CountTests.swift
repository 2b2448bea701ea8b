import Lines
import Stages
import TestSupport
import Testing

private let seeds: [UInt64] = [1, 2, 3, 4]

@Test(arguments: seeds)
func `count agrees with a plain count`(seed: UInt64) throws {
  var random = Random(seed: seed)
  let words = (0..<40).map { _ in random.bytes(Array("ab\u{FF}".utf8), upTo: 3) }
  let lines = (0..<2000).map { _ in random.pick(words) }
  var counts: [[UInt8]: Int] = [:]
  var first: [[UInt8]] = []
  for line in lines {
    if counts[line] == nil { first.append(line) }
    counts[line, default: 0] += 1
  }
  // A stable sort of the keys as they came: that of the standard library is one.
  let wanted = first.enumerated().sorted {
    let (a, b) = (counts[$0.element] ?? 0, counts[$1.element] ?? 0)
    return a != b ? a > b : $0.offset < $1.offset
  }.map {
    "{\"key\":\"\(String(decoding: $0.element, as: UTF8.self))\",\"count\":\(counts[$0.element] ?? 0)}"
  }
  for top in [Int.max, 5] {
    let stage = top == .max ? "count" : "count: {top: \(top)}"
    let run = try StageRun(stage).run(lines, batchSize: 1 + random.below(300))
    #expect(run.texts == Array(wanted.prefix(top)), "seed \(seed)")
    #expect(run.numbers.allSatisfy { $0 == 0 })
  }
}

@Test func `keys are values: numbers that are the same are one key, texts are another`() throws {
  let records = [
    #"{"n":1}"#, #"{"n":1.0}"#, #"{"n":"1"}"#, #"{"n":null}"#, #"{"n":[1]}"#, #"{"n":[1.0]}"#,
  ]
  let run = try StageRun("count: this.n").run(records: records)
  #expect(
    run.texts == [
      #"{"key":1,"count":2}"#, #"{"key":[1],"count":2}"#, #"{"key":"1","count":1}"#,
      #"{"key":null,"count":1}"#,
    ])
}

@Test func `names of its own take the place of key`() throws {
  let records = [#"{"a":1,"b":"x"}"#, #"{"a":1,"b":"y"}"#, #"{"a":1,"b":"x"}"#]
  let run = try StageRun("count: {by: {a: this.a, kind: this.b}}").run(records: records)
  #expect(
    run.texts == [#"{"a":1,"kind":"x","count":2}"#, #"{"a":1,"kind":"y","count":1}"#])
}

@Test func `lines and records are counted side by side`() throws {
  let run = try StageRun("count").run(mixed: ["a", #"{"b":1}"#, "a", #"{ "b": 1 }"#])
  #expect(run.texts == [#"{"key":"a","count":2}"#, #"{"key":{"b":1},"count":2}"#])
}

@Test func `an item without a key fails, and is in no count`() throws {
  let run = try StageRun("count: this.a").run(records: [#"{"a":1}"#, #"{"b":1}"#])
  #expect(run.failure?.kind == .expression && run.failure?.message == "there is no 'this.a'")
  let skipped = try StageRun("count: this.a").run(
    records: [#"{"a":1}"#, #"{"b":1}"#, #"{"a":1}"#], skippingFailures: true)
  #expect(skipped.texts == [#"{"key":1,"count":2}"#] && skipped.skipped == 1)
}

@Test func `more keys than there may be fail the item, or are put together`() throws {
  let input = "a\nb\nc\na\nd\n"
  let failing = try StageRun("count: {max_keys: 2}").run(input)
  #expect(failing.failure?.kind == .tooLarge)
  #expect(failing.failure?.message == "there are more than 2 different keys")
  #expect(
    try output("count: {max_keys: 2, excess: other}", input)
      == """
      {"key":"a","count":2}
      {"key":"b","count":1}
      {"key":"(other)","count":2}

      """)
}

@Test func `keys beyond the bound are counted together, however many they are`() throws {
  let lines = (0..<50_000).map { "key \($0)" }
  let run = try StageRun("count: {max_keys: 1000, excess: other, top: 3}").run(
    Batch.of(lines).lines)
  #expect(
    run.texts == [
      #"{"key":"key 0","count":1}"#, #"{"key":"key 1","count":1}"#, #"{"key":"key 2","count":1}"#,
      #"{"key":"(other)","count":49000}"#,
    ])
}

@Test func `the counts come a batch at a time`() throws {
  let lines = (0..<30_000).map { "a rather long key with the number \($0)" }
  let run = try StageRun("count").run(Batch.of(lines).lines)
  #expect(run.lines.count == 30_000 && (run.batches.max() ?? 0) < 10_000)
}

@Test func `an empty stream has no counts`() throws {
  #expect(try output("count", "") == "")
}

@Test func `dedupe goes by the value of an expression`() throws {
  let records = [#"{"k":1,"v":1}"#, #"{"k":1.0,"v":2}"#, #"{"k":2,"v":3}"#, #"{"k":1,"v":4}"#]
  func given(_ stage: String) throws -> [[String]] {
    try [1, 2, 100].map { try StageRun(stage).run(records: records, batchSize: $0).texts }
  }
  func kept(_ places: Int...) -> [[String]] { [0, 1, 2].map { _ in places.map { records[$0] } } }
  #expect(try given("dedupe: {by: this.k}") == kept(0, 2))
  #expect(try given("dedupe: {by: this.k, keep: last}") == kept(2, 3))
  #expect(try given("dedupe: {by: this.k, consecutive: true}") == kept(0, 2, 3))
  #expect(try given("dedupe: {by: this.k, consecutive: true, keep: last}") == kept(1, 2, 3))
  #expect(try StageRun("dedupe: {by: this.x}").run(records: records).failure?.kind == .expression)
}

@Test(arguments: seeds)
func `dedupe by the whole item gives what dedupe gives`(seed: UInt64) throws {
  var random = Random(seed: seed)
  let lines = (0..<300).map { _ in random.bytes([0x61, 0x62, 0xFF], upTo: 2) }
  for options in ["", "keep: last", "consecutive: true", "consecutive: true, keep: last"] {
    let plain = try StageRun("dedupe: {\(options)}").run(lines, batchSize: 1 + random.below(40))
    let keyed = try StageRun("dedupe: {by: this, \(options)}").run(
      lines, batchSize: 1 + random.below(40))
    #expect(plain == keyed, "seed \(seed), \(options)")
  }
}

@Test func `scan gives running totals, and the item before`() throws {
  #expect(
    try output("scan: {init: 0, step: 'state + int(this)'}", "1\n2\n3\n") == "1\n3\n6\n")
  let stage = """
    scan:
      init: {n: 0, sum: 0}
      step: {n: state.n + 1, sum: state.sum + this.v}
      emit: {v: this.v, mean: double(state.sum) / double(state.n)}
    """
  let run = try StageRun(stage).run(records: [#"{"v":1}"#, #"{"v":4}"#, #"{"v":1}"#])
  #expect(run.texts == [#"{"v":1,"mean":1.0}"#, #"{"v":4,"mean":2.5}"#, #"{"v":1,"mean":2.0}"#])
  #expect(run.numbers == [1, 2, 3])
}

@Test func `an item that fails leaves the state of scan as it was`() throws {
  let run = try StageRun("scan: {init: 0, step: 'state + int(this)'}").run(
    mixed: ["1", "x", "2"], skippingFailures: true)
  #expect(run.texts == ["1", "3"] && run.skipped == 1)
  let late = try StageRun("scan: {init: 0, step: 'state + 1', emit: 'state / int(this)'}").run(
    mixed: ["1", "0", "1"], skippingFailures: true)
  #expect(late.texts == ["1", "2"])
}

@Test(arguments: [
  ("count: {by: {}}", "17 'by' names nothing to group by"),
  ("count: {by: {count: this}}", "17 'count' is the field that has the number"),
  ("count: nothing", "12 there is nothing called 'nothing'"),
  ("sort: {numeric: true, natural: true}", "36 'numeric' and 'natural' exclude each other"),
  ("sort: this +", "17 the expression ends"),
  ("scan: {init: this, step: state}", "18 'init' is the state before the first item"),
  ("scan: {init: 1 / 0, step: state}", "18 1 / 0: division by zero"),
])
func `what is wrong with a stage that gathers is said at its place`(
  stage: String, expected: String
) {
  #expect(refusal(stage).hasPrefix(expected), "\(refusal(stage))")
}
