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
    let outcome = try Examples().test(["pipelines", "--schedules", "3", "--seed", "1000"])
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
}
