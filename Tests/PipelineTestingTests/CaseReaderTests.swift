import PipelineModel
import Stages
import Testing
import YAMLTree

@testable import PipelineTesting

struct CaseReaderTests {
  private let stages =
    "- {name: tier, exec: x, fanout: 4}\n- {name: any, upper: , fanout: {workers: 2, order: none}}"

  /// What is said of a case, each with its line and column.
  private func messages(_ body: String, stages: String = "- {name: tier, exec: x}") throws
    -> [String]
  {
    let bench = try CaseBench(stages, "- name: it\n" + CaseBench.body(body))
    return bench.diagnostics.map { diagnostic in
      let place = diagnostic.place.map { "\($0.line):\($0.column): " } ?? ""
      return place + diagnostic.message + (diagnostic.remedy.map { "; \($0)" } ?? "")
    }
  }

  @Test func `an unknown key is told with the nearest one`() throws {
    #expect(
      try messages("inptu: x\nexpect: []") == [
        "5:5: a case has no key 'inptu'; did you mean 'input'?"
      ])
    #expect(
      try messages("expect: {outputs: x}") == [
        "5:14: 'expect' has no key 'outputs'; did you mean 'output'?"
      ])
    #expect(
      try messages("mocks: {tier: {dealy: 1s}}") == [
        "5:20: 'tier' has no key 'dealy'; did you mean 'delay'?"
      ])
  }

  @Test func `a stage that is not there is told with the nearest one`() throws {
    for body in [
      "mocks: {teir: x}", "inject: [{stage: teir, line: 1, do: fail}]", "stage: teir",
      "expect: {calls: {teir: 1}}", "expect: {after: {teir: x}}",
    ] {
      #expect(
        try messages(body).contains { $0.contains("no stage 'teir'; did you mean 'tier'?") },
        "\(body)")
    }
    #expect(try messages("to: teir").first?.contains("did you mean 'tier'?") == true)
  }

  @Test func `what can not mean anything is refused with what would be right`() throws {
    for (body, words) in [
      ("inject: [{stage: tier, line: 1, do: slow}]", "needs 'by'"),
      ("stage: tier\nfrom: tier", "'from' can not go with 'stage'"),
      ("mocks: {tier: {output: a, template: b}}", "'output' can not go with 'template'"),
      ("mocks: {tier: {exit: 1, status: 503}}", "'exit' can not go with 'status'"),
      ("mocks: {tier: {match: '('}}", "this is no pattern"),
      ("input: {text: a, file: b}", "takes one of 'text', 'file', 'base64' and 'generate'"),
      ("input: {base64: '*'}", "this is no base64"),
      ("expect: {seen: {tier: x}}", "'seen' is told by a mock, and 'tier' has none"),
      ("cases: 5", "'cases' takes"),
    ] {
      let messages = try messages(body)
      #expect(messages.contains { $0.contains(words) }, "\(messages)")
    }
  }

  @Test func `an exact output of a stage without order is refused`() throws {
    #expect(
      try messages("expect: [a]", stages: stages) == [
        "6:13: stage 'any' has 'order: none', so its output has no order to expect; "
          + "say expect: {unordered: …}"
      ])
    #expect(try messages("expect: {unordered: [a]}", stages: stages) == [])
  }

  @Test func `calls over a stage with a fan-out are refused where the order counts`() throws {
    let words = "left to the schedule; count attempts at each item by 'times'"
    let mock = "mocks: {tier: [{calls: 1, exit: 1}, {}]}\n"
    let fanned = "- {name: tier, exec: x, fanout: 4}"
    #expect(try messages(mock + "expect: []", stages: fanned).contains { $0.contains(words) })
    #expect(try messages(mock + "expect: {unordered: []}", stages: fanned) == [])
    #expect(try messages(mock + "expect: []", stages: "- {name: tier, exec: x}") == [])
  }

  @Test func `a name is taken once`() throws {
    let bench = try CaseBench("- trim", "- {name: a, expect: []}\n- {name: a, expect: []}")
    #expect(bench.diagnostics.map(\.message) == ["the name 'a' is taken"])
  }

  @Test func `each row of a table is a case with its own keys over the shared ones`() async throws {
    let bench = try CaseBench(
      "- {name: tier, exec: x}",
      """
      - name: shapes
        mocks: {tier: {template: '<{}>'}}
        cases:
          - {input: [a], expect: [<a>]}
          - {name: own, input: [b], mocks: {tier: none}, expect: [none]}
          - {input: [c], expect: [c]}
      """)
    #expect(bench.diagnostics == [])
    #expect(bench.suite.cases.map(\.name) == ["shapes [1]", "own", "shapes [3]"])
    #expect(bench.suite.cases.map(\.place.line) == [7, 8, 9])
    var status: [CaseResult.Status] = []
    for index in 0..<3 { status.append(try await bench.result(index).status) }
    #expect(status == [.passed, .passed, .failed])
  }

  @Test func `defaults are what every case begins with`() async throws {
    let bench = try CaseBench(
      "- {name: a, exec: x}\n- {name: b, exec: x}",
      """
      defaults: {mocks: {a: {template: 'a {}'}, b: {template: 'b {}'}}}
      cases:
        - {name: both, input: x, expect: b a x}
        - {name: one, input: x, mocks: {b: {}}, expect: a x}
      """)
    #expect(bench.diagnostics == [])
    #expect(try await bench.result(0).status == .passed)
    #expect(try await bench.result(1).status == .passed)
  }

  @Test func `what reaches outside is refused without a mock`() async throws {
    let bench = try CaseBench("- {name: tier, exec: x}", "- {name: it, expect: []}")
    let result = try await bench.result()
    #expect(result.details.contains("stage 'tier' would reach the world outside"))
    #expect(result.details.contains("allow: [exec]"))
  }

  @Test func `a test file has the same cases as the pipeline's own`() throws {
    var finder = TestFinder(
      TestFinder.Files(
        read: { path throws(Diagnostic) in
          switch path {
          case "d/p.test.yaml":
            Array("pipeline: p.yaml\ndefaults: {input: a}\ntests:\n  - {name: x, expect: A}\n".utf8)
          case "d/p.yaml": Array("stages: [upper]\n".utf8)
          default: throw Diagnostic("\(path) is not there")
          }
        }, list: { _ in nil }), catalogue: Catalogue.manuals)
    finder.find(["d/p.test.yaml", "d/none.yaml"])
    #expect(finder.suites.map(\.file) == ["d/p.test.yaml"])
    #expect(finder.suites.first?.definition.file == "d/p.yaml")
    #expect(finder.suites.first?.cases.map(\.name) == ["x"])
    #expect(finder.diagnostics.map(\.message) == ["d/none.yaml is not there"])
  }
}
