import Flow
import Lines
import PipelineModel
import Stages
import Synchronization
import TestSupport
import Testing
import VirtualTime

@testable import PipelineRuntime

/// The endings that come from outside, under random schedules: what was written is always a prefix of
/// the line-by-line run, on a line boundary, and nothing is left behind.
struct EndingTests {
  static let runs = LongRun.isAsked ? 2_000 : 120

  enum Blow: Sendable {
    case readerLeaves(after: Int)
    case signal(at: Duration)
    case twoSignals(at: Duration, again: Duration)
    case timeLimit(Duration)
    case inputFails
  }

  @Test func `a reader that leaves ends the run quietly`() {
    sweep { random in .readerLeaves(after: 1 + random.next(below: 20)) }
  }

  @Test func `a signal ends the input where it stands`() {
    sweep { random in .signal(at: .milliseconds(Int64(random.next(below: 80)))) }
  }

  @Test func `a second signal stops at once`() {
    sweep { random in
      .twoSignals(
        at: .milliseconds(Int64(random.next(below: 50))),
        again: .milliseconds(100 + Int64(random.next(below: 50))))
    }
  }

  @Test func `the run's own limit is a hard end`() {
    sweep { random in .timeLimit(.milliseconds(1 + Int64(random.next(below: 80)))) }
  }

  @Test func `a failed read is a cut behind the last line`() {
    sweep { _ in .inputFails }
  }

  private func sweep(_ blow: (inout SplitMix64) -> Blow) {
    for seed in 0..<UInt64(Self.runs) {
      var random = SplitMix64(seed: seed &+ 77)
      let blow = blow(&random)
      if let problem = EndingTrial(seed, blow).problem {
        Issue.record("seed \(seed), \(blow): \(problem)")
      }
    }
  }
}

/// One random pipeline, hit from outside.
struct EndingTrial {
  private let scripts: [Script]
  private let lines: [String]
  private let blow: EndingTests.Blow
  private let executor: StepExecutor
  private(set) var problem: String?

  init(_ seed: UInt64, _ blow: EndingTests.Blow) {
    var random = SplitMix64(seed: seed &* 3 &+ 1)
    scripts = (0..<1 + random.next(below: 4)).map {
      Script.random(&random, salt: UInt64($0 + 1) &+ seed &* 100, seed % 4 == 0 ? .groups : .plain)
    }
    lines = (0..<random.next(below: 40)).map { "l\($0)" }
    self.blow = blow
    executor = StepExecutor(seed: random.next())
    problem = run()
  }

  private func run() -> String? {
    let source = ListSource(lines, cuts: [3, 1, 5], failsAtEnd: blow.failsInput)
    let sink = ListSink(leavesAfter: blow.leavesAfter)
    var plan = Plan.of(scripts, grace: .milliseconds(40))
    if case .timeLimit(let limit) = blow { plan.definition.timeout = limit }
    let runner = Runner(
      plan, RunPorts(source: source, sink: sink, launcher: NoLauncher(), clock: executor))
    for moment in blow.signals {
      _ = executor.schedule(at: Instant(nanoseconds: 0) + moment, phase: .work) {
        runner.signalled(15)
      }
    }
    guard let outcome = executor.run({ await runner.run() }) else {
      return "stuck, written \(sink.lines)\n\(scripts)"
    }
    return judge(outcome, sink.lines, source.linesRead)
  }

  private func judge(_ outcome: RunOutcome, _ written: [String], _ read: UInt64) -> String? {
    let whole = ReferenceRun(scripts, lines)
    let soFar = ReferenceRun(scripts, Array(lines.prefix(Int(read))))
    let story = "\nwritten \(written)\nwanted \(whole.output)\n\(outcome.causes)\n\(scripts)"
    switch blow {
    case .readerLeaves(let count):
      if !whole.output.starts(with: written) { return "not a prefix" + story }
      if written.count >= count, outcome.exitStatus != 0 { return "status" + story }
    case .signal, .twoSignals:
      if !soFar.output.starts(with: written) { return "not a prefix of the input so far" + story }
      let isSignalled = outcome.causes.contains { if case .signal = $0 { true } else { false } }
      if isSignalled, !outcome.graceRanOut, outcome.causes.count == 1, written != soFar.output {
        return "not all of the input so far" + story
      }
    case .timeLimit:
      if !whole.output.starts(with: written) { return "not a prefix" + story }
    case .inputFails:
      if !whole.output.starts(with: written) { return "not a prefix" + story }
      if outcome.exitStatus == 0, !outcome.sink.readerGone, whole.broken == nil,
        !scripts.contains(where: \.endsStream)
      {
        return "status" + story
      }
    }
    return executor.timerCount(butFor: blow) > 0 ? "timers are left" + story : nil
  }
}

extension Script {
  fileprivate var endsStream: Bool { if case .head = work { true } else { false } }
}

extension EndingTests.Blow {
  fileprivate var failsInput: Bool { if case .inputFails = self { true } else { false } }

  fileprivate var leavesAfter: Int? {
    if case .readerLeaves(let count) = self { count } else { nil }
  }

  fileprivate var signals: [Duration] {
    switch self {
    case .signal(let moment): [moment]
    case .twoSignals(let moment, let again): [moment, moment + again]
    default: []
    }
  }
}

extension StepExecutor {
  /// Timers of the run; signals that had no time to come are the test's own.
  fileprivate func timerCount(butFor blow: EndingTests.Blow) -> Int {
    blow.signals.isEmpty ? timerCount : 0
  }
}
