import Foundation
import TestSupport
import Testing

/// The tests of the example pipelines pass, and find mistakes.
@Suite(.enabled(if: Command.program != nil, "the built program is not beside the tests"))
struct FaultyVariantTests {
  private static let variants = (try? FaultyVariant.all()) ?? []

  @Test func `the examples pass their tests, which reach everything in them`() throws {
    let outcome = try Examples().test(["pipelines", "--coverage=100"])
    #expect(outcome.status == 0, "\(outcome.text)\(outcome.messages)")
    #expect(outcome.newFiles == [])
  }

  @Test func `the examples pass their tests under other schedules`() throws {
    let examples = try Examples()
    // Its cases run real commands, in real time.
    let folder = Examples.root.appending(path: "pipelines").path
    let files = try FileManager.default.contentsOfDirectory(atPath: folder).sorted().filter {
      $0.hasSuffix(".yaml") && $0 != "block-sums.yaml"
    }.map { "pipelines/\($0)" }
    let outcome = try examples.test(files + ["--schedules", "3", "--seed", "1000"])
    #expect(outcome.status == 0, "\(outcome.text)\(outcome.messages)")
  }

  @Test func `there are at least twelve variants, and all can be read`() throws {
    #expect(try FaultyVariant.all().count >= 12)
  }

  @Test(arguments: variants)
  func `a mistake makes a test fail with a message that tells it`(_ variant: FaultyVariant) throws {
    let examples = try Examples()
    let text = try variant.faulty(examples.text(variant.pipeline))
    try examples.write(text, to: variant.pipeline)
    let outcome = try examples.test(examples.paths(of: variant.pipeline))
    let report = outcome.text + outcome.messages
    #expect(outcome.status == Int32(variant.status), "\(report)")
    for name in variant.failing {
      let line = report.split(separator: "\n").first {
        $0.hasSuffix(": \(name)") && !$0.hasPrefix(" ")
      }
      #expect(line?.hasPrefix("FAIL  ") == true || line?.hasPrefix("HUNG  ") == true, "\(report)")
    }
    for text in variant.shown { #expect(report.contains(text), "\(report)") }
  }

  @Test func `README shows a test, what a mistake makes it say, and that it passes without`() throws
  {
    let readme = try String(
      contentsOf: Examples.root.appending(path: "README.md"), encoding: .utf8)
    let examples = try Examples()
    let text = try examples.text("check-urls.yaml")
    let tests = try #require(text.firstRange(of: "\ntests:\n")).lowerBound
    #expect(readme.contains("\n```yaml\(text[tests...])```\n"))
    let call = "$ streamline test pipelines/check-urls.yaml\n"
    let shown = readme.components(separatedBy: "\n```text\n\(call)").dropFirst().map {
      $0.components(separatedBy: "```")[0]
    }
    try #require(shown.count == 2)
    let variant = try #require(Self.variants.first { $0.name == "limit-too-short" })
    try examples.write(try variant.faulty(text), to: "check-urls.yaml")
    let failing = try examples.test(["pipelines/check-urls.yaml"])
    #expect(timeless(failing.text) == timeless(shown[0]))
    try examples.write(text, to: "check-urls.yaml")
    #expect(timeless(try examples.test(["pipelines/check-urls.yaml"]).text) == timeless(shown[1]))
  }

  /// Without the time that the machine took.
  private func timeless(_ report: String) -> String {
    report.replacing(#/in \d+\.\d{3} s\n/#, with: "in TIME s\n")
  }
}
