import Flow
import PipelineModel
import Stages
import Synchronization
import TestSupport
import VirtualTime
import Testing

@testable import PipelineRuntime

/// The semantics that CPython's asyncio tests assert, as far as a stream of lines has them and the
/// runtime is what keeps them. Each test names those it takes over.
struct AsyncioTests {
  private static let refused = Failure(.exit, "refused")

  private static func pause(_ attempt: any ItemScope, _ duration: Duration) async {
    _ = await attempt.sleep(for: duration)
  }

  // GatherTestsBase.test_result_exception_success
  @Test func `collect changes nothing where nothing fails`() throws {
    let stage = PlannedStage.of("s", workers: 3, .on(.collect)) { item, attempt in
      await Self.pause(attempt, item == "a" ? .seconds(3) : .seconds(1))
      return [item + "!"]
    }
    let ending = try #require(Scene(lines: ["a", "b", "c"], stages: [stage]).run())
    #expect(ending.written == ["a!", "b!", "c!"])
    #expect(ending.elapsed == .seconds(3))
  }

  // GatherTestsBase.test_return_exceptions, BaseTaskTests.test_wait_with_exception
  @Test func `collected failures stand in their places`() throws {
    let stage = PlannedStage.of("s", workers: 4, .on(.collect)) { item, _ in
      if item == "b" { throw Self.refused }
      return [item]
    }
    let ending = try #require(Scene(lines: ["a", "b", "c"], stages: [stage]).run())
    #expect(ending.written.count == 3)
    #expect(ending.written[0] == "a")
    #expect(ending.written[1].contains(#""kind":"exit","line":2,"message":"refused""#))
    #expect(ending.written[2] == "c")
    #expect(ending.outcome.exitStatus == 0)
  }

  // FutureGatherTests.test_one_cancellation, FutureGatherTests.test_result_exception_one_cancellation
  @Test func `a cancellation that nobody asked for is a failure that no policy absorbs`() throws {
    let stage = PlannedStage.of("s", .on(.skip)) { item, _ in
      if item == "b" { throw Failure(.cancelled, "cancelled") }
      return [item]
    }
    let ending = try #require(Scene(lines: ["a", "b", "c"], stages: [stage]).run())
    #expect(ending.written == ["a"])
    #expect(ending.failure?.failure.kind == .cancelled)
    #expect(ending.outcome.exitStatus == 1)
  }

  // BaseTaskTests.test_cancel_gather_2
  @Test func `a stop comes through a stage that collects`() throws {
    let stage = PlannedStage.of("s", workers: 2, .on(.collect)) { item, attempt in
      if item != "a" { await Self.pause(attempt, .seconds(1000)) }
      return [item]
    }
    let ending = try #require(Scene(lines: ["a", "b", "c"], stages: [stage]).run(leavesAfter: 1))
    #expect(ending.written == ["a"])
    #expect(ending.elapsed == .zero)
    #expect(ending.outcome.exitStatus == 0)
  }

  // BaseTaskTests.test_as_completed_with_timeout, AsyncioWaitForTest.test_wait_for
  @Test func `a limit fails its line only, at the limit`() throws {
    let stage = PlannedStage.of("s", workers: 2, .on(.skip, limit: .milliseconds(120))) {
      item, attempt in
      await Self.pause(attempt, item == "b" ? .seconds(10) : .milliseconds(100))
      return [item]
    }
    let ending = try #require(Scene(lines: ["a", "b", "c"], stages: [stage]).run())
    #expect(ending.written == ["a", "c"])
    #expect(ending.elapsed == .milliseconds(200))
    #expect(stage.counters.snapshot.timeouts == 1)
    #expect(stage.counters.snapshot.lines.skipped == 1)
  }

  // BaseTaskTests.test_shield_cancel_outer, BaseTaskTests.test_shield_effect
  @Test func `a signal lets work in flight finish`() throws {
    let stage = PlannedStage.of("s", workers: 2) { item, attempt in
      await Self.pause(attempt, .seconds(1))
      return [item]
    }
    let scene = Scene(lines: ["a", "b"], stages: [stage])
    let ending = try #require(
      scene.run { executor, runner in
        _ = executor.schedule(at: Instant(nanoseconds: 500_000_000), phase: .work) {
          runner.signalled(15)
        }
      })
    #expect(ending.written == ["a", "b"])
    #expect(ending.outcome.exitStatus == 143)
    #expect(ending.elapsed == .seconds(1))
  }

  // BaseTaskTests.test_uncancel_structured_blocks
  @Test func `an attempt's limit is one attempt's, the item's limit all of them`() throws {
    let stage = PlannedStage.of(
      "s", .on(.collect, attempts: 10, limit: .seconds(1), item: .milliseconds(2_500))
    ) { _, attempt in
      await Self.pause(attempt, .seconds(100))
      return []
    }
    let ending = try #require(Scene(lines: ["a"], stages: [stage]).run())
    #expect(ending.elapsed == .milliseconds(2_500))
    #expect(stage.counters.snapshot.attempts == 3)
    #expect(ending.written.first?.contains("no result of all attempts within 2s500ms") == true)
  }

  // AsyncioWaitForTest.test_asyncio_wait_for_cancelled, test_cancel_blocking_wait_for,
  // AsyncioWaitForTest.test_cancel_blocking_wait_for, AsyncioWaitForTest.test_cancel_wait_for
  @Test func `a stop cancels the attempt and awaits its end`() throws {
    let ended = Mutex(false)
    let stage = PlannedStage.of("s", workers: 2) { item, attempt in
      if item == "a" { return [item] }
      await Self.pause(attempt, .seconds(100))
      ended.withLock { $0 = true }
      return []
    }
    let ending = try #require(Scene(lines: ["a", "b"], stages: [stage]).run(leavesAfter: 1))
    #expect(ended.withLock { $0 })
    #expect(ending.elapsed == .zero)
    #expect(ending.timersLeft == 0)
  }

  // AsyncioWaitForTest.test_asyncio_wait_for_timeout,
  // AsyncioWaitForTest.test_wait_for_waits_for_task_cancellation,
  // AsyncioWaitForTest.test_wait_for_waits_for_task_cancellation_w_timeout_0,
  // AsyncioWaitForTest.test_wait_for_self_cancellation
  @Test func `a limit awaits the attempt before its line is reported`() throws {
    let inWork = Mutex(0)
    let most = Mutex(0)
    let stage = PlannedStage.of("s", .on(.skip, limit: .seconds(1))) { item, attempt in
      let now = inWork.withLock { count in
        count += 1
        return count
      }
      most.withLock { $0 = max($0, now) }
      await Self.pause(attempt, .seconds(50))
      // It resists: its end takes three seconds more, and nothing can hurry that.
      _ = await attempt.clock.sleep(
        until: attempt.clock.now + .seconds(3), phase: .work, Cancellation())
      inWork.withLock { $0 -= 1 }
      return [item]
    }
    let ending = try #require(Scene(lines: ["a", "b"], stages: [stage]).run())
    #expect(ending.elapsed == .seconds(8))
    #expect(most.withLock { $0 } == 1)
    #expect(ending.written.isEmpty)
  }

  // AsyncioWaitForTest.test_wait_for_timeout_less_then_0_or_0_future_done,
  // AsyncioWaitForTest.test_wait_for_race_condition
  @Test func `a result at the very moment of the limit is a result`() throws {
    for seed in 0..<50 as Range<UInt64> {
      let stage = PlannedStage.of("s", .within(.seconds(2))) { item, attempt in
        await Self.pause(attempt, item == "a" ? .seconds(2) : .seconds(1))
        return [item]
      }
      let ending = try #require(Scene(lines: ["a", "b"], stages: [stage], seed: seed).run())
      #expect(ending.written == ["a", "b"], "seed \(seed)")
    }
  }

  // AsyncioWaitForTest.test_wait_for_blocking
  @Test func `without a limit nothing is limited`() throws {
    let stage = PlannedStage.of("s") { item, attempt in
      await Self.pause(attempt, .seconds(1_000_000))
      return [item]
    }
    let ending = try #require(Scene(lines: ["a"], stages: [stage]).run())
    #expect(ending.written == ["a"])
  }

  // AsyncioWaitForTest.test_wait_for_cancellation_race_condition,
  // AsyncioWaitForTest.test_wait_for_reraises_exception_during_cancellation: once a limit has been
  // decided it stays, unlike in asyncio (SEMANTICS 4.5)
  @Test func `what the work says after its limit does not count`() throws {
    let stage = PlannedStage.of("s", .on(.skip, limit: .seconds(1))) { item, attempt in
      await Self.pause(attempt, .seconds(5))
      if item == "b" { throw Self.refused }
      return ["late \(item)"]
    }
    let ending = try #require(Scene(lines: ["a", "b"], stages: [stage]).run())
    #expect(ending.written.isEmpty)
    #expect(stage.counters.snapshot.timeouts == 2)
  }

  // TestTaskGroup.test_taskgroup_09, TestTaskGroup.test_taskgroup_10
  @Test func `a stage that fails stops those around it`() throws {
    for first in [true, false] {
      let before = PlannedStage.of("before", workers: 2) { item, _ in [item] }
      let stage = PlannedStage.of("s") { item, attempt in
        if first || item == "c" { throw Self.refused }
        return [item]
      }
      let behind = PlannedStage.of("behind") { item, _ in [item] }
      let scene = Scene(lines: ["a", "b", "c", "d"], stages: [before, stage, behind])
      let ending = try #require(scene.run())
      #expect(ending.written == (first ? [] : ["a", "b"]))
      #expect(ending.failure?.stage == "s")
      #expect(ending.failure?.number == (first ? 1 : 3))
    }
  }

  // TestTaskGroup.test_taskgroup_11, TestTaskGroup.test_taskgroup_12,
  // TestTaskGroup.test_taskgroup_13
  @Test func `a failure outside stops the groups behind it, in whatever depth`() throws {
    let slow = PlannedStage.of("slow") { item, attempt in
      if item != "a" { await Self.pause(attempt, .seconds(1000)) }
      return [item]
    }
    let groups = PlannedStage.group("outer", workers: 4, [.group("inner", [slow])])
    let last = PlannedStage.of("last") { _, _ in throw Self.refused }
    let ending = try #require(Scene(lines: ["a", "b", "c"], stages: [groups, last]).run())
    #expect(ending.failure?.stage == "last")
    #expect(ending.elapsed == .zero)
    #expect(ending.timersLeft == 0)
  }

  // TestTaskGroup.test_taskgroup_14, BaseTestTaskGroup.test_nested_groups_both_cancelled
  @Test func `a failure in a group fails its item, and the first in the stream is reported`() throws
  {
    let picky = PlannedStage.of("picky") { item, attempt in
      await Self.pause(attempt, item == "b" ? .seconds(1) : .milliseconds(1))
      if item != "a" { throw Failure(.exit, "no \(item)") }
      return [item]
    }
    let group = PlannedStage.group("g", workers: 3, [.group("inner", [picky])])
    let ending = try #require(Scene(lines: ["a", "b", "c"], stages: [group]).run())
    #expect(ending.written == ["a"])
    #expect(ending.failure?.failure.message == "no b")
    #expect(ending.failure?.stage == "picky")
  }

  // TestTaskGroup.test_taskgroup_15, TestTaskGroup.test_taskgroup_16,
  // BaseTestTaskGroup.test_error_and_cancel
  @Test func `a failure in the drain after a signal is reported, the status stays`() throws {
    let stage = PlannedStage.of("s") { _, attempt in
      await Self.pause(attempt, .seconds(1))
      throw Self.refused
    }
    let ending = try #require(
      Scene(lines: ["a"], stages: [stage]).run { executor, runner in
        _ = executor.schedule(at: Instant(nanoseconds: 1_000_000), phase: .work) {
          runner.signalled(15)
        }
      })
    #expect(ending.outcome.exitStatus == 143)
    #expect(ending.failure?.failure == Self.refused)
  }

  // TestTaskGroup.test_taskgroup_18, TestTaskGroup.test_taskgroup_20
  @Test func `a signal after a failure changes nothing of the status`() throws {
    let stage = PlannedStage.of("s", workers: 2) { item, attempt in
      if item == "b" { throw Self.refused }
      await Self.pause(attempt, .seconds(1))
      return [item]
    }
    let ending = try #require(
      Scene(lines: ["a", "b"], stages: [stage]).run { executor, runner in
        _ = executor.schedule(at: Instant(nanoseconds: 1_000_000), phase: .work) {
          runner.signalled(2)
        }
      })
    #expect(ending.outcome.exitStatus == 1)
    #expect(ending.written == ["a"])
  }

  // SemaphoreTests.test_acquire_fifo_order_3, SemaphoreTests.test_acquire_hang,
  // SemaphoreTests.test_acquire_no_hang
  @Test func `permits of a rate go out in order, and a stop leaves no timer behind`() throws {
    var policy = Policy()
    policy.limiter = RateLimiter(Rate(limit: 1, per: .seconds(1), burst: 1))
    let stage = PlannedStage.of("s", workers: 3, policy) { item, _ in [item] }
    let lines = ["a", "b", "c", "d", "e"]
    let all = try #require(Scene(lines: lines, stages: [stage]).run())
    #expect(all.written == lines)
    #expect(all.elapsed == .seconds(4))
    let stopped = try #require(Scene(lines: lines, stages: [stage]).run(leavesAfter: 1))
    #expect(stopped.written.first == "a")
    #expect(stopped.timersLeft == 0)
  }
}
