import Flow
import Foundation
import PipelineRuntime
import Testing

@testable import streamline

/// `--summary` from counters made by hand.
struct SummaryTests {
  private let reading = RunReading(
    at: .seconds(20),
    [
      .made("grep", taken: 1_234_567, given: 1000, busy: 1, starved: 2, blocked: 17),
      .made("all", "stages", workers: 4, taken: 1000, given: 997, busy: 72, engaged: 20) { values in
        values.lines.skipped = 2
        values.lines.deadLettered = 1
        values.attempts = 1000
        values.mostInFlight = 4
      },
      .made(
        "all/tier", "exec", depth: 1, workers: 8, taken: 1000, given: 997, busy: 70, fill: nil
      ) { values in
        values.attempts = 1010
        values.retries = 10
        values.limitsPassed.attempt = 3
        values.mostInFlight = 4
        for _ in 0..<99 { values.latency.add(1_000_000) }
        values.latency.add(2_500_000_000)
      },
    ])

  @Test func `it is a table with what failed, attempts, latencies and the bottleneck`() {
    #expect(
      SummaryText(reading, since: .seconds(0)).text == """
        streamline: 20s, 1,234,567 in, 997 out
          stage              in    out     rate  workers  busy
          grep        1,234,567  1,000  61.7k/s        1    5%
          all             1,000    997     50/s        4   90%
              failed: 2 skipped, 1 put aside
              1,000 attempts, at most 4 in flight
            all/tier      1,000    997     50/s        8   44%
                1,010 attempts, 10 of them retries, 3 past a time limit, at most 4 in flight
                an item took 1.05ms (median), 1.05ms (90%), 1.05ms (99%), 2.5s (longest)
          = the bottleneck is stage 'all/tier': the others waited for it 100% of the time

        """)
  }

  @Test func `as JSON it is one object on one line`() throws {
    let json = SummaryText(reading, since: .seconds(0)).json
    #expect(json.hasSuffix("}\n"))
    #expect(json.filter { $0 == "\n" }.count == 1)
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
    #expect(Set(object.keys) == ["seconds", "in", "out", "bottleneck", "stages"])
    #expect(object["seconds"] as? Double == 20)
    #expect(object["in"] as? Int == 1_234_567)
    #expect(object["out"] as? Int == 997)
    let bottleneck = try #require(object["bottleneck"] as? [String: Any])
    #expect(bottleneck["kind"] as? String == "stage")
    #expect(bottleneck["stage"] as? String == "all/tier")
    #expect(bottleneck["share"] as? Double == 1)
    let stages = try #require(object["stages"] as? [[String: Any]])
    #expect(stages.map { $0["stage"] as? String } == ["grep", "all", "all/tier"])
    #expect(stages[0]["room_wait_seconds"] as? Double == 17)
    #expect(stages[0]["input_wait_seconds"] as? Double == 2)
    #expect(stages[0]["latency_seconds"] is NSNull)
    #expect(stages[1]["busy"] as? Double == 0.9)
    #expect(stages[1]["skipped"] as? Int == 2)
    #expect(stages[1]["dead_lettered"] as? Int == 1)
    #expect(stages[2]["timeouts"] as? Int == 3)
    #expect(stages[2]["depth"] as? Int == 1)
    let latency = try #require(stages[2]["latency_seconds"] as? [String: Double])
    #expect(latency["max"] == 2.5)
  }

  @Test func `a run that did nothing has no bottleneck`() {
    let reading = RunReading(at: .seconds(0), [.made("grep", taken: 0, given: 0)])
    let text = SummaryText(reading, since: .seconds(0))
    #expect(
      text.text == """
        streamline: 0µs, 0 in, 0 out
          stage  in  out  rate  workers  busy
          grep    0    0   0/s        1    0%

        """)
    #expect(text.json.contains("\"bottleneck\":null"))
  }

  @Test(arguments: [
    (0, "0"), (7, "7"), (999, "999"), (1000, "1,000"), (-1_234_567, "-1,234,567"),
  ])
  func `counts have their thousands marked`(number: Int, text: String) {
    #expect(Figure.count(number) == text)
  }

  @Test(arguments: [
    (Duration.zero, "0µs"), (.nanoseconds(1500), "1.5µs"), (.microseconds(999), "999µs"),
    (.microseconds(9996), "10ms"), (.milliseconds(999), "999ms"), (.microseconds(999_900), "1s"),
    (.milliseconds(12_340), "12.3s"), (.seconds(59), "59s"), (.milliseconds(59_990), "1m00s"),
    (.seconds(3599), "59m59s"), (.seconds(3600), "1h00m"), (.seconds(360_000), "100h00m"),
  ])
  func `times have three digits`(duration: Duration, text: String) {
    #expect(Figure.time(duration) == text)
  }

  @Test(arguments: [
    (0.0, "0/s"), (0.25, "0.25/s"), (12.34, "12.3/s"), (999.4, "999/s"), (999.6, "1k/s"),
    (1_250_000, "1.25M/s"), (3e9, "3G/s"),
  ])
  func `rates have three digits`(rate: Double, text: String) { #expect(Figure.rate(rate) == text) }

  @Test(arguments: [
    (UInt64(0), "0B"), (999, "999B"), (1000, "0.98KiB"), (1024, "1KiB"), (1 << 20, "1MiB"),
    (1_300_000_000, "1.21GiB"),
  ])
  func `sizes have three digits`(bytes: UInt64, text: String) {
    #expect(Figure.bytes(bytes) == text)
  }
}
