import Flow
import Lines
import PipelineModel
import Stages

/// A `start` at work: it hands each item to a worker, and sends the item on when a worker has taken it.
struct StartRun: Sendable {
  private let lane: Lane
  private let work: StartedWork
  private let workers: ItemWorkers
  private let level: Int

  init(_ lane: Lane, _ body: any ItemBody, _ work: StartedWork, level: Int) {
    self.lane = lane
    self.work = work
    self.level = level
    workers = ItemWorkers(lane: lane, body: body, isStarted: true)
  }

  func run() async {
    lane.output.onStop { [lane] in
      lane.course.shutdown.voidFailures(before: lane.position + 1)
      lane.input.stop()
    }
    lane.course.shutdown.onHardEnd { [lane, work, workers] reason, cause in
      lane.input.breakOff(cause)
      work.gather.stop()
      if reason == .hard { workers.endHard() }
    }
    let limit = armTotal()
    lane.begin(.engaged)
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await feed() }
      for number in 0..<lane.stage.workers {
        group.addTask { await workers.work(number, work.gather, lane) }
      }
    }
    // Else all items have been begun and have ended by themselves.
    if !work.isOver { work.end(await lane.failureOfKept()) }
    await lane.endKept()
    if let limit { lane.course.clock.cancel(limit) }
    lane.end(.engaged)
  }

  /// The limit on the stage's whole life.
  private func armTotal() -> TimerID? {
    guard let total = lane.stage.policy.limits.total else { return nil }
    let clock = lane.course.clock
    return clock.schedule(at: clock.now + total, phase: .limit) { [lane, work] in
      let failure = lane.stage.failure(.late(total, "the stage was not finished"), at: nil)
      lane.stage.counters.update { $0.limitsPassed.total += 1 }
      if lane.fail(failure, order: .max) { work.gather.stop() }
    }
  }

  private func feed() async {
    var outlet = Outlet(lane.stage, lane.output, lane.course)
    var predicate = lane.stage.makePredicate?()
    var begun = 0
    while true {
      switch await lane.receive(in: .engaged) {
      case .element(let batch):
        if let ending = await pass(batch, &predicate, &begun, &outlet) {
          return await end(ending, &outlet)
        }
      case .closed(let closing): return await end(.close(closing), &outlet)
      case .stopped: return await end(.stopped, &outlet)
      }
    }
  }

  private enum Ending {
    case close(Closing<Cause>)
    /// Nobody reads any more.
    case stopped
  }

  private func end(_ ending: Ending, _ outlet: inout Outlet) async {
    // What was begun for items on their way is still collected.
    work.gather.closeInput(.end)
    // A failure behind the last item counts only where the items end by themselves, and inside an
    // item's own run what stages keep up goes on.
    if case .close(.end) = ending, !lane.course.isInner {} else { work.end(nil) }
    switch ending {
    case .close(let closing): await outlet.close(closing)
    case .stopped: await outlet.close(.cut(.ended))
    }
    lane.input.stop()
  }

  /// Nil: go on.
  private func pass(
    _ batch: Batch, _ predicate: inout (any Predicate)?, _ begun: inout Int,
    _ outlet: inout Outlet
  ) async -> Ending? {
    var sent = 0
    var builder = BatchBuilder(viewing: batch, delimiter: lane.course.delimiter)
    for i in 0..<batch.count {
      do throws(Failure) {
        if try isWorkedOn(batch, i, &predicate) {
          // Nothing waits here while this waits for a worker.
          if await !flush(&builder, batch, sent..<i, &outlet) { return .stopped }
          sent = i
          guard await begin(batch.slice(i..<i + 1)) else { return .stopped }
          work.noteMark(of: begun)
          begun += 1
        } else if batch.bypass(i) == 0 {
          work.noteMark(of: nil)
        }
      } catch {
        let failed = lane.stage.failure(error, at: batch.number(i))
        if await !flush(&builder, batch, sent..<i, &outlet) { return .stopped }
        return lane.fail(failed, order: 0) ? .close(.cut(.failure(failed))) : .stopped
      }
      builder.keep(batch, i)
      if batch.bypass(i) == 0 { builder.putMark(number: batch.number(i), level: level) }
    }
    guard await flush(&builder, batch, sent..<batch.count, &outlet) else { return .stopped }
    return nil
  }

  /// A worker has the item when it returns true.
  private func begin(_ item: Batch) async -> Bool {
    guard await work.gather.waitForDemand() else { return false }
    guard work.gather.offer(ItemSupply(item)) else { return false }
    return await work.gather.waitForDemand()
  }

  /// Error records and items that pass `if` by are not worked on.
  private func isWorkedOn(
    _ batch: Batch, _ i: Int, _ predicate: inout (any Predicate)?
  ) throws(Failure) -> Bool {
    if batch.bypass(i) > 0 || batch.kind(i) == .error { return false }
    return try predicate?.holds(batch, i) != false
  }

  private func flush(
    _ builder: inout BatchBuilder, _ batch: Batch, _ range: Range<Int>, _ outlet: inout Outlet
  ) async -> Bool {
    let covered = batch.slice(range).covered
    if builder.isEmpty && covered.isEmpty { return true }
    var output = Output(batch: builder.take(covering: covered))
    output.counts.taken = output.batch.itemCount
    output.counts.given = output.counts.taken
    builder.view(batch)
    return await outlet.hand(output)
  }
}
