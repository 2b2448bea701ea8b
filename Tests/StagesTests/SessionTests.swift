import Lines
import Records
import Stages
import TestSupport
import Testing

private let seeds: [UInt64] = [1, 2, 3, 4, 5]

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

@Test func `sessions by the clock end when nothing came for the gap`() throws {
  var run = try ClockRun("aggregate: {by: this, fields: {n: count()}, window: {gap: 10s}}")
  try run.item("a", at: 100)
  try run.item("a", at: 105)
  try run.tick(110)
  #expect(run.given.isEmpty)
  try run.tick(115)
  #expect(run.given.count == 1 && run.given[0].hasSuffix(#""key":"a","n":2}"#))
}
