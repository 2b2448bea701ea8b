import PipelineModel
import PipelineRuntime
import YAMLTree

/// What can be said of an expectation before the case is run.
struct ExpectationChecks {
  private let reading: Reading
  private let definition: PipelineDefinition

  init(_ reading: Reading, _ definition: PipelineDefinition) {
    self.reading = reading
    self.definition = definition
  }

  func check(_ testCase: Arguments) {
    guard let expected = testCase.argument("expect") else { return }
    let parts = expected.arguments
    for key in ["calls", "max_in_flight", "seen", "after"] {
      for one in parts?.mapping(key) ?? [] { checkStage(one.name, at: one.key.place) }
    }
    let isExact =
      parts == nil || ["output", "base64", "json"].contains { parts?.isGiven($0) == true }
    if isExact, let stage = definition.stages.first(where: { $0.losesOrder }) {
      reading.error(
        "stage '\(stage.name)' has 'order: none', so its output has no order to expect",
        at: expected.place, remedy: "say expect: {unordered: …}")
    }
    if let base64 = parts?.argument("base64"),
      Base64.decode(Array((base64.string ?? "").utf8)) == nil
    {
      reading.error("this is no base64", at: base64.place)
    }
    if parts?.isGiven("seen") == true { checkSeen(parts, testCase) }
    checkCalls(testCase)
  }

  func checkStage(_ name: String, at place: Place) {
    let names = definition.stagePaths
    if names.contains(name) { return }
    reading.error(
      "the pipeline has no stage \(Node.quoted(name))", at: place,
      remedy: Spelling.hint(for: name, in: names) ?? "it has " + names.joined(separator: ", "),
      code: "unknown-stage")
  }

  private func checkSeen(_ expected: Arguments?, _ testCase: Arguments) {
    let mocked = (testCase.mapping("mocks") ?? []).map(\.name)
    for one in expected?.mapping("seen") ?? [] where !mocked.contains(one.name) {
      reading.error(
        "'seen' is told by a mock, and '\(one.name)' has none", at: one.key.place,
        remedy: "to see what leaves a stage say after: {STAGE: …}")
    }
  }

  /// Counting calls over a stage whose items run at once gives them to whichever comes first.
  private func checkCalls(_ testCase: Arguments) {
    if testCase.argument("expect")?.arguments?.isGiven("unordered") == true { return }
    for mock in testCase.mapping("mocks") ?? [] {
      let rules =
        mock.argument.arguments.map { [$0] }
        ?? (mock.argument.list ?? []).compactMap(\.arguments)
      guard let counted = rules.first(where: { $0.isGiven("calls") }),
        definition.runsAtOnce(mock.name, in: definition.stages, false)
      else { continue }
      reading.error(
        "stage '\(mock.name)' has several items at once, so which of them has the first calls is "
          + "left to the schedule", at: counted.place("calls"),
        remedy: "count attempts at each item by 'times', or expect the output 'unordered'")
    }
  }
}

extension PipelineDefinition {
  /// Whether the stage of this name has several items at once, by its own fan-out or one around it.
  fileprivate func runsAtOnce(
    _ name: String, in stages: [StageDefinition], _ around: Bool
  ) -> Bool {
    stages.contains { stage in
      let here = around || stage.hasWorkers
      return stage.name == name ? here : runsAtOnce(name, in: stage.stages, here)
    }
  }
}

extension StageDefinition {
  fileprivate var losesOrder: Bool {
    common.fanout?.keepsOrder == false || stages.contains { $0.losesOrder }
  }

  fileprivate var hasWorkers: Bool {
    switch common.fanout?.workers {
    case nil: false
    case .auto: true
    case .number(let number): number > 1
    }
  }
}
