import Lines
import Records
import Stages
import TestSupport
import Testing

private let seeds: [UInt64] = [1, 2, 3, 4, 5]

@Test(arguments: seeds)
func `aggregate agrees with plain sums by key`(seed: UInt64) throws {
  var random = Random(seed: seed)
  let items = (0..<800).map { _ in (key: "k\(random.below(9))", v: random.below(2001) - 1000) }
  let stage = """
    aggregate:
      by: this.k
      fields: {n: count(), big: count(this.v > 500), sum: sum(this.v), min: min(this.v),
        max: max(this.v), first: first(this.v), last: last(this.v), distinct: distinct(this.v),
        twice: sum(this.v) * 2 + count()}
    """
  var keys: [String] = []
  var values: [String: [Int]] = [:]
  for item in items {
    if values[item.key] == nil { keys.append(item.key) }
    values[item.key, default: []].append(item.v)
  }
  let wanted = keys.map { key in
    let all = values[key] ?? []
    let sum = all.reduce(0, +)
    return
      "{\"key\":\"\(key)\",\"n\":\(all.count),\"big\":\(all.count { $0 > 500 }),\"sum\":\(sum),"
      + "\"min\":\(all.min() ?? 0),\"max\":\(all.max() ?? 0),\"first\":\(all.first ?? 0),"
      + "\"last\":\(all.last ?? 0),\"distinct\":\(Set(all).count),\"twice\":\(sum * 2 + all.count)}"
  }
  let records = items.map { record(0, $0.key, $0.v) }
  let run = try StageRun(stage).run(records: records, batchSize: 1 + random.below(200))
  #expect(run.texts == wanted, "seed \(seed)")
  #expect(run.numbers.allSatisfy { $0 == 0 })
}

@Test func `means, spreads, medians and lists`() throws {
  let stage = """
    aggregate:
      fields: {avg: avg(this.v), mean: mean(this.v), p: 'quantile(this.v, 1)', m: median(this.v),
        sd: stddev(this.v), var: variance(this.v), list: list(this.v)}
    """
  let run = try StageRun(stage).run(
    records: [2, 4, 4, 4, 5, 5, 7, 9].map { record(0, "a", $0) })
  #expect(
    run.texts == [
      #"{"avg":5.0,"mean":5.0,"p":9.0,"m":4.0,"sd":2.138089935299395,"var":4.571428571428571,"#
        + #""list":[2,4,4,4,5,5,7,9]}"#
    ])
  let one = try StageRun("aggregate: {fields: {sd: stddev(this.v), p: median(this.v)}}")
  #expect(one.run(records: [record(0, "", 3)]).texts == [#"{"sd":null,"p":3.0}"#])
}

@Test func `sums are exact: of ints, of small numbers beside large ones, of durations`() throws {
  let sums = try StageRun("aggregate: {fields: {s: sum(this)}}")
  func sum(_ values: String...) -> Output {
    sums.run(Batch.of(values.map { ($0, true) }), batchSize: 2)
  }
  typealias Output = StageRun.Output
  #expect(sum("9007199254740993", "2").texts == [#"{"s":9007199254740995}"#])
  #expect(sum("1e16", "1.0", "-1e16").texts == [#"{"s":1.0}"#])
  #expect(sum("1", "0.5").texts == [#"{"s":1.5}"#])
  let over = sum("9223372036854775807", "1")
  #expect(over.failure?.message == "the sum is outside of what int can hold")
  #expect(sum("\"a\"").failure?.message == "a string can not be added up")
  let spans = try StageRun("aggregate: {fields: {s: sum(duration(this)), a: avg(duration(this))}}")
  #expect(spans.run("1s\n500ms\n").texts == [#"{"s":"1.5s","a":"0.75s"}"#])
}

@Test func `what is null is left out, and a missing field fails its item`() throws {
  let records = [#"{"v":1}"#, #"{"v":null}"#, #"{}"#, #"{"v":3}"#]
  let optional = try StageRun("aggregate: {fields: {n: count(), s: sum(this.?v), a: avg(this.?v)}}")
  #expect(optional.run(records: records).texts == [#"{"n":4,"s":4,"a":2.0}"#])
  let plain = try StageRun("aggregate: {by: '1', fields: {n: count(), s: sum(this.v)}}")
  #expect(plain.run(records: records).failure?.message == "there is no 'this.v'")
  let skipped = plain.run(records: records, skippingFailures: true)
  #expect(skipped.texts == [#"{"key":1,"n":3,"s":4}"#] && skipped.skipped == 1)
  let none = try StageRun(
    "aggregate: {fields: {m: max(this.?x), l: list(this.?x), q: median(this.?x)}}")
  #expect(none.run(records: records).texts == [#"{"m":null,"l":[],"q":null}"#])
}

@Test func `an item that one function refuses is in no other`() throws {
  let stage = try StageRun("aggregate: {by: this.k, fields: {n: count(), s: sum(this.v)}}")
  let records = [#"{"k":"a","v":1}"#, #"{"k":"a","v":"x"}"#, #"{"k":"b","v":[]}"#]
  let run = stage.run(records: records, skippingFailures: true)
  #expect(run.texts == [#"{"key":"a","n":1,"s":1}"#] && run.skipped == 2)
}

@Test func `lines and records are gathered side by side`() throws {
  let run = try StageRun("aggregate: {by: type(this) == string, fields: {n: count()}}").run(
    mixed: ["a", #"{"b":1}"#, "c"])
  #expect(run.texts == [#"{"key":true,"n":2}"#, #"{"key":false,"n":1}"#])
}

@Test func `top gives the greatest by the first field, those that are equal as they came`() throws {
  let records = [("a", 1), ("b", 5), ("c", 5), ("d", 3)].map { record(0, $0.0, $0.1) }
  let run = try StageRun("aggregate: {by: this.k, top: 3, fields: {s: sum(this.v)}}")
  #expect(
    run.run(records: records).texts == [
      #"{"key":"b","s":5}"#, #"{"key":"c","s":5}"#, #"{"key":"d","s":3}"#,
    ])
}

@Test func `more keys than there may be fail the item, or go into one group`() throws {
  let records = ["a", "b", "c", "a", "d"].map { record(0, $0, 1) }
  let failing = try StageRun("aggregate: {by: this.k, fields: {n: count()}, max_keys: 2}")
  #expect(failing.run(records: records).failure?.kind == .tooLarge)
  let stage = """
    aggregate: {by: {k: this.k, v: this.v}, fields: {n: count()}, max_keys: 2, excess: other}
    """
  #expect(
    try StageRun(stage).run(records: records).texts == [
      #"{"k":"a","v":1,"n":2}"#, #"{"k":"b","v":1,"n":1}"#, #"{"k":"(other)","v":null,"n":2}"#,
    ])
  let distinct = try StageRun("aggregate: {fields: {n: distinct(this.k)}, max_keys: 2}")
  #expect(
    distinct.run(records: records).failure?.message == "there are more than 2 different values")
}

@Test func `a list that outgrows a line fails its item`() throws {
  let run = try StageRun("aggregate: {fields: {l: list(this)}}", Setting(maxLine: 20)).run(
    "aaaaaa\nbbbbbb\ncccccc\n")
  #expect(run.failure?.kind == .tooLarge)
}

@Test func `a field that has no value ends the run, whatever the policy`() throws {
  let run = try StageRun("aggregate: {fields: {x: 1 / (count() - 2)}}").run("a\nb\n")
  #expect(run.failure?.kind == .stage)
  #expect(
    run.failure?.message == "the field 'x' of a result has no value: 1 / 0: division by zero")
}

@Test func `an empty stream gives no result`() throws {
  for window in ["", ", window: {count: 3}", ", window: {every: 1s, time: this.t}"] {
    #expect(try output("aggregate: {fields: {n: count()}\(window)}", "") == "")
  }
}

@Test(arguments: [
  ("aggregate: {by: this}", "16 'aggregate' needs 'fields'"),
  ("aggregate: {fields: {n: this.a}}", "29 a result stands for many items, and 'this.a' is of one"),
  ("aggregate: {fields: {n: sum(this.a) / this.a}}", "29 a result stands for many items"),
  ("aggregate: {fields: {n: sum(count())}}", "33 sum() can not stand in another of its kind"),
  ("aggregate: {fields: {n: summ(this.a)}}", "29 there is no function 'summ'"),
  ("aggregate: {fields: {n: 'quantile(this.a, 2)'}}", "30 the share of a quantile is a number"),
  ("aggregate: {fields: {n: 'quantile(this.a, this.b)'}}", "30 the share of a quantile"),
  ("aggregate: {by: this, fields: {key: count()}}", "36 a result has a field 'key' already"),
  ("aggregate: {fields: {n: count()}, window: {}}", "47 a window has a length"),
  (
    "aggregate: {fields: {n: count()}, window: {every: 1s, count: 2}}", "47 a window has one length"
  ),
  (
    "aggregate: {fields: {n: count()}, window: {every: 1s, lateness: 1s}}", "69 nothing is late by"
  ),
  ("aggregate: {fields: {n: count()}, window: {count: 2, time: nr}}", "64 'time' means nothing"),
  (
    "aggregate: {fields: {n: count()}, window: {gap: 1s, time: nr}, top: 2}",
    "73 'top' means nothing for sessions"
  ),
  ("aggregate: {fields: {n: count()}, excess: other}", "47 'excess' means nothing without 'by'"),
])
func `what is wrong with an aggregate is said at its place`(stage: String, expected: String) {
  #expect(refusal(stage).hasPrefix(expected), "\(refusal(stage))")
}
