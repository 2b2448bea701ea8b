import Lines
import PipelineModel
import PipelineRuntime
import Stages
import Synchronization

/// What a case puts in the place of stages: its mocks, its faults, and a watch over each `if`.
final class CaseStandIns: StandIns {
  private let testCase: TestCase
  private let setting: Setting
  /// Stages that take each item in a run of its own, by name.
  private let inner: Set<String>
  private let state = Mutex((mocks: [String: Mock](), conditions: [String: Conditions]()))

  /// How often the `if` of a stage was true and false.
  final class Conditions: Sendable {
    private let counts = Mutex((held: 0, failed: 0))
    var held: Int { counts.withLock { $0.held } }
    var failed: Int { counts.withLock { $0.failed } }
    func note(_ holds: Bool) {
      counts.withLock { counts in
        if holds { counts.held += 1 } else { counts.failed += 1 }
      }
    }
  }

  init(_ testCase: TestCase, _ setting: Setting, _ stages: [StageDefinition]) {
    self.testCase = testCase
    self.setting = setting
    inner = Set(stages.flatMap { $0.innerNames(isInner: false) })
  }

  func mock(of stage: String) -> Mock? { state.withLock { $0.mocks[stage] } }
  func conditions(of stage: String) -> Conditions? { state.withLock { $0.conditions[stage] } }

  // MARK: StandIns

  func replaces(_ stage: StageDefinition) -> Bool { plan(of: stage) != nil }

  func work(of stage: StageDefinition, _ own: Work) throws(Diagnostic) -> Work {
    var performer: (any Performer)?
    if case .perform(let own) = own { performer = own }
    if let plan = plan(of: stage) { return try work(of: stage, plan, in: performer) }
    var reachesOut = performer?.reachesOut == true
    if case .pipe = own { reachesOut = true }
    if reachesOut, !testCase.allowed.contains(stage.kind) {
      throw Diagnostic(
        "case '\(testCase.name)': stage '\(stage.name)' would reach the world outside",
        at: testCase.place,
        remedy: "give it a mock, mocks: {\(stage.name): …}, or let it: allow: [\(stage.kind)]",
        code: "not-mocked")
    }
    if case .pipe = own, testCase.faults.contains(where: { $0.stage == stage.name }) {
      throw Diagnostic(
        "case '\(testCase.name)': nothing can go wrong with one line in stage '\(stage.name)', "
          + "through which all go together", at: testCase.place,
        remedy: "give it a mock that fails, mocks: {\(stage.name): {exit: 1}}")
    }
    return own
  }

  func work(of group: StageDefinition) throws(Diagnostic) -> Work {
    guard let plan = plan(of: group) else { return .group }
    return try work(of: group, plan, in: nil)
  }

  func faults(of stage: StageDefinition) -> [Fault] {
    testCase.faults.filter { $0.stage == stage.name }.map { fault in
      let action: Fault.Action =
        switch fault.action {
        case .fail: .fail(Failure(.exit, "the test made it fail"))
        case .timeout: .fail(Failure(.timeout, "the test let its time limit pass"))
        case .cancel: .fail(Failure(.cancelled, "the test cancelled it"))
        case .slow(let duration): .delay(duration)
        }
      return Fault(line: fault.line, action, attempts: fault.attempts)
    }
  }

  func watched(
    _ predicate: @escaping @Sendable () -> any Predicate, of stage: StageDefinition
  ) -> @Sendable () -> any Predicate {
    let conditions = Conditions()
    state.withLock { $0.conditions[stage.name] = conditions }
    return { WatchedPredicate(predicate: predicate(), conditions: conditions) }
  }

  // MARK: Mocks

  private func plan(of stage: StageDefinition) -> MockPlan? {
    testCase.mocks.first { $0.stage == stage.name }
  }

  private func work(
    of stage: StageDefinition, _ plan: MockPlan, in place: (any Performer)?
  ) throws(Diagnostic) -> Work {
    if stage.manual.stageClass(for: stage.arguments) == .gathering {
      return try gathering(stage, plan)
    }
    let mock = try Mock(plan, in: place, isInner: inner.contains(stage.name), setting)
    state.withLock { $0.mocks[stage.name] = mock }
    return .perform(mock)
  }

  private func gathering(
    _ stage: StageDefinition, _ plan: MockPlan
  ) throws(Diagnostic) -> Work {
    guard let rule = plan.rules.first, plan.rules.count == 1, rule.match == nil,
      rule.request == nil,
      rule.template == nil, rule.delay == .zero, !rule.hangs, rule.times == nil, rule.calls == nil
    else {
      throw Diagnostic(
        "stage '\(stage.name)' makes its results of many items, so its mock gives them at the end",
        at: plan.place, remedy: "a mock here has 'output', 'error', 'exit' or 'status' only")
    }
    let delimiter = setting.delimiter
    return .transform { GatheringMock(rule: rule, delimiter: delimiter) }
  }
}

/// A predicate that notes what it says.
private struct WatchedPredicate: Predicate {
  var predicate: any Predicate
  let conditions: CaseStandIns.Conditions

  mutating func holds(_ batch: Batch, _ index: Int) throws(Failure) -> Bool {
    let holds = try predicate.holds(batch, index)
    conditions.note(holds)
    return holds
  }
}

extension StageDefinition {
  fileprivate func innerNames(isInner: Bool) -> [String] {
    (isInner ? [name] : [])
      + stages.flatMap { $0.innerNames(isInner: isInner || !isStreamGroup) }
  }
}
