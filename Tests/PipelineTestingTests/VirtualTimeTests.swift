import Testing

@testable import PipelineTesting

struct VirtualTimeTests {
  @Test func `a throttle of five hours takes them exactly, and no time`() async throws {
    try await expectPass(
      "- throttle: 1/h", "input: {generate: {lines: 6}}\nexpect: {count: 6, elapsed: 5h}")
  }

  @Test func `elapsed is an equality`() async throws {
    try await expectFail(
      "- delay: 2s", "input: a\nexpect: {output: a, elapsed: 3s}", "elapsed: it takes 2s")
  }

  @Test func `timed lines come at their times`() async throws {
    try await expectPass(
      "- delay: 1s",
      "input: [a, {at: 2s, line: b}, {at: 5m, line: c}]\n"
        + "expect: {output: [a, b, c], elapsed: 5m1s}")
  }

  @Test func `a time limit passes exactly, and retries with their pauses add up`() async throws {
    try await expectPass(
      """
      - name: w
        exec: [x, '{}']
        timeout: 2s
        retry: {attempts: 3, backoff: 1s, jitter: false}
        on_error: skip
      """,
      """
      input: a
      mocks: {w: {hang: true}}
      expect: {output: [], skipped: 1, elapsed: 9s, calls: {w: 3}}
      """)
  }

  @Test func `a result at the very moment of the limit is a result`() async throws {
    let stage = "- {name: w, exec: x, timeout: 2s}"
    try await expectPass(
      stage, "input: a\nmocks: {w: {delay: 2s}}\nexpect: {output: a, elapsed: 2s}")
    try await expectPass(
      stage, "input: a\nmocks: {w: {delay: 2001ms}}\nexpect: {error: {kind: timeout, line: 1}}")
  }

  @Test func `a run that can not end is told with the state of every stage`() async throws {
    let bench = try CaseBench(
      "- trim\n- {name: w, exec: x, fanout: 2}",
      "- name: it\n  input: [a, b, c]\n  mocks: {w: {hang: true}}\n  expect: []")
    let result = try await bench.result()
    #expect(result.status == .hung)
    #expect(result.details.contains("it is stuck"))
    #expect(result.details.contains("trim  3 in, 3 out"))
    #expect(result.details.contains("w     0 in, 0 out, 2 in work"))
  }

  @Test func `the run's own limit ends it`() async throws {
    try await expectPass(
      "- {name: w, exec: x}\n- head: 5",
      "input: a\nmocks: {w: {delay: 1h}}\nsignal: {at: 1m}\nexpect: {output: [], exit: 143, elapsed: 62s}"
    )
  }

  @Test(arguments: 1..<40)
  func `fan-out gives the same output under every schedule`(seed: UInt64) async throws {
    let bench = try CaseBench(
      """
      - {name: w, exec: x, fanout: 8, timeout: 1s, on_error: {default: 'late {}'}}
      - dedupe
      - head: 7
      """,
      """
      - name: it
        input: {generate: {lines: 30}}
        mocks: {w: [{match: '^[147]', delay: 2s}, {match: '^2', delay: 300ms, template: 'two'}, {template: 'n {}'}]}
        expect:
          errors: [{line: 1}, {line: 4}, {line: 7}]
          output: [late 1, two, n 3, late 4, n 5, n 6, late 7]
      """)
    let result = try await bench.result(seeds: seed..<seed + 1, cutsReads: true)
    #expect(result.status == .passed, "seed \(seed): \(result.details)")
  }
}
