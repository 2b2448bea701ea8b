import PipelineModel
import Testing

/// What asyncio's tests assert about wrong arguments: a pipeline file is refused before any line is
/// read. Each test names those it takes over.
struct AsyncioTests {
  private func refusal(of stage: String) -> String {
    let text = "stages:\n  - \(stage)\n"
    let result = PipelineReader.read(text: text, file: "p.yaml", catalogue: sampleCatalogue)
    return result.errors.map(\.message).joined(separator: "; ")
  }

  // CoroutineGatherTests.test_issue46672, BaseTaskTests.test_wait_errors
  @Test func `workers that could do nothing are refused`() {
    #expect(refusal(of: "{grep: x, fanout: 0}") != "")
    #expect(refusal(of: "{grep: x, fanout: {workers: 2, order: some}}") != "")
  }

  // AsyncioWaitForTest.test_wait_for_timeout_less_then_0_or_0_coroutine_do_not_started,
  // AsyncioWaitForTest.test_wait_for_timeout_less_then_0_or_0
  @Test func `a limit of nothing or less is refused`() {
    #expect(refusal(of: "{grep: x, timeout: 0s}") != "")
    #expect(refusal(of: "{grep: x, timeout: -1s}") != "")
    #expect(refusal(of: "{grep: x, timeout: 1s}") == "")
  }

  // QueuePutTests.test_float_maxsize
  @Test func `a queue holds a whole number of lines, one at the least`() {
    #expect(refusal(of: "{grep: x, queue: 1.3}") != "")
    #expect(refusal(of: "{grep: x, queue: 0}") != "")
    #expect(refusal(of: "{grep: x, queue: 1}") == "")
  }
}
