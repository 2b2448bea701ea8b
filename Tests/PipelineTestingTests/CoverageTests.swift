import PipelineModel
import Testing
import YAMLTree

@testable import PipelineTesting

struct CoverageTests {
  private let stages = """
    - {name: pick, grep: a, if: {grep: x}}
    - name: w
      exec: [x, '{}']
      timeout: {attempt: 1s, item: 10s}
      retry: {attempts: 2, backoff: 1s}
      on_error: skip
    - {name: never, stages: [trim, {name: inner, upper: }]}
    """

  private func report(_ testCase: String) async throws -> CoverageReport {
    let bench = try CaseBench(stages, "- name: it\n" + CaseBench.body(testCase))
    #expect(bench.diagnostics == [])
    let points = CoveragePoint.all(of: bench.suite.definition)
    var counts = CoverageCounts(points: points.count)
    counts.add(try await bench.result().hits)
    return CoverageReport(
      file: "p.yaml", points: points, counts: counts,
      source: bench.suite.definition.stages[0].place.source)
  }

  private func missing(_ report: CoverageReport) -> [String] {
    zip(report.points, report.counts.hits).filter { $1 == 0 }.map { "\($0.0.stage) \($0.0.what)" }
  }

  @Test func `what no case reaches is named`() async throws {
    let report = try await report("input: [b]\nmocks: {w: {output: ''}}\nexpect: []")
    #expect(
      missing(report) == [
        "pick if: true", "w timeout: attempt", "w timeout: item", "w retry", "w on_error",
        "never/trim stage", "never/inner stage",
      ])
    #expect(report.reached == 3)
    #expect(
      report.annotated.contains(
        "       | never: 'w' timeout: attempt, 'w' timeout: item, 'w' retry, 'w' on_error\n"))
    #expect(report.annotated.hasPrefix("p.yaml: 3 of 10 reached\n!    2 | "))
  }

  @Test func `what a case reaches counts`() async throws {
    let report = try await report(
      """
      input: [xa, b, late, bad]
      mocks: {w: [{match: late, hang: true}, {match: bad, exit: 1}, {}]}
      expect: {output: [XA, B], skipped: 2}
      """)
    #expect(missing(report) == ["w timeout: item"])
  }

  @Test func `lcov has each line once, and its ways as branches`() async throws {
    let report = try await report("input: [b]\nmocks: {w: {output: ''}}\nexpect: []")
    let lines = report.lcov.split(separator: "\n").map(String.init)
    #expect(lines.first == "TN:" && lines[1] == "SF:p.yaml" && lines.last == "end_of_record")
    #expect(lines.contains("BRDA:2,0,1,-") && lines.contains("BRDA:2,0,2,1"))
    #expect(lines.filter { $0.hasPrefix("DA:") } == ["DA:2,1", "DA:4,1", "DA:8,0"])
    #expect(lines.contains("LF:3") && lines.contains("LH:2"))
  }
}
