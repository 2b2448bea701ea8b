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
  static let runs = LongRun.isAsked ? 10_000 : 450

  @Test func `every schedule gives what the line-by-line run gives`() {
    for seed in 0..<UInt64(Self.runs) {
      if let problem = Trial(seed: seed).problem { Issue.record("seed \(seed): \(problem)") }
    }
  }

  @Test func `branches and begun work give what the line-by-line run gives`() {
    for seed in 0..<UInt64(LongRun.isAsked ? Self.runs : 100) {
      if let problem = Trial(seed: seed, shapes: .branches).problem {
        Issue.record("seed \(seed), branches: \(problem)")
      }
    }
  }

  @Test func `behind the end of its last branch a switch gives no error record either`() {
    var picky = Script(work: .picky(failEvery: 5), salt: 3)
    picky.absorption = .collect
    let branches = [[Script(work: .head(2), salt: 5)], [Script(work: .head(3), salt: 6)]]
    let scripts = [picky, Script(work: .choose(branches, isComplete: true), salt: 4)]
    for seed in 0..<50 as Range<UInt64> {
      let problem = Trial.run(scripts, (0..<30).map { "l\($0)" }, [1000], seed: seed)
      if let problem { Issue.record("seed \(seed): \(problem)") }
    }
  }

  @Test func `groups give what the line-by-line run gives`() {
    for seed in 0..<UInt64(Self.runs / 3) {
      if let problem = Trial(seed: seed, shapes: .groups).problem {
        Issue.record("seed \(seed), groups: \(problem)")
      }
    }
  }
}

/// What a random pipeline may be made of.
enum Shapes: UInt64 {
  case plain, groups, branches
}

/// One random pipeline under one random schedule.
struct Trial {
  let problem: String?

  init(seed: UInt64, shapes: Shapes = .plain) {
    var random = SplitMix64(seed: seed &* 3 &+ shapes.rawValue)
    let scripts = [Script].random(&random, salt: seed &* 1000, shapes, most: 4)
    let lines = (0..<random.next(below: 30)).map { "l\($0)" }
    let cuts = (0..<3).map { _ in 1 + random.next(below: 9) }
    problem = Self.run(scripts, lines, cuts, seed: random.next())
  }

  static func run(
    _ scripts: [Script], _ lines: [String], _ cuts: [Int], seed: UInt64
  ) -> String? {
    let reference = ReferenceRun(scripts, lines)
    let wanted = reference.output
    let executor = StepExecutor(seed: seed)
    let run = WatchedRun(Plan.of(scripts), lines, cuts: cuts, wanted: wanted, on: executor)
    guard let outcome = run.outcome else { return "\(run.flaw)\n\(scripts)" }
    if run.written != wanted {
      return "written \(run.written)\nwanted \(wanted)\n\(reference.broken as Any)\n\(scripts)"
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
      definition: definition, setting: Setting(), stages: scripts.planned(level: 0))
  }
}

extension [Script] {
  /// - Parameters:
  ///   - depth: how many lists of stages it stands in.
  ///   - isAlone: each item goes through it by itself.
  static func random(
    _ random: inout SplitMix64, salt: UInt64, _ shapes: Shapes, most: Int, depth: Int = 0,
    isAlone: Bool = false
  ) -> [Script] {
    var scripts: [Script] = []
    for index in 0..<1 + random.next(below: most) {
      let salt = salt &* 10 &+ UInt64(index + 1)
      if shapes == .branches, depth < 3, random.next(below: 5) == 0 {
        scripts += begun(&random, salt, shapes, depth, isAlone)
      } else {
        scripts.append(.random(&random, salt: salt, shapes, depth: depth, isAlone: isAlone))
      }
    }
    return scripts
  }

  /// Work that is begun, what stands in between, and its end.
  private static func begun(
    _ random: inout SplitMix64, _ salt: UInt64, _ shapes: Shapes, _ depth: Int, _ isAlone: Bool
  ) -> [Script] {
    let work = [Script].random(
      &random, salt: salt &* 10 &+ 7, shapes, most: 2, depth: depth + 1, isAlone: true)
    var begin = Script(work: .begin(work), salt: salt)
    begin.workers = 1 + random.next(below: 4)
    begin.lookahead = (1 + random.next(below: 5), [1, 40, 1 << 20][random.next(below: 3)])
    begin.absorption = [.fail, .fail, .skip, .pass, .collect][random.next(below: 5)]
    begin.queue = ([1, 2, 64][random.next(below: 3)], 1 << 16)
    let between = [Script].random(
      &random, salt: salt &* 10 &+ 8, shapes, most: 2, depth: depth + 1, isAlone: isAlone)
    var end = Script(work: .await(salt), salt: salt &* 10 &+ 9)
    end.absorption = [.fail, .skip, .pass, .collect][random.next(below: 4)]
    return [begin] + between.filter { !$0.gathers } + [end]
  }
}

extension Script {
  static func random(
    _ random: inout SplitMix64, salt: UInt64, _ shapes: Shapes = .plain, depth: Int = 0,
    isAlone: Bool = false
  ) -> Script {
    var script = Script(work: work(&random, salt, shapes, depth, isAlone), salt: salt)
    script.queue = ([1, 2, 3, 4, 64][random.next(below: 5)], 1 << 16)
    script.lookahead = (1 + random.next(below: 5), [1, 40, 1 << 20][random.next(below: 3)])
    if script.stageClass == .lineWise { script.workers = 1 + random.next(below: 8) }
    switch script.work {
    case .slow, .group, .gather:
      script.attempts = 1 + random.next(below: 3)
      script.absorption = [.fail, .fail, .skip, .pass, .collect][random.next(below: 5)]
      if case .slow(_, let hangs, _) = script.work {
        if hangs > 0 || random.next(below: 3) == 0 { script.limit = .milliseconds(20) }
      } else {
        script.attempts = 1
      }
    case .picky: script.absorption = [.fail, .skip, .pass, .collect][random.next(below: 4)]
    case .choose: script.workers = 1
    default: break
    }
    return script
  }

  private static func work(
    _ random: inout SplitMix64, _ salt: UInt64, _ shapes: Shapes, _ depth: Int, _ isAlone: Bool
  ) -> Work {
    let mayNest = shapes == .groups && depth == 0 || shapes == .branches && depth < 3
    if mayNest, random.next(below: 2) == 0 {
      func inner(_ index: Int, isAlone: Bool) -> [Script] {
        .random(
          &random, salt: salt &* 10 &+ UInt64(index), shapes, most: shapes == .groups ? 3 : 2,
          depth: depth + 1, isAlone: isAlone)
      }
      switch shapes == .groups ? 0 : random.next(below: 3) {
      case 0: return .group(inner(0, isAlone: true))
      case 1:
        let count = 1 + random.next(below: 3)
        let failing = random.next(below: count)
        // Which of several failures is the first would depend on how long each takes.
        return .gather(
          (0..<count).map { index in
            let branch = inner(index, isAlone: true)
            return index == failing ? branch : branch.map(\.calm)
          })
      default:
        let count = 1 + random.next(below: 3)
        return .choose(
          (0..<count).map { inner($0, isAlone: isAlone) }, isComplete: random.next(below: 2) == 0)
      }
    }
    switch random.next(below: isAlone ? 6 : 10) {
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

  /// Whether it, or a stage within it that belongs to the stream, gives what many items make.
  var gathers: Bool {
    if case .choose(let branches, _) = work {
      return branches.contains { $0.contains(where: \.gathers) }
    }
    return stageClass == .gathering
  }

  /// The same where no item fails.
  var calm: Script {
    var script = self
    if case .fail = absorption { script.absorption = .skip }
    switch work {
    case .group(let inner): script.work = .group(inner.map(\.calm))
    case .begin(let inner): script.work = .begin(inner.map(\.calm))
    case .gather(let branches): script.work = .gather(branches.map { $0.map(\.calm) })
    case .choose(let branches, let isComplete):
      script.work = .choose(branches.map { $0.map(\.calm) }, isComplete: isComplete)
    default: break
    }
    return script
  }
}
