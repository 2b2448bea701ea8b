import Flow
import Lines
import PipelineModel
import Stages
import TestSupport
import VirtualTime
import Testing

@testable import PipelineRuntime

/// `order: none` under random schedules: the items of the line-by-line run, each once, the results of
/// one item together; of a failing run whole results of whole items.
struct UnorderedTests {
  static let runs = LongRun.isAsked ? 5_000 : 500

  @Test func `one stage without order gives every item's results together`() {
    for seed in 0..<UInt64(Self.runs) {
      if let problem = UnorderedTrial(seed: seed, several: false).problem {
        Issue.record("seed \(seed): \(problem)")
      }
    }
  }

  @Test func `several stages without order lose nothing and give nothing twice`() {
    for seed in 0..<UInt64(Self.runs) {
      if let problem = UnorderedTrial(seed: seed, several: true).problem {
        Issue.record("seed \(seed), several: \(problem)")
      }
    }
  }
}

/// One random pipeline of line-wise stages, of which some give up the order.
private struct UnorderedTrial {
  let problem: String?

  init(seed: UInt64, several: Bool) {
    var random = SplitMix64(seed: seed &* 2 &+ (several ? 1 : 0))
    var scripts: [Script] = []
    // Before the one stage without order a line stays one item, so that its results stay together.
    for index in 0..<random.next(below: 3) {
      let salt = UInt64(index + 1) &+ seed &* 100
      scripts.append(several ? .random(&random, salt: salt) : .single(&random, salt: salt))
    }
    var unordered = Script.random(&random, salt: seed &* 100 &+ 50)
    while !unordered.mayBeUnordered {
      unordered = .random(&random, salt: seed &* 100 &+ 50)
    }
    scripts.append(unordered)
    for index in 0..<random.next(below: 3) {
      scripts.append(.random(&random, salt: UInt64(index + 60) &+ seed &* 100))
    }
    for index in scripts.indices
    where scripts[index].mayBeUnordered
      && (scripts[index].salt == unordered.salt || several && random.next(below: 2) == 0)
    {
      scripts[index].keepsOrder = false
      scripts[index].workers = 1 + random.next(below: 8)
    }
    let lines = (0..<random.next(below: 30)).map { "l\($0)" }
    problem = Self.run(scripts, lines, areTogether: !several, seed: random.next())
  }

  private static func run(
    _ scripts: [Script], _ lines: [String], areTogether: Bool, seed: UInt64
  ) -> String? {
    // Each line by itself: nothing that these stages do depends on another one.
    let references = lines.indices.map { index in
      ReferenceRun(scripts, (0...index).map { $0 == index ? lines[$0] : nil })
    }
    let executor = StepExecutor(seed: seed)
    let sink = ListSink()
    let runner = Runner(
      Plan.of(scripts),
      RunPorts(
        source: ListSource(lines, cuts: [3, 1, 5]), sink: sink, launcher: NoLauncher(),
        clock: executor))
    guard let outcome = executor.run({ await runner.run() }) else { return "stuck\n\(scripts)" }
    let about = "\nwritten \(sink.lines)\nwanted \(references.map(\.output))\n\(scripts)"
    if executor.timerCount > 0 { return "\(executor.timerCount) timers left\(about)" }

    let broken = references.compactMap(\.broken)
    if outcome.exitStatus != (broken.isEmpty ? 0 : 1) {
      return "exit \(outcome.exitStatus)\(about)"
    }
    if case .failure(let failure)? = outcome.causes.first,
      !broken.contains(where: { broken in
        UInt64(broken.line) == failure.number && (broken.stage == failure.stage || !areTogether)
      })
    {
      return "failed at \(failure.stage):\(failure.number as Any)\(about)"
    }
    var rest = sink.lines.map { ($0, origin(of: $0)) }
    if areTogether, let line = torn(rest.map(\.1)) { return "line \(line) is torn\(about)" }
    for (index, reference) in references.enumerated() {
      let given = rest.filter { $0.1 == index }.map(\.0)
      rest.removeAll { $0.1 == index }
      let isRight =
        areTogether
        ? given == reference.output || !broken.isEmpty && reference.output.starts(with: given)
        // Of a line that fails another item may have come first.
        : reference.broken != nil || Self.isPart(given, of: reference.output, whole: broken.isEmpty)
      if !isRight { return "line \(index) gave \(given), not \(reference.output)\(about)" }
    }
    return rest.isEmpty ? nil : "of no line: \(rest)\(about)"
  }

  /// Each of them is there, and no more often; all of them where it is the whole.
  private static func isPart(_ given: [String], of wanted: [String], whole: Bool) -> Bool {
    var rest = wanted
    for one in given {
      guard let index = rest.firstIndex(of: one) else { return false }
      rest.remove(at: index)
    }
    return rest.isEmpty || !whole
  }

  /// The index of the line that a result comes from: it begins with it, or is an error record.
  private static func origin(of result: String) -> Int? {
    let digits: Substring
    if let start = result.firstRange(of: "\"line\":")?.upperBound {
      digits = result[start...].prefix { $0.isNumber }
      return Int(digits).map { $0 - 1 }
    }
    return Int(result.dropFirst().prefix { $0.isNumber })
  }

  /// The first line whose results stand apart.
  private static func torn(_ origins: [Int?]) -> Int? {
    var done: Set<Int?> = []
    var last: Int?
    for origin in origins where origin != last {
      if !done.insert(origin).inserted { return origin }
      last = origin
    }
    return nil
  }
}

extension Script {
  fileprivate var mayBeUnordered: Bool { if case .slow = work { true } else { false } }

  /// A line-wise stage.
  fileprivate static func random(_ random: inout SplitMix64, salt: UInt64) -> Script {
    while true {
      let script = Script.random(&random, salt: salt, .plain)
      if script.stageClass == .lineWise { return script }
    }
  }

  /// One that gives at most one result for an item.
  fileprivate static func single(_ random: inout SplitMix64, salt: UInt64) -> Script {
    while true {
      let script = Script.random(&random, salt: salt)
      switch script.work {
      case .mark, .drop, .picky: return script
      default: continue
      }
    }
  }
}
