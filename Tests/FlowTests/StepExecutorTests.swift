import Dispatch
import Flow
import Synchronization
import TestSupport
import Testing
import VirtualTime

struct StepExecutorTests {
  private final class Log: Sendable {
    private let entries = Mutex<[String]>([])
    var all: [String] { entries.withLock { $0 } }
    func note(_ entry: String) { entries.withLock { $0.append(entry) } }
  }

  private func sleep(_ executor: StepExecutor, _ nanoseconds: Int64, _ phase: TimerPhase) async {
    let moment = Instant(nanoseconds: nanoseconds)
    await withUnsafeContinuation { continuation in
      _ = executor.schedule(at: moment, phase: phase) { continuation.resume() }
    }
  }

  @Test func `the clock stands still while anything can run, then jumps to the next timer`() {
    let executor = StepExecutor(seed: 3)
    let times: [Int64]? = executor.run {
      var times = [executor.now.nanoseconds]
      for moment: Int64 in [5, 3_600_000_000_000] {
        await sleep(executor, moment, .work)
        for _ in 0..<10 { await Task.yield() }
        times.append(executor.now.nanoseconds)
      }
      return times
    }
    #expect(times == [0, 5, 3_600_000_000_000])
  }

  @Test func `a run that waits for what can not come is found out`() {
    for seed in UInt64(0)..<8 {
      let ended: Bool? = StepExecutor(seed: seed).run {
        await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
        return true
      }
      #expect(ended == nil)
    }
  }

  @Test func `ticks never move the clock alone, but fire on the way`() {
    let stuck = StepExecutor(seed: 1)
    let ended: Bool? = stuck.run {
      await sleep(stuck, 5, .tick)
      return true
    }
    #expect(ended == nil)
    #expect(stuck.now == Instant(nanoseconds: 0))

    let executor = StepExecutor(seed: 1)
    let log = Log()
    _ = executor.run {
      _ = executor.schedule(at: Instant(nanoseconds: 5), phase: .tick) {
        log.note("tick at \(executor.now.nanoseconds)")
      }
      await sleep(executor, 9, .work)
      log.note("work at \(executor.now.nanoseconds)")
    }
    #expect(log.all == ["tick at 5", "work at 9"])
  }

  /// SEMANTICS 8.2 and 4.5, and CPython's BaseTaskTests.test_wait_concurrent_complete: a result at the
  /// very moment of the limit is a result.
  @Test func `at one instant work comes first, then limits, then grace, all that can run between`()
  {
    for seed in UInt64(0)..<50 {
      let executor = StepExecutor(seed: seed)
      let log = Log()
      _ = executor.run {
        await withTaskGroup { group in
          for phase in [TimerPhase.grace, .limit, .work, .limit, .work] {
            group.addTask {
              await sleep(executor, 7, phase)
              log.note("\(phase)")
              for _ in 0..<3 { await Task.yield() }
              log.note("\(phase)")
            }
          }
        }
      }
      let phases = log.all
      #expect(phases == phases.sorted { order($0) < order($1) }, "seed \(seed)")
      #expect(phases.count == 10)
    }
  }

  private func order(_ phase: String) -> Int {
    ["work", "limit", "grace"].firstIndex(of: phase) ?? 9
  }

  /// BaseTaskTests.test_as_completed_with_unused_timeout
  @Test func `a limit that was not needed leaves nothing behind`() {
    let executor = StepExecutor(seed: 1)
    let now: Int64? = executor.run {
      let limit = executor.schedule(at: Instant(nanoseconds: 100), phase: .limit) {}
      await sleep(executor, 1, .work)
      #expect(executor.cancel(limit))
      #expect(!executor.cancel(limit))
      return executor.now.nanoseconds
    }
    #expect(now == 1)
    #expect(executor.timerCount == 0)
  }

  @Test func `a timer in the past fires soon, and not within the call`() {
    let executor = StepExecutor(seed: 1)
    let log = Log()
    _ = executor.run {
      await sleep(executor, 10, .work)
      _ = executor.schedule(at: Instant(nanoseconds: 1), phase: .work) { log.note("fired") }
      log.note("set")
      await sleep(executor, 11, .work)
    }
    #expect(log.all == ["set", "fired"])
  }

  @Test func `the clock waits for who is away on another thread`() {
    let executor = StepExecutor(seed: 1)
    let log = Log()
    _ = executor.run {
      await withTaskGroup { group in
        group.addTask {
          executor.hold()
          await withUnsafeContinuation { continuation in
            DispatchQueue.global().async {
              continuation.resume()
              executor.release()
            }
          }
          log.note("back at \(executor.now.nanoseconds)")
        }
        group.addTask {
          await sleep(executor, 5, .work)
          log.note("woken at \(executor.now.nanoseconds)")
        }
      }
    }
    #expect(log.all == ["back at 0", "woken at 5"])
  }

  @Test(arguments: Schedule.Strategy.allCases)
  func `every strategy finds both orders of two tasks`(strategy: Schedule.Strategy) {
    var orders: Set<[String]> = []
    for seed in UInt64(0)..<64 {
      let log = Log()
      _ = StepExecutor(seed: seed, strategy: strategy).run {
        await withTaskGroup { group in
          group.addTask { log.note("a") }
          group.addTask { log.note("b") }
        }
      }
      orders.insert(log.all)
    }
    #expect(orders == [["a", "b"], ["b", "a"]])
  }
}
