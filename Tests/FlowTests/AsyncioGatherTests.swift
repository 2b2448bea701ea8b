import Flow
import Synchronization
import TestSupport
import Testing
import VirtualTime

/// What CPython's tests of `gather`, `wait`, `as_completed`, `TaskGroup` and `Semaphore` ask for, as
/// far as a gather has it too. Each names the tests it takes over, for `AsyncioSemantics` to find.
struct AsyncioGatherTests {
  typealias Machine = GatherMachine<Numbers, String, String, String, String>

  /// `units` units of which "a", "b", … have taken as many as there are names.
  private func machine(
    _ units: Int, takenBy names: [String], keepsOrder: Bool = true
  ) -> Machine {
    var machine = Machine(
      GatherBounds(lines: 8, bytes: 8, streams: false, keepsOrder: keepsOrder))
    _ = machine.offer(Numbers(next: 0, end: units))
    for name in names { _ = machine.take(name) }
    return machine
  }

  private func outputs(_ collected: Machine.Collected?) -> [String]? {
    switch collected {
    case nil: nil
    case .outputs(let outputs)?: outputs
    case .last(let outputs, .end)?: outputs + ["end"]
    case .last(let outputs, .cut(let cause))?: outputs + ["cut: \(cause)"]
    case .stopped?: ["stopped"]
    }
  }

  /// GatherTestsBase.test_success, BaseTaskTests.test_wait, TestTaskGroup.test_taskgroup_01
  @Test func `results leave in the order of the input, the end behind the slowest`() {
    var machine = machine(3, takenBy: ["a", "b", "c"])
    machine.closeInput(.end)
    machine.finish(1, "1", bytes: 1)
    machine.finish(0, "0", bytes: 1)
    #expect(outputs(machine.collect()) == ["0", "1"])
    #expect(outputs(machine.collect()) == nil)
    machine.finish(2, "2", bytes: 1)
    #expect(outputs(machine.collect()) == ["2"])
    #expect(outputs(machine.collect()) == ["end"])
  }

  /// Here the first failure is the first in the stream, and what is behind it is cancelled.
  ///
  /// GatherTestsBase.test_one_exception, CoroutineGatherTests.test_exception_marking,
  /// TestTaskGroup.test_taskgroup_04, TestTaskGroup.test_cancel_children_on_child_error,
  /// TestTaskGroup.test_taskgroup_19
  @Test func `of several failures the first in the stream is reported and the others are void`() {
    var machine = machine(4, takenBy: ["a", "b", "c", "d"])
    #expect(machine.fail(2, "", bytes: 0, "2") == true)
    #expect(machine.takeVoided() == ["d"])
    #expect(machine.fail(3, "", bytes: 0, "3") == false)
    #expect(machine.fail(1, "", bytes: 0, "1") == true)
    machine.finish(0, "0", bytes: 1)
    #expect(outputs(machine.collect()) == ["0", "", "cut: 1"])
  }

  /// FutureGatherTests.test_constructor_empty_sequence_use_running_loop
  @Test func `an input of nothing ends at once`() {
    var machine = machine(0, takenBy: [])
    #expect(machine.wait(gatherer: "gatherer") == nil)
    machine.closeInput(.end)
    #expect(machine.takeWakes().map(\.0) == ["gatherer"])
    #expect(outputs(machine.collect()) == ["end"])
  }

  /// Here equal lines are run once each: asyncio runs a coroutine that is given twice once.
  ///
  /// CoroutineGatherTests.test_duplicate_coroutines, BaseTaskTests.test_wait_duplicate_coroutines,
  /// BaseTaskTests.test_as_completed_duplicate_coroutines
  @Test func `equal items are each worked on`() {
    struct Same: Supply {
      var left = 3
      var isEmpty: Bool { left == 0 }
      mutating func next(lines: Int) -> (unit: String, lines: Int) {
        left -= 1
        return ("same", 1)
      }
    }
    var machine = GatherMachine<Same, String, String, String, String>(
      GatherBounds(lines: 8, bytes: 8, streams: false, keepsOrder: true))
    _ = machine.offer(Same())
    var ids: [Int] = []
    while case .taken(let id, "same")? = machine.take("w") { ids.append(id) }
    #expect(ids == [0, 1, 2])
  }

  /// CoroutineGatherTests.test_cancellation_broadcast, TestTaskGroup.test_cancellation,
  /// TestTaskGroup.test_taskgroup_07, TestTaskGroup.test_taskgroup_22
  @Test func `a stop cancels all that is in work, once`() {
    var machine = machine(5, takenBy: ["a", "b", "c", "d", "e"])
    machine.closeInput(.end)
    machine.finish(4, "4", bytes: 1)
    machine.stop()
    #expect(machine.takeVoided().sorted() == ["a", "b", "c", "d"])
    machine.stop()
    #expect(machine.takeVoided().isEmpty)
    #expect(outputs(machine.collect()) == ["stopped"])
  }

  /// BaseTaskTests.test_cancel_gather_1
  @Test func `a stop after the end changes nothing`() {
    var machine = machine(1, takenBy: ["a"])
    machine.closeInput(.end)
    machine.finish(0, "0", bytes: 1)
    #expect(outputs(machine.collect()) == ["0"])
    #expect(outputs(machine.collect()) == ["end"])
    machine.stop()
    #expect(machine.takeVoided().isEmpty)
  }

  /// TestTaskGroup.test_taskgroup_17
  @Test func `a stop of a gather without work ends it`() {
    var machine = machine(0, takenBy: [])
    #expect(machine.wait(gatherer: "gatherer") == nil)
    machine.stop()
    #expect(machine.takeWakes().map(\.0) == ["gatherer"])
    #expect(outputs(machine.collect()) == ["stopped"])
  }

  /// Here a decision stays: what cancelled work gives or how it fails no longer counts.
  ///
  /// BaseTaskTests.test_cancel_task_catching, TestTaskGroup.test_taskgroup_08,
  /// TestTaskGroup.test_taskgroup_03
  @Test func `what cancelled work still gives is thrown away, and its failure is none`() {
    var machine = machine(3, takenBy: ["a", "b", "c"])
    #expect(machine.fail(0, "", bytes: 0, "0") == true)
    machine.finish(1, "1", bytes: 1)
    #expect(machine.emit(2, "2", bytes: 1) == false)
    #expect(machine.fail(2, "", bytes: 0, "2") == false)
    #expect(outputs(machine.collect()) == ["", "cut: 0"])
  }

  /// BaseTaskTests.test_wait_really_done
  @Test func `what is finished at the same time leaves together`() {
    var machine = machine(3, takenBy: ["a", "b", "c"])
    for id in [2, 0, 1] { machine.finish(id, "\(id)", bytes: 1) }
    #expect(outputs(machine.collect()) == ["0", "1", "2"])
  }

  /// BaseTaskTests.test_wait_first_exception, BaseTaskTests.test_wait_first_exception_in_wait
  @Test func `a failure at the front is told at once`() {
    for waits in [true, false] {
      var machine = machine(2, takenBy: ["a", "b"])
      if waits { #expect(machine.wait(gatherer: "gatherer") == nil) }
      #expect(machine.fail(0, "", bytes: 0, "0") == true)
      #expect(machine.takeWakes().map(\.0) == (waits ? ["gatherer"] : []))
      #expect(outputs(machine.collect()) == ["", "cut: 0"])
    }
  }

  /// BaseTaskTests.test_as_completed
  @Test func `without order results leave as they are finished`() {
    var machine = machine(3, takenBy: ["a", "b", "c"], keepsOrder: false)
    machine.finish(2, "2", bytes: 1)
    machine.finish(0, "0", bytes: 1)
    #expect(outputs(machine.collect()) == ["2", "0"])
    machine.finish(1, "1", bytes: 1)
    #expect(outputs(machine.collect()) == ["1"])
  }

  /// BaseTaskTests.test_as_completed_concurrent, SemaphoreTests.test_acquire_fifo_order,
  /// SemaphoreTests.test_acquire_fifo_order_2
  @Test func `workers that wait get one unit each, whoever waits longest first`() {
    var machine = machine(0, takenBy: [])
    for name in ["a", "b"] { #expect(machine.wait(taker: name, name) == nil) }
    _ = machine.offer(Numbers(next: 0, end: 1))
    #expect(machine.wait(taker: "c", "c") == nil)
    _ = machine.offer(Numbers(next: 1, end: 4))
    let taken = machine.takeWakes().compactMap { waiter, message in
      if case .taken(let id, _) = message { "\(waiter)\(id)" } else { nil }
    }
    #expect(taken == ["a0", "b1", "c2"])
    if case .taken(3, _)? = machine.take("a") {} else { Issue.record("unit 3 was not given out") }
  }

  /// TestTaskGroup.test_taskgroup_02
  @Test func `input that comes later is worked on too`() {
    var machine = machine(1, takenBy: ["a"])
    machine.finish(0, "0", bytes: 1)
    #expect(outputs(machine.collect()) == ["0"])
    #expect(machine.offer(Numbers(next: 1, end: 2)) == true)
    _ = machine.take("a")
    machine.closeInput(.end)
    machine.finish(1, "1", bytes: 1)
    #expect(outputs(machine.collect()) == ["1"])
    #expect(outputs(machine.collect()) == ["end"])
  }

  /// TestTaskGroup.test_taskgroup_no_create_task_after_failure,
  /// BaseTestTaskGroup.test_taskgroup_finished,
  /// BaseTestTaskGroup.test_cancels_task_if_created_during_creation
  @Test func `behind a failure nothing is begun, and what was begun just before it is cancelled`() {
    var machine = machine(4, takenBy: ["a", "b"])
    _ = machine.take("c")
    #expect(machine.fail(0, "", bytes: 0, "0") == true)
    #expect(machine.takeVoided().sorted() == ["b", "c"])
    #expect(machine.offer(Numbers(next: 4, end: 5)) == false)
    #expect(machine.demand() == false)
    if case .over? = machine.take("a") {} else { Issue.record("work was given out") }
    #expect(outputs(machine.collect()) == ["", "cut: 0"])
    if case .over? = machine.take("a") {} else { Issue.record("work was given out") }
  }

  /// TestTaskGroup.test_taskgroup_25
  @Test func `an endless input is stopped by one failure`() {
    for seed in UInt64(0)..<50 {
      let plan = GatherCase(
        GatherBounds(lines: 4, bytes: 4, streams: false, keepsOrder: true), workers: 3, deeds: [])
      let closing = StepExecutor(seed: seed).run {
        let gather = Gather<Numbers, Given, Int>(plan.bounds)
        return await withTaskGroup { group in
          group.addTask {
            var next = 0
            while await gather.waitForDemand(), gather.offer(Numbers(next: next, end: next + 2)) {
              next += 2
            }
          }
          for _ in 0..<plan.workers {
            group.addTask {
              let token = Cancellation()
              while let (id, unit) = await gather.take(token) {
                let given = Given(unit: unit.lowerBound, index: 0, weight: 1, isLast: true)
                if unit.lowerBound == 40 {
                  _ = gather.fail(id, given, bytes: 1, 40)
                } else {
                  gather.finish(id, given, bytes: 1)
                }
              }
            }
          }
          while true {
            if case .last(_, let closing) = await gather.collect() { return closing }
          }
        }
      }
      #expect(closing == .cut(40), "seed \(seed)")
    }
  }

  /// TestTaskGroup.test_taskgroup_23
  @Test func `finished units are not kept: over a long stream no more than the window`() {
    final class Counter: Sendable {
      let alive = Mutex(0)
    }
    final class Result: Gathered {
      let counter: Counter
      init(_ counter: Counter) {
        self.counter = counter
        counter.alive.withLock { $0 += 1 }
      }
      deinit { counter.alive.withLock { $0 -= 1 } }
    }
    let counter = Counter()
    var machine = GatherMachine<Numbers, Result, String, String, String>(
      GatherBounds(lines: 4, bytes: 100, streams: false, keepsOrder: true))
    _ = machine.offer(Numbers(next: 0, end: 1000))
    for _ in 0..<250 {
      var ids: [Int] = []
      while case .taken(let id, _)? = machine.take("w") { ids.append(id) }
      for id in ids.reversed() { machine.finish(id, Result(counter), bytes: 1) }
      #expect(counter.alive.withLock { $0 } == 4)
      _ = machine.collect()
      #expect(counter.alive.withLock { $0 } == 0)
    }
  }

  /// _QueueJoinTestMixin.test_task_done, _QueueShutdownTestMixin.test_shutdown_get_task_done_join
  @Test func `two workers do a hundred items, and the end comes when all are done`() {
    for seed in UInt64(0)..<20 {
      let plan = GatherCase(
        GatherBounds(lines: 4, bytes: 4, streams: false, keepsOrder: true), workers: 2,
        deeds: Array(repeating: [.finish(1)], count: 100))
      let setup = LaneCase(plan: plan, capacity: 3, disturbance: .none, seed: seed, pause: 2)
      let executor = StepExecutor(seed: seed)
      let outcome = executor.run { await Lane(setup, clock: executor).run() }
      #expect(outcome?.written.map(\.unit) == Array(0..<100), "seed \(seed)")
      #expect(outcome?.written.reduce(0) { $0 + $1.unit } == 4950)
      #expect(outcome?.closing == .end)
    }
  }
}
