import Flow
import Lines
import PipelineModel
import Stages
import Synchronization
import TestSupport
import YAMLTree
import VirtualTime

@testable import PipelineRuntime

/// Work given as a closure: an item's text in, results and failures through the attempt.
struct ClosureBody: ItemBody {
  let work: @Sendable (String, any ItemScope) async throws -> [String]

  func attempt(_ item: Item, _ attempt: any ItemScope) async throws(ItemError) {
    let results: [String]
    do {
      results = try await work(String(decoding: item.bytes, as: UTF8.self), attempt)
    } catch {
      throw error as? ItemError ?? .own(error as? Failure ?? Failure(.exit, "\(error)"))
    }
    for result in results {
      guard await attempt.emit(.single(Array(result.utf8), like: item, kind: .line, 0x0A)) else {
        return
      }
    }
  }
}

/// A small pipeline of asynchronous stages in virtual time: what a test of one rule needs.
struct Scene {
  var lines: [String]
  var stages: [PlannedStage]
  var grace = Duration.seconds(2)
  var seed: UInt64 = 1
  var timeout: Duration?

  struct Ending: Sendable {
    var outcome: RunOutcome
    var elapsed: Duration
    /// When the output was closed.
    var closed: Duration
    var written: [String]
    var timersLeft: Int

    var failure: StageFailure? {
      for case .failure(let failure) in outcome.causes { return failure }
      return nil
    }
  }

  /// Runs it; `during` may hit it from outside. Nil if it got stuck.
  func run(
    leavesAfter: Int? = nil, during: (StepExecutor, Runner) -> Void = { _, _ in }
  ) -> Ending? {
    let executor = StepExecutor(seed: seed)
    let closed = Mutex(Instant(nanoseconds: 0))
    let sink = ListSink(leavesAfter: leavesAfter, onEnd: { closed.withLock { $0 = executor.now } })
    var plan = Plan.of([], grace: grace)
    plan.definition.timeout = timeout
    let runner = Runner(
      Plan(definition: plan.definition, setting: plan.setting, stages: stages),
      RunPorts(
        source: ListSource(lines), sink: sink, launcher: NoLauncher(), clock: executor))
    during(executor, runner)
    guard let outcome = executor.run({ await runner.run() }) else { return nil }
    return Ending(
      outcome: outcome, elapsed: executor.now - Instant(nanoseconds: 0),
      closed: closed.withLock { $0 } - Instant(nanoseconds: 0), written: sink.lines,
      timersLeft: executor.timerCount)
  }
}

extension PlannedStage {
  /// An asynchronous stage of a closure.
  static func of(
    _ name: String, workers: Int = 1, queue: Int = 64, window: Int = 64, keepsOrder: Bool = true,
    _ policy: Policy = Policy(), inner: [PlannedStage] = [],
    _ work: @escaping @Sendable (String, any ItemScope) async throws -> [String]
  ) -> PlannedStage {
    let body: any ItemBody = inner.isEmpty ? ClosureBody(work: work) : GroupBody(stages: inner)
    return PlannedStage(
      .test(name), .items(body), policy: policy, workers: workers,
      bounds: GatherBounds(
        lines: window, bytes: 8 << 20, streams: !policy.holdsResults, keepsOrder: keepsOrder),
      queue: (queue, 1 << 20), inner: inner)
  }

  static func group(
    _ name: String, workers: Int = 1, policy: Policy = Policy(), _ inner: [PlannedStage]
  ) -> PlannedStage {
    of(name, workers: workers, policy, inner: inner) { item, _ in [item] }
  }
}

extension StageDefinition {
  static func test(_ name: String) -> StageDefinition {
    let place = Place(file: "test.yaml", line: 1, column: 1)
    return StageDefinition(
      manual: .test(.lineWise), name: name, place: place, common: CommonKeys(),
      arguments: Arguments(place: place), stages: [])
  }
}

extension Policy {
  static func on(
    _ absorption: Absorption, attempts: Int = 1, limit: Duration? = nil, item: Duration? = nil
  ) -> Policy {
    var policy = Policy()
    policy.absorption = absorption
    policy.limits.attempt = limit
    policy.limits.item = item
    if attempts > 1 {
      policy.retry = RetryPolicy(
        attempts: attempts, backoff: .milliseconds(100), maxBackoff: .seconds(1), jitter: false)
    }
    return policy
  }

  static func within(_ limit: Duration) -> Policy { on(.fail, limit: limit) }
}
