import Foundation
import TestSupport
import Testing

/// `--trace`: what a viewer of Chrome trace events is given.
@Suite(.enabled(if: programIsThere, programIsMissing))
struct TraceTests {
  private struct Event: Decodable {
    struct Details: Decodable {
      var name: String?
      var line: Int?
      var items: Int?
    }
    var name: String
    var cat: String?
    var ph: String
    var ts: Double?
    var dur: Double?
    var pid: Int
    var tid: Int
    var args: Details?

    var end: Double { (ts ?? 0) + (dur ?? 0) }
    func holds(_ other: Event) -> Bool {
      pid == other.pid && tid == other.tid && (ts ?? 0) <= (other.ts ?? 0) && other.end <= end
    }
  }

  private let pipeline = """
    stages:
      - trim
      - exec: '[ -e "seen-$1" ] || { touch "seen-$1"; exit 1; }; echo $1'
        name: call
        fanout: 3
        retry: {attempts: 2, backoff: 1ms}
      - {upper, fanout: 2}
      - stages: [exec: cat, lower]
        name: each
        fanout: 2
    """

  private func events(_ folder: CommandFolder) throws -> [Event] {
    try JSONDecoder().decode([Event].self, from: Data(folder.bytes("trace.json")))
  }

  @Test func `every stage, worker, item and attempt has its span`() throws {
    let folder = try CommandFolder()
    let outcome = try call(
      pipeline, ["--trace", "trace.json"], input: .bytes(Array(numbers(6).utf8)), in: folder
    ).run()
    #expect(outcome.status == 0 && outcome.text == numbers(6), "\(outcome.messages)")
    let events = try events(folder)
    let names = Dictionary(
      uniqueKeysWithValues: events.filter { $0.name == "process_name" }.map {
        ($0.pid, $0.args?.name ?? "")
      })
    #expect(
      names.sorted { $0.key < $1.key }.map(\.value) == [
        "streamline", "trim", "call", "upper", "each", "each/exec", "each/lower",
      ])
    let spans = events.filter { $0.ph == "X" }
    let stages = spans.filter { $0.cat == "stage" }.map { names[$0.pid] ?? "" }
    #expect(Set(stages) == Set(names.values).subtracting(["streamline"]))
    func lines(_ stage: String) -> [Int] {
      spans.filter { $0.cat == "item" && names[$0.pid] == stage }.compactMap(\.args?.line).sorted()
    }
    for stage in ["call", "each", "each/exec"] { #expect(lines(stage) == Array(1...6), "\(stage)") }
    #expect(spans.filter { $0.cat == "attempt" }.count == 12)
    let given = spans.filter { $0.cat == "batch" && names[$0.pid] == "trim" }
    #expect(given.compactMap(\.args?.items).reduce(0, +) == 6)
  }

  @Test func `spans lie within that of their worker, and those of one worker do not overlap`()
    throws
  {
    let folder = try CommandFolder()
    _ = try call(
      pipeline, ["--trace", "trace.json"], input: .bytes(Array(numbers(40).utf8)), in: folder
    ).run()
    let spans = try events(folder).filter { $0.ph == "X" }
    let workers = spans.filter { $0.cat == "worker" }
    let items = spans.filter { $0.cat == "item" || $0.cat == "batch" }
    #expect(items.count > 120)
    for item in items { #expect(workers.contains { $0.holds(item) }) }
    for attempt in spans where attempt.cat == "attempt" {
      #expect(items.contains { $0.holds(attempt) })
    }
    for group in Dictionary(grouping: items, by: { [$0.pid, $0.tid] }).values {
      let ordered = group.sorted { ($0.ts ?? 0) < ($1.ts ?? 0) }
      // Times are rounded to the nanosecond, in microseconds.
      for (one, next) in zip(ordered, ordered.dropFirst()) {
        #expect(one.end <= (next.ts ?? 0) + 0.001)
      }
    }
  }

  @Test func `a run goes on when its trace cannot be written, and says so`() throws {
    let outcome = try streamline(
      "stages: [trim]", input: numbers(3), ["--trace", "/dev/full"])
    outcome.expect(
      status: 0, output: numbers(3),
      messages: """
        streamline: the trace is not whole: writing '/dev/full' failed: No space left on device

        """)
  }

  @Test func `a trace without its folder is refused before the first line`() throws {
    let outcome = try streamline(
      "stages: [trim]", input: numbers(3), ["--trace", "no/where/t.json"])
    #expect(outcome.status == 2)
    #expect(outcome.output == [])
    #expect(outcome.messages.hasPrefix("streamline: --trace: cannot write 'no/where/t.json': "))
  }
}
