import PipelineModel
import Testing

@testable import PipelineTesting

/// Windows by the clock, in virtual time: each is given at the very moment of its end.
struct ClockWindowTests {
  private let every = "- aggregate: {fields: {n: count()}, window: {every: 10s}}"

  @Test func `a window is given when its time is over, though no item comes`() async throws {
    try await expectPass(
      every + "\n- delay: 1s",
      """
      input: [{at: 2s, line: a}, {at: 9s, line: b}, {at: 10s, line: c}, {at: 1m5s, line: d}]
      expect:
        output:
          - '{"window_start":"1970-01-01T00:00:00Z","window_end":"1970-01-01T00:00:10Z","n":2}'
          - '{"window_start":"1970-01-01T00:00:10Z","window_end":"1970-01-01T00:00:20Z","n":1}'
          - '{"window_start":"1970-01-01T00:01:00Z","window_end":"1970-01-01T00:01:10Z","n":1}'
        elapsed: 66s
      """, seeds: 1..<40)
  }

  @Test func `what is downstream gets it then, not with the next item`() async throws {
    // The first window is given at 10 s, and five seconds later the run's end is there.
    try await expectPass(
      every + "\n- delay: 5s\n- head: 1",
      """
      start: 2026-01-01T00:00:00Z
      input: [{at: 1s, line: a}, {at: 1h, line: b}]
      expect:
        output: '{"window_start":"2026-01-01T00:00:00Z","window_end":"2026-01-01T00:00:10Z","n":1}'
        elapsed: 15s
      """, seeds: 1..<40)
  }

  @Test func `windows begin at multiples of their length in the day, whenever the run does`()
    async throws
  {
    try await expectPass(
      "- aggregate: {fields: {n: count()}, window: {every: 1h}}",
      """
      start: 2026-02-28T23:59:58Z
      input: [{at: 1s, line: a}, {at: 3s, line: b}]
      expect:
        output:
          - '{"window_start":"2026-02-28T23:00:00Z","window_end":"2026-03-01T00:00:00Z","n":1}'
          - '{"window_start":"2026-03-01T00:00:00Z","window_end":"2026-03-01T01:00:00Z","n":1}'
        elapsed: 3s
      """)
  }

  @Test func `a session is given when nothing came for its gap`() async throws {
    try await expectPass(
      "- aggregate: {by: this, fields: {n: count()}, window: {gap: 10s}}\n- delay: 1s\n- head: 2",
      """
      input: [{at: 1s, line: a}, {at: 2s, line: b}, {at: 9s, line: a}, {at: 1h, line: c}]
      expect:
        output:
          - '{"window_start":"1970-01-01T00:00:02Z","window_end":"1970-01-01T00:00:02Z","key":"b","n":1}'
          - '{"window_start":"1970-01-01T00:00:01Z","window_end":"1970-01-01T00:00:09Z","key":"a","n":2}'
        elapsed: 20s
      """, seeds: 1..<40)
  }

  @Test func `an item at the very end of a window belongs to the next`() async throws {
    try await expectPass(
      every,
      """
      input: [{at: 9s, line: a}, {at: 10s, line: b}]
      expect:
        output:
          - '{"window_start":"1970-01-01T00:00:00Z","window_end":"1970-01-01T00:00:10Z","n":1}'
          - '{"window_start":"1970-01-01T00:00:10Z","window_end":"1970-01-01T00:00:20Z","n":1}'
        elapsed: 10s
      """, seeds: 1..<40)
  }

  @Test func `no window is open, nothing moves the clock: the run is stuck and told`() async throws
  {
    let bench = try CaseBench(
      "- {name: w, exec: x}\n" + every,
      "- name: it\n  input: [a]\n  mocks: {w: {hang: true}}\n  expect: []")
    #expect(try await bench.result().status == .hung)
  }

  @Test func `a signal gives what the window has`() async throws {
    try await expectPass(
      every,
      """
      input: [{at: 2s, line: a}, {at: 1h, line: b}]
      signal: {at: 5s}
      expect:
        output: '{"window_start":"1970-01-01T00:00:00Z","window_end":"1970-01-01T00:00:10Z","n":1}'
        exit: 143
        elapsed: 5s
      """)
  }

  @Test func `in real time there is no date to begin at`() throws {
    let bench = try CaseBench(
      "- trim",
      "- {name: it, start: 2026-01-01T00:00:00Z, real_time: true, expect: []}\n- {name: b, expect: []}"
    )
    #expect(bench.diagnostics.contains { $0.message.contains("means nothing in real time") })
  }
}
