import Flow
import TestSupport
import Testing
import VirtualTime

@testable import PipelineRuntime

/// What is seen of a run: who worked, who waited for whom.
struct BottleneckTests {
  /// Runs scripts in virtual time and reads the counters at the end.
  private func reading(
    _ scripts: [Script], lines: Int, cuts: [Int] = [1000]
  ) -> (reading: RunReading, bottleneck: Bottleneck?) {
    let executor = StepExecutor(seed: 1, strategy: .random)
    let plan = Plan.of(scripts)
    let runner = Runner(
      plan,
      RunPorts(
        source: ListSource((0..<lines).map { "l\($0)" }, cuts: cuts), sink: ListSink(),
        launcher: NoLauncher(), clock: executor))
    _ = executor.run { await runner.run() }
    let reading = plan.reading(at: executor.now)
    return (reading, Bottleneck(from: RunReading(at: Instant(nanoseconds: 0)), to: reading))
  }

  private func slow(_ salt: UInt64, workers: Int, longest: Int = 30) -> Script {
    var script = Script(
      work: .slow(failEvery: 0, hangEvery: 0, longest: longest), salt: salt, workers: workers)
    script.lookahead = (1000, 1 << 20)
    return script
  }

  @Test func `the stage whose workers are all busy is the bottleneck`() {
    let (reading, bottleneck) = reading(
      [Script(work: .mark, salt: 1), slow(2, workers: 2), slow(3, workers: 20)], lines: 200)
    guard case .stage(1, let share)? = bottleneck else {
      Issue.record("\(bottleneck as Any)")
      return
    }
    #expect(share > 0.9)
    #expect(reading.stages[0].values.lines.taken == 200)
    #expect(reading.taken == 200)
    #expect(reading.given == reading.stages[2].values.lines.given)
  }

  @Test func `time without room for results is not busy`() {
    // The first stage is as slow for one item as the second, but has ten times the workers: most of
    // the time they wait with a result that there is no room for.
    var first = slow(1, workers: 10)
    first.lookahead = (10, 1)
    var second = slow(1, workers: 1)
    second.queue = (1, 1 << 16)
    second.salt = 5
    let (reading, bottleneck) = reading([first, second], lines: 100)
    let interval = Interval(RunReading(at: Instant(nanoseconds: 0)), reading)
    #expect(interval.busyShare(at: 0) < 0.3)
    #expect(interval.share(of: \.blocked, at: 0) > 0.5)
    #expect(interval.busyShare(at: 1) > 0.9)
    guard case .stage(1, _)? = bottleneck else {
      Issue.record("\(bottleneck as Any)")
      return
    }
  }

  @Test func `nothing is left open at the end of a run`() {
    for seed in 0..<150 as Range<UInt64> {
      var random = SplitMix64(seed: seed)
      let scripts = (0..<1 + random.next(below: 4)).map {
        Script.random(&random, salt: UInt64($0 + 1) &+ seed &* 100, .groups)
      }
      let reading = reading(scripts, lines: 20, cuts: [3]).reading
      for stage in reading.stages {
        let values = stage.values
        #expect(
          !values.busy.isOpen && !values.engaged.isOpen && !values.blocked.isOpen
            && !values.starved.isOpen && values.inFlight == 0, "seed \(seed): \(stage.name)")
        let busy = values.busy.nanoseconds(at: reading.instant)
        let all = Int64(stage.workers) * reading.instant.nanoseconds
        #expect(busy >= 0 && busy <= all, "seed \(seed): \(stage.name) \(busy) of \(all)")
      }
    }
  }

  // MARK: By hand

  private func made(
    _ workers: Int = 1, depth: Int = 0, busy: Int64 = 0, starved: Int64 = 0, blocked: Int64 = 0,
    engaged: Int64 = 0
  ) -> StageReading {
    var values = StageCounters.Values()
    for (state, length) in [
      (\StageCounters.Values.busy, busy), (\.starved, starved), (\.blocked, blocked),
      (\.engaged, engaged),
    ] {
      values[keyPath: state].enter(Instant(nanoseconds: 0))
      values[keyPath: state].leave(Instant(nanoseconds: length))
    }
    return StageReading(
      name: "s", kind: "k", depth: depth, workers: workers, isFanOut: workers > 1, values: values)
  }

  private func judge(_ stages: [StageReading]) -> Bottleneck? {
    Bottleneck(
      from: RunReading(at: Instant(nanoseconds: 0)),
      to: RunReading(at: Instant(nanoseconds: 100), stages))
  }

  @Test func `stages that wait for the input are held back by it`() {
    #expect(
      judge([made(busy: 10, starved: 90), made(busy: 20, starved: 80)]) == .input(share: 0.9))
  }

  @Test func `a last stage without room is held back by the output`() {
    #expect(
      judge([made(busy: 10, blocked: 90), made(busy: 20, blocked: 80)]) == .output(share: 0.8))
  }

  @Test func `a slow item at the head makes its stage the bottleneck though most workers are idle`()
  {
    #expect(
      judge([made(busy: 5, blocked: 95), made(16, busy: 100, engaged: 98), made(starved: 100)])
        == .stage(1, share: 0.98))
  }

  @Test func `a fan-out that has no room for its results is not the bottleneck`() {
    #expect(
      judge([made(4, busy: 40, blocked: 90, engaged: 99), made(busy: 95)])
        == .stage(1, share: 0.95))
  }

  @Test func `within a group it is the stage with the most work`() {
    #expect(
      judge([
        made(busy: 5), made(4, busy: 390, engaged: 99), made(4, depth: 1, busy: 10),
        made(4, depth: 1, busy: 380), made(busy: 1),
      ]) == .stage(3, share: 0.99))
  }

  @Test func `a group that only computes is the bottleneck as a whole`() {
    var inner = made(4, depth: 1)
    inner.countsBusy = false
    #expect(
      judge([made(busy: 5), made(4, busy: 390, engaged: 99), inner, inner])
        == .stage(1, share: 0.99))
  }

  @Test func `a group of one stage is that stage`() {
    var inner = made(4, depth: 1)
    inner.countsBusy = false
    #expect(
      judge([made(busy: 5), made(4, busy: 390, engaged: 99), inner, made(busy: 2)])
        == .stage(2, share: 0.99))
  }

  @Test func `among branches it is a stage of the one that works longest`() {
    let idle = [Script(work: .mark, salt: 4), Script(work: .mark, salt: 5)]
    let short = Script(work: .slow(failEvery: 0, hangEvery: 0, longest: 0), salt: 6)
    for place in 0..<3 {
      var branches = [idle, [short], idle]
      branches[place] = [Script(work: .mark, salt: 2), slow(3, workers: 1)]
      var gather = Script(work: .gather(branches), salt: 1)
      gather.absorption = .skip
      let (reading, bottleneck) = reading([gather], lines: 50)
      guard case .stage(let index, _)? = bottleneck else {
        Issue.record("\(bottleneck as Any)")
        return
      }
      #expect(reading.stages[index].name == "s3")
    }
  }

  @Test func `nothing done is no bottleneck`() {
    #expect(judge([made(), made()]) == nil)
    #expect(judge([]) == nil)
  }

  @Test func `a stretch that is still open counts up to now`() {
    var stretches = Stretches()
    stretches.enter(Instant(nanoseconds: 10))
    stretches.enter(Instant(nanoseconds: 20))
    #expect(stretches.isOpen)
    #expect(stretches.nanoseconds(at: Instant(nanoseconds: 30)) == 30)
    stretches.leave(Instant(nanoseconds: 40))
    stretches.leave(Instant(nanoseconds: 50))
    #expect(!stretches.isOpen)
    #expect(stretches.nanoseconds(at: Instant(nanoseconds: 99)) == 60)
  }

  @Test func `many workers at a late hour do not overflow`() {
    let late = Int64.max / 4
    var stretches = Stretches()
    for _ in 0..<100 { stretches.enter(Instant(nanoseconds: late)) }
    #expect(stretches.nanoseconds(at: Instant(nanoseconds: late + 7)) == 700)
  }

  @Test func `what is done is what the slowest stage that holds anything has done`() {
    func stage(_ complete: UInt64, fill: Double) -> StageReading {
      var stage = made()
      stage.values.completeBelow = complete
      stage.queueFill = fill
      return stage
    }
    let reading = RunReading(
      at: Instant(nanoseconds: 1), [stage(90, fill: 0.1), stage(50, fill: 1), stage(7, fill: 0)])
    #expect(reading.completeBelow == 50)
    #expect(RunReading(at: Instant(nanoseconds: 1), [stage(7, fill: 0)]).completeBelow == .max)
  }
}
