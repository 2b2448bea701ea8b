import PipelineModel
import PipelineRuntime
import Stages

/// Runs a case, under one schedule or many, and judges it.
package struct CaseVerdict: Sendable {
  private let testCase: TestCase
  private let suite: TestSuite
  private let surroundings: CaseSurroundings
  private let points: [CoveragePoint]
  /// Is given each run before it begins, so that somebody else may ask how far it is.
  private let begins: @Sendable (CaseRun) -> Void

  package init(
    _ testCase: TestCase, of suite: TestSuite, _ surroundings: CaseSurroundings,
    begins: @escaping @Sendable (CaseRun) -> Void
  ) {
    self.testCase = testCase
    self.suite = suite
    self.surroundings = surroundings
    self.begins = begins
    points = CoveragePoint.all(of: suite.definition)
  }

  /// The result over the schedules of these seeds: the first failure ends it.
  /// - Parameter cutsReads: the seed also decides how the input is cut into reads.
  package func result(seeds: Range<UInt64>, cutsReads: Bool) async -> CaseResult {
    var result = CaseResult(.passed)
    result.hits = Array(repeating: 0, count: points.count)
    for seed in testCase.isReal ? seeds.lowerBound..<seeds.lowerBound + 1 : seeds {
      let one = await self.result(seed: seed, cutsReads: cutsReads)
      result.merge(one)
      if one.status != .passed { break }
    }
    return result
  }

  private func result(seed: UInt64, cutsReads: Bool) async -> CaseResult {
    let run: CaseRun
    do throws(CaseRefusal) { run = try CaseRun(testCase, of: suite, surroundings) } catch {
      var result = CaseResult(.failed)
      result.message = error.diagnostics.first?.message ?? "it can not be run"
      result.details = error.diagnostics.map { $0.rendered + "\n" }.joined()
      return result
    }
    begins(run)
    let seen =
      testCase.isReal
      ? await run.runReally() : await run.runVirtually(schedule: seed, cutsReads: cutsReads)
    var result = judged(seen, run)
    result.message = run.plan.setting.hidingSecrets(in: result.message)
    result.details = run.plan.setting.hidingSecrets(in: result.details)
    if !testCase.isReal, result.status != .passed { result.seed = seed }
    result.hits = CoverageCounts(points, seen).hits
    return result
  }

  private func judged(_ seen: Observation, _ run: CaseRun) -> CaseResult {
    guard seen.outcome != nil else {
      var result = CaseResult(.hung)
      result.message = "it is stuck: nothing can go on, and the run is not over"
      result.details =
        "\(result.message), after \(seen.elapsed.written) of its own time\n" + run.state
      return result
    }
    let mismatches = Comparison.mismatches(testCase, seen)
    guard let first = mismatches.first else { return CaseResult(.passed) }
    var result = CaseResult(.failed)
    result.message =
      "\(first.key): "
      + (first.message.split(separator: "\n").first.map(String.init) ?? first.message)
    result.details = mismatches.map { "\($0.key): \($0.message)\n" }.joined()
    result.edits = ExpectationEdit(testCase).edits(mismatches)
    return result
  }
}
