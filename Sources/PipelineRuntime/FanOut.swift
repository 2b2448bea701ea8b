import PipelineModel
import Flow
import Lines
import Synchronization

/// Numbered work for several workers, its results gathered in order. A feeder reads the queue, the
/// workers take from the ring, a gatherer empties it from the front.
struct FanOut<Crew: Workers>: Sendable {
  private let lane: Lane
  private let crew: Crew
  private let gather: Gather<Crew.Input, Output, Cause>
  /// Coverage of lines dropped upstream behind the last item.
  private let trailing = SharedCoverage()

  init(_ lane: Lane, _ crew: Crew) {
    self.lane = lane
    self.crew = crew
    gather = Gather(lane.stage.bounds)
  }

  func run() async {
    connect()
    let limit = armTotal()
    // Until the end, but for waits for input: behind its input the stage is what all wait for.
    lane.begin(.engaged)
    await withTaskExecutorPreference(lane.executor) {
      await withTaskGroup(of: Void.self) { group in
        group.addTask { await feed() }
        for number in 0..<lane.stage.workers {
          group.addTask { await crew.work(number, gather, lane) }
        }
        group.addTask { await collect() }
      }
    }
    // What they keep has ended with the stream, unless that was cut or stopped.
    await lane.endKept()
    if let limit { lane.course.clock.cancel(limit) }
    lane.end(.engaged)
  }

  private func connect() {
    lane.output.onStop { [lane, gather] in
      lane.stopKept(.stop)
      lane.course.shutdown.voidFailures(before: lane.position + 1)
      lane.input.stop()
      gather.stop()
    }
    lane.course.shutdown.onHardEnd { [lane, gather, crew] reason, cause in
      lane.input.breakOff(cause)
      gather.stop()
      lane.stopKept(reason)
      if reason == .hard { crew.endHard() }
    }
  }

  /// The limit on the stage's whole life.
  private func armTotal() -> TimerID? {
    guard let total = lane.stage.policy.limits.total else { return nil }
    let clock = lane.course.clock
    return clock.schedule(at: clock.now + total, phase: .limit) { [lane, gather] in
      let failure = lane.stage.failure(.late(total, "the stage was not finished"), at: nil)
      lane.stage.counters.update { $0.limitsPassed.total += 1 }
      if lane.fail(failure, order: .max) { gather.stop() }
    }
  }

  // MARK: The feeder

  private func feed() async {
    var covered: UInt64?
    var intake = crew.intake()
    while await gather.waitForDemand() {
      switch await lane.receive(in: .engaged) {
      case .element(var batch):
        if let lower = covered { batch.covered = lower..<max(lower, batch.covered.upperBound) }
        covered = nil
        if batch.isEmpty {
          covered = batch.covered.lowerBound
          trailing.set(batch.covered)
        } else {
          trailing.set(nil)
          guard let input = intake.take(batch) else { continue }
          guard gather.offer(input) else { return }
        }
      case .closed(let closing):
        if case .end = closing, let rest = intake.rest() {
          guard gather.offer(rest), await gather.waitForDemand() else { return }
        }
        return gather.closeInput(closing)
      case .stopped: return
      }
    }
  }

  // MARK: The gatherer

  private func collect() async {
    var outlet = Outlet(lane.stage, lane.output, lane.course)
    while true {
      switch await gather.collect() {
      case .outputs(let outputs):
        guard await outlet.hand(outputs) else { return await refuse(&outlet) }
      case .last(let outputs, let closing):
        guard await outlet.hand(outputs) else { return await refuse(&outlet) }
        return await close(&outlet, closing)
      case .stopped:
        // Stopped from downstream there is nobody to tell; else the failure of the whole stage is.
        if let failure = lane.course.shutdown.firstFailure, failure.stage == lane.stage.name {
          await outlet.close(.cut(.failure(failure)))
        }
        return
      }
    }
  }

  /// Nobody reads any more, or the stage can not go on.
  private func refuse(_ outlet: inout Outlet) async {
    gather.stop()
    guard let failure = outlet.failure else { return }
    if lane.fail(failure, order: -1) { await outlet.close(.cut(.failure(failure))) }
  }

  private func close(_ outlet: inout Outlet, _ closing: Closing<Cause>) async {
    var closing = closing
    switch closing {
    case .end:
      if let covered = trailing.value { outlet.cover(covered) }
      if let failure = await lane.failureAtEnd() {
        guard lane.fail(failure, order: .max) else { return }
        closing = .cut(.failure(failure))
      }
    case .cut: break
    }
    await outlet.close(closing)
  }
}

/// Those who take units of work from a gather.
protocol Workers: Sendable {
  associatedtype Input: Supply
  associatedtype Take: Intake<Input>
  /// What makes work of the batches as they come.
  func intake() -> Take
  /// One worker, until there is no more work.
  func work(_ number: Int, _ gather: Gather<Input, Output, Cause>, _ lane: Lane) async
  /// A second signal: work that was already asked to end is not to be waited for any longer.
  func endHard()
}

extension Workers {
  /// What computes has nothing that could be ended otherwise.
  func endHard() {}
}

/// Makes work of the batches that come into a stage.
protocol Intake<Input> {
  associatedtype Input
  /// Nil if there is not enough yet.
  mutating func take(_ batch: Batch) -> Input?
  /// What is left at the end of the input.
  mutating func rest() -> Input?
}

/// Each batch is work by itself.
struct BatchIntake<Input: LineSupply>: Intake {
  func take(_ batch: Batch) -> Input? { Input(batch) }
  func rest() -> Input? { nil }
}

protocol LineSupply: Supply {
  init(_ batch: Batch)
}

extension Workers where Input: LineSupply {
  func intake() -> BatchIntake<Input> { BatchIntake() }
}

private final class SharedCoverage: Sendable {
  private let covered = Mutex<Range<UInt64>?>(nil)
  var value: Range<UInt64>? { covered.withLock { $0 } }
  func set(_ range: Range<UInt64>?) { covered.withLock { $0 = range } }
}
