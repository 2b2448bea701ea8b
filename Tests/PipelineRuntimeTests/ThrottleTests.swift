import Flow
import PipelineModel
import Records
import Stages
import Synchronization
import Testing

@testable import PipelineRuntime

/// `throttle` inside a fan-out: permits go out in the order of the items, whoever comes first.
struct ThrottleTests {
  /// One permit in 100 ms.
  private func throttle() -> PlannedStage {
    throttle(ThrottlePlan(rate: Rate(limit: 10, per: .seconds(1), burst: 1)))
  }

  /// The same for each key, which an expression says.
  private func throttle(by key: String) throws -> PlannedStage {
    let text = "stages:\n  - throttle: {rate: 10/s, by: '\(key)'}\n"
    let read = PipelineReader.read(text: text, file: "p.yaml", catalogue: Catalogue.manuals)
    let stage = try #require(read.definition?.stages.first, "\(read.diagnostics)")
    guard case .pace(let plan) = try Catalogue.build(stage, Setting()) else {
      throw Failure(.stage, "it is no throttle")
    }
    return throttle(plan)
  }

  private func throttle(_ plan: ThrottlePlan) -> PlannedStage {
    let limiter = RateLimiter(plan.rate)
    return PlannedStage(
      .test("throttle"), .serial { Pace(limiter, plan, $0) }, policy: Policy(), workers: 1,
      bounds: GatherBounds(lines: 64, bytes: 8 << 20, streams: true, keepsOrder: true),
      queue: (64, 1 << 20), takesTurns: true)
  }

  /// Which item came through when, in milliseconds.
  private final class Log: Sendable {
    private let entries = Mutex<[String]>([])
    var all: [String] { entries.withLock { $0 } }

    var stage: PlannedStage {
      .of("log") { [self] item, attempt in
        let time = (attempt.clock.now - Instant(nanoseconds: 0)).nanoseconds / 1_000_000
        entries.withLock { $0.append("\(item) \(time)") }
        return [item]
      }
    }
  }

  /// Item a is 50 ms late, the others are not.
  private let late = PlannedStage.of("late") { item, attempt in
    if item == "a" { _ = await attempt.sleep(for: .milliseconds(50)) }
    return [item]
  }

  @Test(arguments: 0..<40)
  func `permits go out in item order, not in that of arrival`(seed: UInt64) throws {
    let log = Log()
    let group = PlannedStage.group("g", workers: 4, [late, throttle(), log.stage])
    let ending = try #require(
      Scene(lines: ["a", "b", "c", "d", "e"], stages: [group], seed: seed).run())
    #expect(log.all == ["a 50", "b 150", "c 250", "d 350", "e 450"])
    #expect(ending.written == ["a", "b", "c", "d", "e"] && ending.timersLeft == 0)
  }

  @Test(arguments: 0..<20)
  func `items that fail or are dropped before it hold nobody back`(seed: UInt64) throws {
    let log = Log()
    let picky = PlannedStage.of("picky") { item, _ in
      if item == "a" { throw Failure(.exit, "no") }
      return item == "b" ? [] : [item]
    }
    let group = PlannedStage.group(
      "g", workers: 4, policy: .on(.skip), [picky, throttle(), log.stage])
    let ending = try #require(
      Scene(lines: ["a", "b", "c", "d"], stages: [group], seed: seed).run())
    #expect(log.all == ["c 0", "d 100"])
    #expect(ending.written == ["c", "d"])
  }

  @Test(arguments: 0..<20)
  func `an item that is tried again is not waited for`(seed: UInt64) throws {
    let log = Log()
    let fails = Mutex(true)
    let once = PlannedStage.of("once") { item, _ in
      let isFirst =
        item == "a"
        && fails.withLock { fails in
          defer { fails = false }
          return fails
        }
      if isFirst { throw Failure(.exit, "no") }
      return [item]
    }
    var policy = Policy.on(.fail, attempts: 2)
    policy.retry?.backoff = .milliseconds(250)
    let group = PlannedStage.group("g", workers: 4, policy: policy, [once, throttle(), log.stage])
    let ending = try #require(
      Scene(lines: ["a", "b", "c"], stages: [group], seed: seed).run())
    #expect(log.all == ["b 0", "c 100", "a 250"])
    #expect(ending.written == ["a", "b", "c"])
  }

  @Test(arguments: 0..<20)
  func `the order holds through fan-outs within each other`(seed: UInt64) throws {
    let log = Log()
    let parts = PlannedStage.of("parts") { item, attempt in
      if item == "a" { _ = await attempt.sleep(for: .milliseconds(50)) }
      return [item + "1", item + "2"]
    }
    let slow = PlannedStage.of("slow") { item, attempt in
      if item.hasSuffix("1") { _ = await attempt.sleep(for: .milliseconds(20)) }
      return [item]
    }
    let inner = PlannedStage.group("inner", workers: 2, [slow, throttle(), log.stage])
    let group = PlannedStage.group("g", workers: 2, [parts, inner])
    let ending = try #require(Scene(lines: ["a", "b"], stages: [group], seed: seed).run())
    #expect(log.all == ["a1 70", "a2 170", "b1 270", "b2 370"])
    #expect(ending.written == ["a1", "a2", "b1", "b2"])
  }

  @Test(arguments: 0..<20)
  func `what waits for its turn is cancelled with its item`(seed: UInt64) throws {
    let hang = PlannedStage.of("hang") { item, attempt in
      if item == "a" { _ = await attempt.sleep(for: .seconds(1000)) }
      return [item]
    }
    let group = PlannedStage.group(
      "g", workers: 4, policy: .on(.skip, limit: .seconds(1)), [hang, throttle()])
    let ending = try #require(
      Scene(lines: ["a", "b", "c"], stages: [group], seed: seed).run())
    // All began at once, and so all are late at once: waiting counts in the limit of the group.
    #expect(ending.written == [] && ending.elapsed == .seconds(1) && ending.timersLeft == 0)
  }

  // MARK: By keys

  @Test(arguments: 0..<40)
  func `items of other keys overtake one that waits, and each key keeps its order`(
    seed: UInt64
  ) throws {
    let log = Log()
    let group = try PlannedStage.group(
      "g", workers: 8, [throttle(by: "this.substring(0, 1)"), log.stage])
    let lines = ["a1", "a2", "b1", "a3", "b2", "c1"]
    let ending = try #require(Scene(lines: lines, stages: [group], seed: seed).run())
    #expect(log.all.sorted() == ["a1 0", "a2 100", "a3 200", "b1 0", "b2 100", "c1 0"])
    #expect(ending.written == lines && ending.timersLeft == 0)
  }

  @Test(arguments: 0..<40)
  func `an item of several lines gives way when its last one has its permit`(seed: UInt64) throws {
    let log = Log()
    let parts = PlannedStage.of("parts") { item, _ in item.split(separator: ",").map(String.init) }
    let group = try PlannedStage.group(
      "g", workers: 8, [parts, throttle(by: "this"), log.stage])
    let ending = try #require(
      Scene(lines: ["x,x", "x", "y", "z,z,v", "v"], stages: [group], seed: seed).run())
    #expect(
      log.all.sorted()
        == ["v 100", "v 200", "x 0", "x 100", "x 200", "y 0", "z 0", "z 100"])
    #expect(ending.written == ["x", "x", "x", "y", "z", "z", "v", "v"])
  }

  @Test(arguments: 0..<20)
  func `an item that is held for its permit ends with its limit`(seed: UInt64) throws {
    let group = try PlannedStage.group(
      "g", workers: 2, policy: .on(.skip, limit: .milliseconds(50)), [throttle(by: "this")])
    let ending = try #require(
      Scene(lines: ["a", "a", "b"], stages: [group], seed: seed).run())
    #expect(ending.written == ["a", "b"] && ending.timersLeft == 0)
  }

  // MARK: Permits

  @Test func `a million keys are not remembered for longer than their pause`() {
    let limiter = RateLimiter(Rate(limit: 1000, per: .seconds(1), burst: 1))
    var taken = 0
    for i in 0..<1_000_000 {
      let now = Instant(nanoseconds: Int64(i) * 1000)
      taken += limiter.take(.int(Int64(i)), now) == true ? 1 : 0
    }
    #expect(taken == 1_000_000)
    // In a millisecond, the pause of a key, there come a thousand.
    #expect(limiter.keyCount <= 4096)
  }

  @Test func `the greatest burst and the shortest time are no overflow`() {
    let limiter = RateLimiter(Rate(limit: 1, per: .seconds(3600), burst: .max))
    for _ in 0..<1000 { #expect(limiter.take(Instant(nanoseconds: 5))) }
    let fast = RateLimiter(Rate(limit: .max, per: .nanoseconds(1), burst: 1))
    #expect(fast.reserve(Instant(nanoseconds: .max)) == Instant(nanoseconds: .max))
  }
}
