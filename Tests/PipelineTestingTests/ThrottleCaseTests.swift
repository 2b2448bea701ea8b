import PipelineModel
import Testing

@testable import PipelineTesting

/// `throttle` with a burst, by keys and with what comes too soon dropped; and the common key `rate`.
struct ThrottleCaseTests {
  @Test func `a burst goes at once, and is there again after a pause`() async throws {
    // 3 at 0 s, then one each second up to 5 s; ten seconds later three at once again.
    try await expectPass(
      "- throttle: {rate: 1/s, burst: 3}\n- aggregate: {fields: {n: count()}, window: {every: 1s}}\n- map: this.n",
      """
      input: [a, b, c, d, e, {at: 20s, line: f}, {at: 20s, line: g}, {at: 20s, line: h},
        {at: 20s, line: i}]
      expect: {output: ['3', '1', '1', '3', '1'], elapsed: 21s}
      """, seeds: 1..<20)
  }

  @Test func `each key has a rate of its own, and holds back those behind it`() async throws {
    let stages = """
      - throttle: {rate: 1/m, by: 'this.split(" ")[0]'}
      - aggregate: {fields: {n: count(), all: list(this)}, window: {every: 1s}}
      - map: this.window_start.format("%M:%S") + " " + this.all.join(",")
      """
    try await expectPass(
      stages,
      """
      input: [a 1, b 1, a 2, b 2, c 1, a 3]
      expect:
        output: ['00:00 a 1,b 1', '01:00 a 2,b 2,c 1', '02:00 a 3']
        elapsed: 2m
      """, seeds: 1..<20)
  }

  @Test func `inside a fan-out an item waits for those of its own key alone`() async throws {
    try await expectPass(
      "- {fanout: 8, stages: [throttle: {rate: 1/m, by: 'this.split(\" \")[0]'}]}",
      """
      input: [a 1, a 2, b 1, c 1, c 2, d 1, d 2]
      expect: {output: [a 1, a 2, b 1, c 1, c 2, d 1, d 2], elapsed: 1m}
      """, seeds: 1..<60)
  }

  @Test func `what comes too soon is dropped, counted as skipped, and no failure`() async throws {
    try await expectPass(
      "- throttle: {rate: 1/s, burst: 2, excess: drop}",
      """
      input: [a, b, c, d, {at: 1s, line: e}, {at: 1s, line: f}, {at: 10s, line: g}]
      expect: {output: [a, b, e, g], skipped: 3, elapsed: 10s}
      """, seeds: 1..<20)
    try await expectPass(
      "- throttle: {rate: 1/s, by: this, excess: drop}\n  if: this != 'z'",
      "input: [a, b, a, z, z, b, {at: 1s, line: a}]\nexpect: {output: [a, b, z, z, a], skipped: 2}")
  }

  @Test func `a key that can not be read fails its item, by the stage's policy`() async throws {
    try await expectPass(
      "- parse: json\n- throttle: {rate: 1/h, by: this.k}\n  on_error: skip",
      "input: ['{\"k\":1}', '{}', '{\"k\":2}']\nexpect: {output: ['{\"k\":1}', '{\"k\":2}'], errors: [{line: 2}], elapsed: 0s}"
    )
    try await expectPass(
      "- parse: json\n- throttle: {rate: 1/h, by: this.k}",
      "input: ['{\"k\":1}', '{}', '{\"k\":2}']\nexpect: {output: ['{\"k\":1}'], error: {stage: throttle, line: 2}}"
    )
  }

  @Test func `the number of keys is bounded, and keys that had their pause are forgotten`()
    async throws
  {
    try await expectPass(
      "- throttle: {rate: 1/s, by: this, max_keys: 2}\n  on_error: skip",
      """
      input: [a, b, c, {at: 1s, line: d}, {at: 1s, line: a}]
      expect: {output: [a, b, d, a], errors: [{line: 3, kind: too_large}]}
      """)
  }

  // MARK: The common key

  @Test func `rate bounds how often attempts begin, retries too`() async throws {
    try await expectPass(
      "- {name: w, exec: x, fanout: 4, rate: 1/s}",
      "input: [a, b, c, d]\nmocks: {w: {delay: 10s}}\nexpect: {count: 4, elapsed: 13s, max_in_flight: {w: 4}}",
      seeds: 1..<20)
    try await expectPass(
      "- {name: w, exec: x, rate: {limit: 1/s, burst: 3}}",
      "input: [a, b, c, d, e]\nexpect: {count: 5, elapsed: 2s}\nmocks: {w: {}}", seeds: 1..<20)
    try await expectPass(
      "- {name: w, exec: x, rate: 1/s, retry: {attempts: 3, backoff: 0s}}",
      "input: [a, b]\nmocks: {w: [{times: 2, exit: 1}, {}]}\nexpect: {count: 2, elapsed: 5s, calls: {w: 6}}",
      seeds: 1..<20)
  }

  @Test func `waiting for a permit is no part of an attempt's limit`() async throws {
    try await expectPass(
      "- {name: w, exec: x, rate: 1/m, timeout: 2s, fanout: 3}",
      "input: [a, b, c]\nmocks: {w: {delay: 1s}}\nexpect: {count: 3, elapsed: 121s}")
  }

  @Test(arguments: [
    ("- {throttle: {rate: 1/s, max_keys: 3}}", "'max_keys' means nothing without 'by'"),
    ("- {throttle: {rate: 1/s, by: nothing}}", "there is nothing called 'nothing'"),
    ("- {throttle: {burst: 2}}", "'throttle' needs 'rate'"),
    ("- {head: 3, rate: 1/s}", "'rate' can mean nothing for 'head'"),
  ])
  func `what it can not be is said`(stage: String, message: String) async throws {
    do {
      let result = try await CaseBench(stage, "- {name: it, expect: []}").result()
      #expect(result.details.contains(message), "\(result.details)")
    } catch let diagnostic as Diagnostic {
      #expect(diagnostic.message.contains(message), "\(diagnostic.message)")
    }
  }
}
