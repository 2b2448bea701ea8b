import Lines
import Records
import Stages
import TestSupport
import Testing

private let seeds: [UInt64] = [1, 2, 3, 4, 5]

private func record(_ t: Int, _ k: String, _ v: Int) -> String {
  "{\"t\":\(t),\"k\":\"\(k)\",\"v\":\(v)}"
}

// MARK: What is gathered

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

// MARK: Windows

@Test func `windows of so many items tell which`() throws {
  let stage = "aggregate: {by: this, fields: {n: count()}, window: {count: 3}}"
  let run = try StageRun(stage).run("a\nb\na\nb\n")
  #expect(
    run.texts == [
      #"{"window_start":1,"window_end":3,"key":"a","n":2}"#,
      #"{"window_start":1,"window_end":3,"key":"b","n":1}"#,
      #"{"window_start":4,"window_end":4,"key":"b","n":1}"#,
    ])
  #expect(run.numbers == [1, 2, 4])
}

@Test func `a window is given when the time of the items has left it`() throws {
  let stage = try StageRun(
    "aggregate: {fields: {n: count()}, window: {every: 10s, time: int(this)}}")
  guard case .transform(let make) = stage.work else { return }
  var transform = make()
  var given: [Int] = []
  for time in [1, 9, 10, 25] {
    let batch = Batch.of(["\(time)"])
    var cursor = Cursor()
    var out = BatchBuilder(delimiter: 0x0A)
    _ = try transform.process(batch, &cursor, upTo: 1, into: &out)
    given.append(out.count)
  }
  #expect(given == [0, 0, 1, 1])
}

@Test(arguments: seeds)
func `windows by time agree with plain arithmetic, in whatever order within lateness`(
  seed: UInt64
) throws {
  var random = Random(seed: seed)
  var time = -500
  let items = (0..<600).map { _ in
    time += random.below(4)
    // Up to 20 s late.
    return (t: time - random.below(21), k: "k\(random.below(3))", v: random.below(100))
  }
  var windows: [Int: [String: (n: Int, sum: Int, order: Int)]] = [:]
  for (i, item) in items.enumerated() {
    let start = item.t - ((item.t % 15) + 15) % 15
    let old = windows[start]?[item.k] ?? (0, 0, i)
    windows[start, default: [:]][item.k] = (old.n + 1, old.sum + item.v, old.order)
  }
  let wanted = windows.sorted { $0.key < $1.key }.flatMap { start, groups in
    groups.sorted { $0.value.order < $1.value.order }.map { key, group in
      [start, start + 15].map { Value.timestamp(Timestamp(seconds: Int64($0))!).spelling.string }
        + [key, "\(group.n)", "\(group.sum)"]
    }
  }.map {
    "{\"window_start\":\"\($0[0])\",\"window_end\":\"\($0[1])\",\"key\":\"\($0[2])\","
      + "\"n\":\($0[3]),\"sum\":\($0[4])}"
  }
  let stage = """
    aggregate:
      by: this.k
      fields: {n: count(), sum: sum(this.v)}
      window: {every: 15s, time: this.t, lateness: 20s}
    """
  let run = try StageRun(stage).run(
    records: items.map { record($0.t, $0.k, $0.v) }, batchSize: 1 + random.below(100))
  #expect(run.failure == nil && run.texts == wanted, "seed \(seed)")
}

@Test func `an item for a window that was given is late`() throws {
  let yaml =
    "aggregate: {fields: {n: count()}, window: {every: 10s, time: int(this), lateness: 5s}}"
  let run = try StageRun(yaml).run("1\n14\n9\n15\n8\n")
  #expect(run.failure?.kind == .expression)
  #expect(
    run.failure?.message
      == "the item comes too late: the window of its time, 1970-01-01T00:00:08Z, has been given")
  let skipped = try StageRun(yaml).run(mixed: ["1", "14", "9", "15", "8"], skippingFailures: true)
  #expect(skipped.skipped == 1 && skipped.texts.map { $0.suffix(6) } == [#""n":2}"#, #""n":2}"#])
}

@Test func `an item that fails opens no window and moves no time`() throws {
  let yaml = "aggregate: {fields: {n: sum(int(this.v))}, window: {every: 10s, time: this.t}}"
  let run = try StageRun(yaml).run(
    records: [record(1, "a", 1), #"{"t":99,"v":"x"}"#, record(2, "a", 2)], skippingFailures: true)
  #expect(run.skipped == 1 && run.texts.count == 1 && run.text.hasSuffix("\"n\":3}\n"))
}

@Test func `times are timestamps or seconds, and nothing else`() throws {
  let every = "aggregate: {fields: {n: count()}, window: {every: 1h, time: "
  let run = try StageRun(every + "timestamp(this)}}").run("2026-10-10T13:55:36+02:00\n")
  #expect(run.text.contains("\"window_start\":\"2026-10-10T11:00:00Z\""))
  #expect(try StageRun(every + "double(this)}}").run("3600.5\n").text.contains("T01:00:00Z"))
  #expect(
    try StageRun(every + "this}}").run("x\n").failure?.message
      == "the time of an item is a timestamp or seconds since 1970, not a string")
  #expect(
    try StageRun(every + "double(this)}}").run("1e300\n").failure?.message
      == "the time is outside of the years 1824 to 2116")
}

// MARK: Sessions

private let sessions = """
  aggregate:
    by: this.k
    fields: {n: count(), first: first(this.v), last: last(this.v), all: list(this.v)}
    window: {gap: 10s, time: this.t, lateness: LATE}
  """

private func session(_ first: Int, _ last: Int, _ key: String, _ rest: String) -> String {
  func time(_ t: Int) -> String {
    "1970-01-01T00:0\(t / 60):\(t % 60 < 10 ? "0" : "")\(t % 60)Z"
  }
  return "{\"window_start\":\"\(time(first))\",\"window_end\":\"\(time(last))\","
    + "\"key\":\"\(key)\",\(rest)}"
}

@Test func `a session lasts until nothing came for the gap`() throws {
  let records = [
    record(0, "a", 1), record(9, "a", 2), record(5, "b", 3), record(19, "a", 4),
    record(28, "a", 5), record(40, "c", 6),
  ]
  let run = try StageRun(sessions.replacing("LATE", with: "10s")).run(records: records)
  #expect(
    run.texts == [
      session(5, 5, "b", #""n":1,"first":3,"last":3,"all":[3]"#),
      session(0, 9, "a", #""n":2,"first":1,"last":2,"all":[1,2]"#),
      session(19, 28, "a", #""n":2,"first":4,"last":5,"all":[4,5]"#),
      session(40, 40, "c", #""n":1,"first":6,"last":6,"all":[6]"#),
    ])
  #expect(run.numbers == [3, 1, 4, 6])
}

@Test func `an item that comes late joins two sessions into one`() throws {
  let records = [record(0, "a", 1), record(15, "a", 2), record(8, "a", 3), record(50, "a", 4)]
  let run = try StageRun(sessions.replacing("LATE", with: "20s")).run(records: records)
  #expect(
    run.texts == [
      session(0, 15, "a", #""n":3,"first":1,"last":3,"all":[1,2,3]"#),
      session(50, 50, "a", #""n":1,"first":4,"last":4,"all":[4]"#),
    ])
  let late = try StageRun(sessions.replacing("LATE", with: "0s")).run(
    records: [record(50, "a", 1), record(40, "b", 2)])
  #expect(late.failure?.message.hasPrefix("the item comes too late") == true)
}

@Test(arguments: seeds)
func `sessions agree with plain sorting, in whatever order within lateness`(seed: UInt64) throws {
  var random = Random(seed: seed)
  var time = 0
  let items = (0..<500).map { _ in
    time += random.below(12)
    return (t: time + random.below(40), k: "k\(random.below(4))", v: random.below(1000) - 500)
  }
  var byKey: [String: [(t: Int, v: Int)]] = [:]
  for item in items { byKey[item.k, default: []].append((item.t, item.v)) }
  var wanted: [String] = []
  for (key, all) in byKey {
    var run: [(t: Int, v: Int)] = []
    func end() {
      if run.isEmpty { return }
      let sum = run.reduce(0) { $0 + $1.v }
      let times = [run[0].t, run[run.count - 1].t].map {
        Value.timestamp(Timestamp(seconds: Int64($0))!).spelling.string
      }
      wanted.append(
        "{\"window_start\":\"\(times[0])\",\"window_end\":\"\(times[1])\",\"key\":\"\(key)\","
          + "\"n\":\(run.count),\"sum\":\(sum),\"max\":\(run.map(\.v).max() ?? 0)}")
      run = []
    }
    for item in all.sorted(by: { $0.t < $1.t }) {
      if let last = run.last, item.t - last.t >= 10 { end() }
      run.append(item)
    }
    end()
  }
  let stage = """
    aggregate:
      by: this.k
      fields: {n: count(), sum: sum(this.v), max: max(this.v)}
      window: {gap: 10s, time: this.t, lateness: 40s}
    """
  let run = try StageRun(stage).run(
    records: items.map { record($0.t, $0.k, $0.v) }, batchSize: 1 + random.below(100))
  #expect(run.failure == nil && run.texts.sorted() == wanted.sorted(), "seed \(seed)")
  let ends = run.texts.map { $0.split(separator: "\"")[7] }
  #expect(ends == ends.sorted(), "seed \(seed)")
}

// MARK: By the clock

/// Gives items and moments to a stage that goes by the clock.
private struct ClockRun {
  var transform: any Transform
  var given: [String] = []

  init(_ yaml: String) throws {
    guard case .transform(let make) = try StageRun(yaml).work else {
      throw Failure(.stage, "it is no computation")
    }
    transform = make()
    #expect(transform.goesByClock)
  }

  mutating func tick(_ seconds: Int64) throws {
    var out = BatchBuilder(delimiter: 0x0A)
    _ = try transform.tick(seconds * 1_000_000_000, into: &out)
    take(&out)
  }

  mutating func item(_ line: String, at seconds: Int64) throws {
    try tick(seconds)
    var out = BatchBuilder(delimiter: 0x0A)
    var cursor = Cursor()
    _ = try transform.process(Batch.of([line]), &cursor, upTo: 1, into: &out)
    take(&out)
  }

  private mutating func take(_ out: inout BatchBuilder) {
    let batch = out.take(covering: 0..<0)
    given += (0..<batch.count).map { String(decoding: batch.text($0), as: UTF8.self) }
  }
}

@Test func `windows by the clock end when their time has come, with no item to tell it`() throws {
  var run = try ClockRun("aggregate: {fields: {n: count()}, window: {every: 10s}}")
  #expect(run.transform.wakeUp == nil)
  try run.item("a", at: 103)
  try run.item("b", at: 109)
  #expect(run.transform.wakeUp == 110_000_000_000 && run.given.isEmpty)
  try run.tick(110)
  #expect(run.transform.wakeUp == nil && run.given.count == 1)
  try run.item("c", at: 131)
  try run.item("d", at: 140)
  #expect(run.given.map { $0.suffix(6) } == [#""n":2}"#, #""n":1}"#])
}

@Test func `sessions by the clock end when nothing came for the gap`() throws {
  var run = try ClockRun("aggregate: {by: this, fields: {n: count()}, window: {gap: 10s}}")
  try run.item("a", at: 100)
  try run.item("a", at: 105)
  try run.tick(110)
  #expect(run.given.isEmpty)
  try run.tick(115)
  #expect(run.given.count == 1 && run.given[0].hasSuffix(#""key":"a","n":2}"#))
}

// MARK: What is refused

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
