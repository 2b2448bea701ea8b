import Flow
import Lines
import PipelineModel
import Stages
import TestSupport
import YAMLTree

@testable import PipelineRuntime

/// How one attempt at one item ends.
enum Outcome {
  /// So many results, after so long.
  case value(results: Int, Duration)
  /// So many results and then a failure.
  case failure(results: Int, Duration)
  /// Never: only a limit ends it.
  case hang
}

/// One stage of a random pipeline: what it does, in a form that the engine and the reference run both
/// understand. Outcomes are functions of the item's bytes and the attempt.
struct Script: Sendable {
  enum Work: Sendable {
    case mark, drop, double
    case number
    case head(Int)
    case tail(Int)
    case reverse
    case slow(failEvery: Int, hangEvery: Int, longest: Int)
    case picky(failEvery: Int)
    indirect case group([Script])
    indirect case gather([[Script]])
    /// Sends items to branches by their text; without `isComplete` some go by all of them.
    indirect case choose([[Script]], isComplete: Bool)
    indirect case begin([Script])
    /// Of the work of the stage with this salt.
    case await(UInt64)
  }
  var work: Work
  var salt: UInt64
  var workers = 1
  var queue = (lines: 16, bytes: 1 << 16)
  var lookahead = (lines: 64, bytes: 1 << 20)
  var attempts = 1
  var backoff = Duration.milliseconds(7)
  var limit: Duration?
  var absorption = Policy.Absorption.fail
  var maxErrors: MaxErrors?
  var keepsOrder = true

  var name: String { "s\(salt)" }

  func outcome(_ item: String, attempt: Int) -> Outcome {
    guard case .slow(let failEvery, let hangEvery, let longest) = work else {
      return .value(results: 1, .zero)
    }
    let dice = draw(salt, item.utf8.reduce(7) { $0 &* 31 &+ UInt64($1) }, attempt)
    let pause = Duration.milliseconds(Int64(dice >> 8) % Int64(longest + 1) & 0xFF)
    let results = Int(dice >> 40 & 3) % 3
    if hangEvery > 0, dice % UInt64(hangEvery) == 0 { return .hang }
    if failEvery > 0, dice % UInt64(failEvery) == 1 { return .failure(results: results, pause) }
    return .value(results: results, pause)
  }

  func isRefused(_ item: String) -> Bool {
    guard case .picky(let every) = work, every > 0 else { return false }
    return draw(salt, item.utf8.reduce(7) { $0 &* 31 &+ UInt64($1) }, 1) % UInt64(every) == 1
  }

  /// Which branch takes an item; `count` where none does.
  static func branch(of item: String, among count: Int, isComplete: Bool) -> Int {
    item.utf8.reduce(3) { $0 &+ Int($1) } % (isComplete ? count : count + 1)
  }

  static func drops(_ item: String) -> Bool { item.utf8.reduce(0) { $0 &+ Int($1) } % 3 == 0 }
}

extension StageManual {
  static func test(_ stageClass: StageClass) -> StageManual {
    StageManual(kind: "test", chapter: .lines, stageClass: stageClass, summary: "", examples: [])
  }
}

extension Script {
  var stageClass: StageClass {
    switch work {
    case .mark, .drop, .double, .slow, .picky, .group, .gather, .choose, .begin, .await: .lineWise
    case .number, .head: .inLine
    case .tail, .reverse: .gathering
    }
  }

  /// - Parameter level: the bypass level of marks around it.
  func planned(level: Int = 0) -> PlannedStage {
    let (running, inner) = running(level)
    return planned(running, inner)
  }

  private func planned(
    _ running: PlannedStage.Running, _ inner: [PlannedStage], name: String? = nil
  ) -> PlannedStage {
    let place = Place(file: "test.yaml", line: 1, column: 1)
    let definition = StageDefinition(
      manual: .test(stageClass), name: name ?? self.name, place: place, common: CommonKeys(),
      arguments: Arguments(place: place), stages: [])
    let policy = policy(running)
    var streams = !policy.holdsResults
    if case .batches = running { streams = true }
    return PlannedStage(
      definition, running, policy: policy, workers: workers,
      bounds: GatherBounds(
        lines: lookahead.lines, bytes: lookahead.bytes, streams: streams, keepsOrder: keepsOrder),
      queue: queue, inner: inner)
  }

  private func policy(_ running: PlannedStage.Running) -> Policy {
    var policy = Policy()
    policy.absorption = absorption
    policy.maxErrors = maxErrors
    policy.limits.attempt = limit
    policy.seed = salt
    if case .start = running { policy.isStarted = true }
    if attempts > 1 {
      policy.retry = RetryPolicy(
        attempts: attempts, backoff: backoff, maxBackoff: .seconds(1), jitter: false, causes: [])
    }
    return policy
  }

  private func running(_ level: Int) -> (PlannedStage.Running, [PlannedStage]) {
    switch work {
    case .slow: return (.items(ScriptBody(script: self)), [])
    case .group(let scripts):
      let inner = scripts.planned(level: level)
      return (.items(GroupBody(stages: inner)), inner)
    case .gather(let branches):
      let inner = branches.enumerated().map { branch($1, $0, level) }
      let gather = GatherBody(
        branches: inner, names: nil, results: ItemResults(.one, for: "'gather'"))
      return (.items(gather), inner)
    case .choose(let branches, let isComplete):
      let inner = branches.map { $0.planned(level: level + 1) }
      let tests = branches.indices.map { index in
        let test = TextPredicate { text in
          Script.branch(of: text, among: branches.count, isComplete: isComplete) == index
        }
        return isComplete && index == branches.count - 1
          ? nil : { @Sendable () -> any Predicate in test }
      }
      let plan = SwitchPlan(tests: tests, branches: inner, level: level + 1, mayEnd: true)
      return (.branches(plan), inner.flatMap(\.self))
    case .begin(let scripts):
      let inner = scripts.planned(level: level)
      return (.start(GroupBody(stages: inner), level: level), inner)
    case .await(let salt):
      return (.await(AwaitPlan(start: "s\(salt)", level: level, form: .one, field: nil)), [])
    default:
      let script = self
      let make = { @Sendable (stage: PlannedStage) in
        TransformWorker(stage, ScriptTransform(script), mayEnd: true, delimiter: 0x0A)
      }
      return (.batches(make), [])
    }
  }

  private func branch(_ scripts: [Script], _ index: Int, _ level: Int) -> PlannedStage {
    let inner = scripts.planned(level: level)
    return Script(work: .mark, salt: salt).planned(
      .items(GroupBody(stages: inner)), inner, name: "\(name)/\(index + 1)")
  }
}

extension [Script] {
  /// Each work that is begun has marks of a level of its own, until the end of the list.
  func planned(level: Int) -> [PlannedStage] {
    var deepest = level
    var levels: [UInt64: Int] = [:]
    return map { script in
      if case .begin = script.work {
        deepest += 1
        levels[script.salt] = deepest
      }
      if case .await(let salt) = script.work { return script.planned(level: levels[salt] ?? 0) }
      return script.planned(level: deepest)
    }
  }
}

struct TextPredicate: Predicate {
  let holds: @Sendable (String) -> Bool
  mutating func holds(_ batch: Batch, _ index: Int) throws(Failure) -> Bool {
    holds(String(decoding: batch.text(index), as: UTF8.self))
  }
}

/// The asynchronous work of a script.
struct ScriptBody: ItemBody {
  let script: Script

  func attempt(_ item: Item, _ attempt: any ItemScope) async throws(ItemError) {
    let text = String(decoding: item.text, as: UTF8.self)
    switch script.outcome(text, attempt: attempt.number) {
    case .hang: _ = await attempt.sleep(for: .seconds(1_000_000))
    case .value(let results, let pause):
      guard await attempt.sleep(for: pause) else { return }
      _ = await give(results, text, item, attempt)
    case .failure(let results, let pause):
      guard await attempt.sleep(for: pause) else { return }
      guard await give(results, text, item, attempt) else { return }
      throw .own(Failure(.exit, "refused"))
    }
  }

  private func give(_ count: Int, _ text: String, _ item: Item, _ attempt: any ItemScope) async
    -> Bool
  {
    for index in 0..<count {
      let result = Batch.single(
        Array("\(text).\(index)".utf8), like: item, kind: .line, 0x0A)
      guard await attempt.emit(result) else { return false }
    }
    return true
  }
}

/// The synchronous work of a script.
struct ScriptTransform: Transform {
  let script: Script
  private var count = 0
  private var held: [Item] = []
  private var given = 0

  init(_ script: Script) { self.script = script }

  mutating func process(
    _ batch: Batch, _ cursor: inout Cursor, upTo end: Int, into out: inout BatchBuilder
  ) throws(Failure) -> Progress {
    while cursor.item < end {
      let text = String(decoding: batch.text(cursor.item), as: UTF8.self)
      switch script.work {
      case .mark: out.give(text + "!", batch, cursor.item)
      case .drop: if !Script.drops(text) { out.keep(batch, cursor.item) }
      case .double:
        out.give(text + "a", batch, cursor.item)
        out.give(text + "b", batch, cursor.item)
      case .number:
        count += 1
        out.give("\(count):\(text)", batch, cursor.item)
      case .head(let most):
        count += 1
        if count <= most { out.keep(batch, cursor.item) }
        if count >= most {
          cursor.advance()
          return .enough
        }
      case .tail(let most):
        held.append(batch.item(cursor.item))
        if held.count > most { held.removeFirst() }
      case .reverse: held.insert(batch.item(cursor.item), at: 0)
      case .picky:
        if script.isRefused(text) { throw Failure(.pattern, "refused") }
        out.keep(batch, cursor.item)
      case .slow, .group, .gather, .choose, .begin, .await: break
      }
      cursor.advance()
    }
    return .done
  }

  mutating func finish(into out: inout BatchBuilder) throws(Failure) -> Progress {
    guard given < held.count else { return .done }
    let item = held[given]
    given += 1
    out.keep(item.batch, 0)
    return .full
  }
}

extension BatchBuilder {
  fileprivate mutating func give(_ text: String, _ batch: Batch, _ index: Int) {
    append(text)
    endLine(like: batch, index)
  }
}
