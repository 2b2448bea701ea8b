import Flow
import Lines
import PipelineModel
import Stages
import Synchronization
import TestSupport
import Testing
import VirtualTime

@testable import PipelineRuntime

/// Every outcome of the engine equals that of the line-by-line run, whatever the schedule.
struct ScheduleTests {
  /// How many random pipelines a test runs: all of them only where STREAMLINE_LONG is set.
  static let runs = LongRun.isAsked ? 10_000 : 900

  @Test func `every schedule gives what the line-by-line run gives`() {
    for seed in 0..<UInt64(Self.runs) {
      if let problem = Trial(seed: seed).problem { Issue.record("seed \(seed): \(problem)") }
    }
  }

  @Test func `groups give what the line-by-line run gives`() {
    for seed in 0..<UInt64(Self.runs / 3) {
      if let problem = Trial(seed: seed, withGroups: true).problem {
        Issue.record("seed \(seed), groups: \(problem)")
      }
    }
  }
}

/// One random pipeline under one random schedule.
struct Trial {
  let problem: String?

  init(seed: UInt64, withGroups: Bool = false) {
    var random = SplitMix64(seed: seed &* 2 &+ (withGroups ? 1 : 0))
    let scripts = (0..<1 + random.next(below: 4)).map {
      Script.random(&random, salt: UInt64($0 + 1) &+ seed &* 100, withGroups: withGroups)
    }
    let lines = (0..<random.next(below: 30)).map { "l\($0)" }
    let cuts = (0..<3).map { _ in 1 + random.next(below: 9) }
    problem = Self.run(scripts, lines, cuts, seed: random.next())
  }

  private static func run(
    _ scripts: [Script], _ lines: [String], _ cuts: [Int], seed: UInt64
  ) -> String? {
    let reference = ReferenceRun(scripts, lines)
    let executor = StepExecutor(seed: seed)
    let torn = Mutex<String?>(nil)
    let sink = ListSink { written in
      if !reference.output.starts(with: written) {
        torn.withLock { $0 = "not a prefix: \(written) of \(reference.output)" }
      }
    }
    let plan = Plan.of(scripts)
    let runner = Runner(
      plan,
      RunPorts(
        source: ListSource(lines, cuts: cuts), sink: sink, launcher: NoLauncher(), clock: executor))
    guard let outcome = executor.run({ await runner.run() }) else {
      return "stuck\n\(scripts)\nwritten \(sink.lines)\nwanted \(reference.output)"
    }
    if let torn = torn.withLock({ $0 }) { return torn + "\n\(scripts)" }
    if sink.lines != reference.output {
      return
        "written \(sink.lines)\nwanted \(reference.output)\n\(reference.broken as Any)\n\(scripts)"
    }
    if outcome.exitStatus != reference.exitStatus {
      return "exit \(outcome.exitStatus), wanted \(reference.exitStatus)\n\(scripts)"
    }
    if executor.timerCount > 0 { return "\(executor.timerCount) timers left\n\(scripts)" }
    guard case .failure(let failure)? = outcome.causes.first else { return nil }
    if failure.stage != reference.broken?.stage
      || failure.number != reference.broken.map({ UInt64($0.line) })
    {
      return
        "failed at \(failure.stage):\(failure.number as Any), wanted \(reference.broken as Any)"
    }
    return nil
  }
}

extension Plan {
  static func of(_ scripts: [Script], grace: Duration = .seconds(100_000)) -> Plan {
    let definition = PipelineDefinition(
      file: "test.yaml", name: nil, description: nil, parameters: [], input: Framing(),
      output: Framing(), timeout: nil, grace: grace, stages: [], tests: nil)
    return Plan(
      definition: definition, setting: Setting(), stages: scripts.map { $0.planned() })
  }
}

extension Script {
  static func random(
    _ random: inout SplitMix64, salt: UInt64, withGroups: Bool, isInner: Bool = false
  ) -> Script {
    var script = Script(work: work(&random, salt, withGroups, isInner), salt: salt)
    script.queue = ([1, 2, 3, 4, 64][random.next(below: 5)], 1 << 16)
    script.lookahead = (1 + random.next(below: 5), [1, 40, 1 << 20][random.next(below: 3)])
    if script.stageClass == .lineWise { script.workers = 1 + random.next(below: 8) }
    switch script.work {
    case .slow, .group:
      script.attempts = 1 + random.next(below: 3)
      script.absorption = [.fail, .fail, .skip, .pass, .collect][random.next(below: 5)]
      if case .group = script.work { script.attempts = 1 }
      if case .slow(_, let hangs, _) = script.work, hangs > 0 || random.next(below: 3) == 0 {
        script.limit = .milliseconds(20)
      }
    case .picky: script.absorption = [.fail, .skip, .pass, .collect][random.next(below: 4)]
    default: break
    }
    return script
  }

  private static func work(
    _ random: inout SplitMix64, _ salt: UInt64, _ withGroups: Bool, _ isInner: Bool
  ) -> Work {
    if withGroups && !isInner && random.next(below: 2) == 0 {
      return .group(
        (0..<1 + random.next(below: 3)).map {
          .random(&random, salt: salt &* 100 &+ UInt64($0), withGroups: true, isInner: true)
        })
    }
    switch random.next(below: isInner ? 6 : 10) {
    case 0: return .mark
    case 1: return .drop
    case 2: return .double
    case 3: return .picky(failEvery: [0, 5, 40][random.next(below: 3)])
    case 4, 5:
      return .slow(
        failEvery: [0, 4, 30][random.next(below: 3)], hangEvery: [0, 0, 9][random.next(below: 3)],
        longest: [0, 30][random.next(below: 2)])
    case 6: return .number
    case 7: return .head(1 + random.next(below: 20))
    case 8: return .tail(1 + random.next(below: 10))
    default: return .reverse
    }
  }
}
