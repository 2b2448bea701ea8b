import Lines
import Stages
import TestSupport
import Testing

/// What stages ask for is for batches and for keys, not for items.
struct AllocationTests {
  private func pieces(_ items: Int, _ yaml: String, lines: Bool = false) throws -> Int? {
    let run = try StageRun(yaml)
    guard case .transform(let make) = run.work else {
      Issue.record("'\(yaml)' does not compute")
      return nil
    }
    var batch = Batch.of(
      (0..<items).map { "{\"name\":\"n\($0 % 7)\",\"ms\":\($0 % 50),\"rest\":\"a longer text\"}" })
    if !lines { batch = batch.asKind(.record) }
    var transform = make()
    var out = BatchBuilder(viewing: batch, delimiter: 0x0A)
    return try allocations {
      var cursor = Cursor()
      while try transform.process(batch, &cursor, upTo: batch.count, into: &out) == .full {
        _ = out.take(covering: 0..<0)
      }
    }
  }

  @Test(arguments: [
    "filter: this.ms > 20", "filter: this.name == \"n3\"", "assert: this.ms >= 0",
    "select: [ms, name]", "unset: rest", "count: {by: this.name}", "count: {by: this.ms}",
    "aggregate: {fields: {n: count(), mean: avg(this.ms), p99: 'quantile(this.ms, 0.99)'}}",
    "aggregate: {by: this.name, fields: {most: max(this.ms), kinds: distinct(this.ms)}}",
  ])
  func `an item asks for no memory of its own`(yaml: String) throws {
    guard let few = try pieces(100, yaml), let many = try pieces(1100, yaml) else { return }
    #expect(many - few < 100)
  }

  @Test(arguments: [
    "skip: 3", "head: 5000", "tail: 50", "trim", "grep: n3",
    "grep: {pattern: '\"n[35]\"', invert: true}",
    "grep: {pattern: [n3, longer]}", "cut: {fields: '1,3', delimiter: '\"'}",
    "cut: {fields: 2, delimiter: ', '}", "replace: {pattern: 'n([0-9])', with: '$1'}", "upper",
    "dedupe",
  ])
  func `a line asks for no memory of its own`(yaml: String) throws {
    guard let few = try pieces(100, yaml, lines: true),
      let many = try pieces(1100, yaml, lines: true)
    else { return }
    #expect(many - few < 100)
  }

  @Test func `a text that is made of each item is counted`() throws {
    let yaml = "filter: this.name + \"!\" == \"n3!\""
    guard let few = try pieces(100, yaml), let many = try pieces(1100, yaml) else { return }
    #expect(many - few >= 1000)
  }
}
