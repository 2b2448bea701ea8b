import PipelineModel
import Testing

@testable import PipelineTesting

/// `batch`: items become lists.
struct BatchTests {
  @Test func `a list is given when it is full, and what is left at the end`() async throws {
    try await expectPass(
      "- batch: 2",
      "input: [a, b, 'c \"', d, e]\nexpect: ['[\"a\",\"b\"]', '[\"c \\\"\",\"d\"]', '[\"e\"]']")
    try await expectPass("- batch: 2", "expect: []")
  }

  @Test func `a list is given when its first item has waited long enough`() async throws {
    try await expectPass(
      "- batch: {size: 3, every: 10s}\n- delay: 1s",
      """
      input: [{at: 1s, line: a}, {at: 10s, line: b}, {at: 11s, line: c}, {at: 1m, line: d},
        {at: 61s, line: e}, {at: 62s, line: f}, {at: 5m, line: g}]
      expect: {output: ['["a","b"]', '["c"]', '["d","e","f"]', '["g"]'], elapsed: 5m1s}
      """, seeds: 1..<40)
  }

  @Test func `it is given at that moment, not with the next item`() async throws {
    try await expectPass(
      "- batch: {every: 10s}\n- delay: 5s\n- head: 1",
      "input: [{at: 1s, line: a}, {at: 1h, line: b}]\nexpect: {output: '[\"a\"]', elapsed: 16s}",
      seeds: 1..<40)
  }

  @Test func `records stay as they were read, and error records are records`() async throws {
    try await expectPass(
      """
      - parse: json
      - {assert: this.n > 1, on_error: collect}
      - batch: 2
      - {flat_map: this}
      """,
      """
      input: ['{"n" : 1e2}', '{"n":123456789012345678901234567890}', '{"n":0}']
      expect:
        errors: [{line: 3}]
        output:
          - '{"n" : 1e2}'
          - '{"n":123456789012345678901234567890}'
          - '{"error":{"stage":"assert","kind":"assert","line":3,"message":"it is not true that this.n > 1","input":"{\\"n\\":0}","attempts":1}}'
      """)
  }

  @Test func `a list larger than a line may be fails with the item that makes it so`() async throws
  {
    let bench = try CaseBench(
      file: """
        input: {format: lines, max_line: 100}
        stages:
          - {batch: 1000, on_error: skip}
        tests:
          - name: it
            input: {generate: {lines: 20}}
            expect: {skipped: 7, count: 1}
        """)
    let result = try await bench.result()
    #expect(result.status == .passed, "\(result.details)")
  }

  @Test(arguments: [
    ("- batch: {}", "'batch' needs to be told when a list is full"),
    ("- batch: 0", "'batch' takes a whole number, 1 or more"),
    ("- {batch: 2, into: a}", "'into' can mean nothing for 'batch'"),
    ("- {batch: 2, on_error: pass}", "'on_error: pass' can mean nothing for 'batch'"),
    ("- {fanout: 2, stages: [batch: 2]}", "'batch'"),
  ])
  func `what it can not be is said`(stage: String, message: String) async throws {
    do {
      let bench = try CaseBench(stage, "- {name: it, expect: []}")
      let result = try await bench.result()
      #expect(result.details.contains(message), "\(result.details)")
    } catch let diagnostic as Diagnostic {
      #expect(diagnostic.message.contains(message), "\(diagnostic.message)")
    }
  }
}
