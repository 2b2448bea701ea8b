import Testing

@testable import PipelineTesting

struct FaultTests {
  /// A stage of each way that the runtime runs one.
  static let stages = [
    "grep: a", "upper:", "upper: {}\n  fanout: 2", "dedupe:", "tee: f", "throttle: 10/s",
    "delay: 1s",
    "template: '{}'\n  timeout: 5s", "stages: [upper, lower]\n  fanout: 2", "exec: x",
  ]

  private func mock(_ stage: String) -> String { stage == "exec: x" ? "mocks: {w: {}}\n" : "" }

  @Test(arguments: stages)
  func `a stage that fails at a line cuts the stream there`(stage: String) async throws {
    try await expectPass(
      "- \(stage)\n  name: w",
      mock(stage) + "input: [a1, a2, a3, a4]\ninject: [{stage: w, line: 3, do: fail}]\n"
        + "expect: {count: 2, error: {stage: w, line: 3}}", seeds: 1..<10)
  }

  @Test(arguments: stages)
  func `a stage that is late holds its line back and no other is lost`(stage: String) async throws {
    try await expectPass(
      "- \(stage)\n  name: w",
      mock(stage) + "input: [a1, a2, a3, a4]\ninject: [{stage: w, line: 3, do: slow, by: 4s}]\n"
        + "expect: {count: 4, elapsed: {at_least: 4s, at_most: 8s}}", seeds: 1..<10)
  }

  @Test func `a policy absorbs a failure and a time limit, but no cancellation`() async throws {
    for stage in ["upper:", "exec: x", "dedupe:"] {
      let pipeline = "- \(stage)\n  name: w\n  on_error: skip"
      for action in ["fail", "timeout"] {
        try await expectPass(
          pipeline,
          mock(stage) + "input: [a, b, c]\ninject: [{stage: w, line: 2, do: \(action)}]\n"
            + "expect: {count: 2, errors: [{stage: w, line: 2}]}")
      }
      try await expectPass(
        pipeline,
        mock(stage) + "input: [a, b, c]\ninject: [{stage: w, line: 2, do: cancel}]\n"
          + "expect: {count: 1, error: {stage: w, kind: cancelled, line: 2}}")
    }
  }

  @Test func `so many attempts meet a fault, and the next does not`() async throws {
    try await expectPass(
      "- {name: w, exec: x, retry: {attempts: 3, backoff: 1s, jitter: false}}",
      "mocks: {w: {}}\ninput: [a, b]\ninject: [{stage: w, line: 2, do: fail, attempts: 2}]\n"
        + "expect: {output: [a, b], calls: {w: 4}, elapsed: 3s}")
  }

  @Test func `a slow attempt meets its time limit`() async throws {
    try await expectPass(
      "- {name: w, exec: x, timeout: 1s, on_error: pass}",
      "mocks: {w: done}\ninput: [a, b]\ninject: [{stage: w, line: 1, do: slow, by: 1m}]\n"
        + "expect: {output: [a, done], errors: [{kind: timeout}], elapsed: 1s}")
  }

  @Test func `a reader that leaves ends the run well`() async throws {
    try await expectPass(
      "- {name: w, exec: x, fanout: 4}",
      "mocks: {w: {delay: 1s}}\ninput: {generate: {lines: 100000}}\nclose_output_after: 2\n"
        + "expect: {output: ['1', '2'], calls: {w: {at_most: 80}}, elapsed: 1s}", seeds: 1..<4)
    try await expectPass("- upper", "input: [a]\nclose_output_after: 0\nexpect: []")
  }

  @Test func `a signal lets what was read through`() async throws {
    try await expectPass(
      "- {name: w, exec: x, fanout: 4}\n- join: {size: 10}",
      "mocks: {w: {delay: 1s}}\ninput: {generate: {lines: 100}}\nsignal: {name: INT, at_line: 3}\n"
        + "expect: {output: ['1,2,3'], exit: 130, elapsed: 1s}", seeds: 1..<10)
  }
}
