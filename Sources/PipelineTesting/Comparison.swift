import Lines
import PipelineModel
import PipelineRuntime
import Stages
import YAMLTree

/// What a run has shown against what its case expects. Whatever goes wrong and is mentioned by no key
/// is a mismatch of its own.
struct Comparison {
  let testCase: TestCase
  let seen: Observation
  var found: [Mismatch] = []
  /// The keys of `expect`; nil where it is the output itself.
  let keys: Arguments?

  /// - Returns: what differs, in the order of importance.
  static func mismatches(_ testCase: TestCase, _ seen: Observation) -> [Mismatch] {
    var comparison = Comparison(testCase, seen)
    comparison.compare()
    return comparison.found
  }

  init(_ testCase: TestCase, _ seen: Observation) {
    self.testCase = testCase
    self.seen = seen
    keys = testCase.expected?.arguments
  }

  mutating func compare() {
    guard let outcome = seen.outcome else { return }
    guard case .ended(let ended) = outcome else {
      if case .refused(let failure) = outcome {
        add("run", "it can not begin: stage '\(failure.stage)': \(failure.failure.message)")
      }
      return
    }
    guard let expected = testCase.expected else { return expectationIsMissing() }
    compareEnding(ended)
    if let lines = Self.lines(expected) {
      exact("expect", lines, seen.output, at: expected.node)
    }
    compareOutput()
    compareFailures(ended)
    compareEffects(ended)
    compareWork(ended)
  }

  mutating func add(
    _ key: String, _ message: String, at node: Node? = nil, _ proposal: Proposal? = nil
  ) {
    found.append(Mismatch(key, message, at: node, proposal: proposal))
  }

  mutating func expectationIsMissing() {
    let lines = seen.output.map { String(decoding: $0.bytes, as: UTF8.self) }
    let text = lines.map { "      \(Visible.text(Array($0.utf8)))\n" }.joined()
    add(
      "expect", "nothing is expected yet; it would be\n    expect: |\n" + text, at: nil,
      .lines(lines))
  }

  // MARK: How it ended

  mutating func compareEnding(_ ended: RunOutcome) {
    let status = Int(ended.exitStatus)
    if let exit = keys?.argument("exit"), keys?.isGiven("exit") == true {
      if exit.int != status {
        add(
          "exit", "the exit status is \(status)\(Self.because(ended))", at: exit.node,
          .scalar("\(status)"))
      }
    } else if status != 0, keys?.isGiven("error") != true,
      !(testCase.signal != nil && status > 128)
    {
      add("exit", "the run fails, and nothing says so: exit status \(status)\(Self.because(ended))")
    }
    guard let expected = keys?.argument("error"), keys?.isGiven("error") == true else { return }
    guard let failure = ended.failure else {
      return add("error", "the run does not fail", at: expected.node)
    }
    if !matches(failure, expected) {
      add("error", "the failure is \(Self.words(failure))", at: expected.node)
    }
  }

  static func because(_ ended: RunOutcome) -> String {
    ended.failure.map { ": " + words($0) } ?? ""
  }

  func matches(_ failure: StageFailure, _ expected: Argument) -> Bool {
    if let text = expected.string { return failure.failure.message.contains(text) }
    guard let parts = expected.arguments else { return false }
    return parts.string("stage").map { $0 == failure.stage } ?? true
      && parts.string("kind").map { $0 == failure.failure.kind.rawValue } ?? true
      && parts.int("line").map { UInt64($0) == failure.number } ?? true
      && parts.string("message").map { failure.failure.message.contains($0) } ?? true
  }

  static func words(_ failure: StageFailure) -> String {
    let line = failure.number.map { ", line: \($0)" } ?? ""
    return "{stage: \(failure.stage), kind: \(failure.failure.kind.rawValue)\(line)}, "
      + "\"\(failure.failure.message)\""
  }

  /// Stages before the place where a run failed or had enough have run ahead of it: what they did is
  /// compared up to there only (SEMANTICS 1.15). The input line; nil where all counts.
  func endOfStream(before stage: String, _ ended: RunOutcome) -> UInt64? {
    let names = seen.plan.stages.map(\.name)
    guard let position = names.firstIndex(where: { stage == $0 || stage.hasPrefix($0 + "/") })
    else { return nil }
    if let failure = ended.failure {
      let place = names.firstIndex { failure.stage == $0 || failure.stage.hasPrefix($0 + "/") }
      guard let place, position < place else { return nil }
      return failure.number.map { $0 } ?? failure.lastNumber ?? .max
    }
    guard let last = ended.lastUsed, position < names.count - 1 else { return nil }
    return last
  }

  mutating func amount(
    _ key: String, _ actual: Int, _ expected: Argument, _ what: String
  ) {
    if let exact = expected.int {
      if exact != actual {
        add(key, "\(actual) \(what), not \(exact)", at: expected.node, .scalar("\(actual)"))
      }
      return
    }
    let parts = expected.arguments
    if let least = parts?.int("at_least"), actual < least {
      add(key, "\(actual) \(what), not at least \(least)", at: expected.node)
    }
    if let most = parts?.int("at_most"), actual > most {
      add(key, "\(actual) \(what), not at most \(most)", at: expected.node)
    }
  }
}

extension RunOutcome {
  fileprivate var failure: StageFailure? {
    for case .failure(let failure) in causes { return failure }
    return nil
  }
}
