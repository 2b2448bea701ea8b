import Lines
import Records
import Stages
import TestSupport
import Testing

private let seeds: [UInt64] = [1, 2, 3, 4, 5]

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
