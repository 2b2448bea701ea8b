import Flow
import PipelineModel
import Stages
import Synchronization
import Testing

@testable import PipelineRuntime

/// `throttle` inside a fan-out: permits go out in the order of the items, whoever comes first.
struct ThrottleTests {
  /// One permit in 100 ms.
  private func throttle(_ name: String = "throttle") -> PlannedStage {
    let limiter = RateLimiter(Rate(limit: 10, per: .seconds(1), burst: 1))
    return PlannedStage(
      .test(name), .serial { Pace(limiter, $0) }, policy: Policy(), workers: 1,
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
}
