import Foundation
import TestSupport
import Testing

/// `TestCases/`: cases for the promises that no example pipeline shows.
@Suite(.enabled(if: programIsThere, programIsMissing))
struct TestCaseTests {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "TestCases").path

  @Test func `they pass, and reach all there is`() throws {
    let command = Command(["test", Self.folder, "--coverage=100"], in: try CommandFolder())
    let outcome = try command.run()
    #expect(outcome.status == 0, "\(outcome.text)\(outcome.messages)")
  }

  @Test func `in virtual time they pass under other schedules too`() throws {
    let names = [
      "bytes.yaml", "limits.yaml", "pairs.test.yaml", "gather.yaml", "switch.yaml", "start.yaml",
      "rescue.yaml", "side.yaml", "use.yaml",
    ]
    let files = names.map { "\(Self.folder)/\($0)" }
    let command = Command(["test", "--schedules", "10"] + files, in: try CommandFolder())
    let outcome = try command.run()
    #expect(outcome.status == 0, "\(outcome.text)\(outcome.messages)")
  }
}
