import Foundation
import TestSupport
import Testing

private let harness = URL(filePath: #filePath).deletingLastPathComponent()
  .appending(path: "Asyncio/virtual.py").path
private let python = ["/usr/bin/python3", "/usr/local/bin/python3"].first {
  FileManager.default.isExecutableFile(atPath: $0)
}

/// What is often written with asyncio, as a pipeline: both run under clocks that move only when
/// nothing else can happen, so that how long each takes is exact and the same on every machine.
@Suite(
  .enabled(if: programIsThere, programIsMissing),
  .enabled(if: python != nil, "python3 is not there, so that nothing is compared with asyncio"))
struct AsyncioScenarioTests {
  @Test(arguments: AsyncioScenario.all)
  func `the pipeline writes what the program prints, and takes no longer`(
    scenario: AsyncioScenario
  ) throws {
    let folder = try CommandFolder(["program.py": scenario.program + "\n"])
    let input = scenario.input.map { $0 + "\n" }.joined()
    var theirs = Command(
      [harness, "program.py"], in: folder, input: .bytes(Array(input.utf8)))
    theirs.program = python
    let expected = try theirs.run()
    #expect(expected.status == (scenario.fails ? 1 : 0), "\(expected.messages)")
    let seconds = try #require(expected.messages.split(separator: "\n").last.map(String.init))
    #expect(!expected.output.isEmpty)

    try folder.add("p.yaml", Array((scenario.pipeline + "\n").utf8))
    let lines = expected.text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
    try folder.add(
      "p.test.yaml", Array(scenario.test(output: lines.map(String.init), seconds).utf8))
    let ours = try Command(["test", "p.test.yaml"], in: folder).run()
    #expect(ours.status == 0, "\(ours.text)\(ours.messages)")
  }
}

extension AsyncioScenario {
  /// A case that gives the pipeline the same lines, and expects what the program printed in the time
  /// that it took.
  fileprivate func test(output: [String], _ seconds: String) -> String {
    func quoted(_ lines: [String]) -> String {
      "[" + lines.map { "'\($0)'" }.joined(separator: ", ") + "]"
    }
    let mocks = mocks.split(separator: "\n").map { "      \($0)\n" }.joined()
    return """
      pipeline: p.yaml
      tests:
        - name: it does what the program does
          input: \(quoted(input))
      \(mocks.isEmpty ? "" : "    mocks:\n\(mocks)")    expect:
            output: \(quoted(output))
            elapsed: { at_most: \(milliseconds(seconds))ms }
      \(fails ? "      error: { kind: exit }\n" : "")\(errors.map { "      errors: \($0)\n" } ?? "")
      """
  }

  private func milliseconds(_ seconds: String) -> String {
    let parts = seconds.split(separator: ".")
    return parts.joined().drop { $0 == "0" }.isEmpty
      ? "0" : String(parts.joined().drop { $0 == "0" })
  }
}
