import Flow
import Lines
import Stages

/// Workers of a synchronous stage: they take whole batches, each with a copy of the work.
struct BatchWorkers: Workers {
  let make: @Sendable (PlannedStage) -> TransformWorker

  func work(_ number: Int, _ gather: Gather<BatchSupply, Output, Cause>, _ lane: Lane) async {
    var worker = make(lane.stage)
    let track = lane.enter()
    while case (let id, let batch)? = await gather.take(Cancellation()) {
      lane.begin(.busy)
      let begun = track == nil ? nil : lane.course.clock.now
      await work(on: batch, id, &worker, gather, lane)
      if let begun { await track?.span(batch, from: begun, to: lane.course.clock.now) }
      lane.end(.busy)
    }
    await track?.leave(at: lane.course.clock.now)
  }

  private func work(
    on batch: Batch, _ id: Int, _ worker: inout TransformWorker,
    _ gather: Gather<BatchSupply, Output, Cause>, _ lane: Lane
  ) async {
    var cursor = Cursor()
    while true {
      let step = worker.step(batch, &cursor)
      if case .failed(let failure) = step.status {
        if await pass(step, id, gather, lane),
          gather.fail(id, Output(), bytes: 0, .failure(failure))
        {
          _ = lane.fail(failure, order: id)
        }
        return
      }
      guard await pass(step, id, gather, lane) else { return }
      if case .used = step.status { return gather.finish(id, Output(), bytes: 0) }
    }
  }

  private func pass(
    _ step: borrowing Step, _ id: Int, _ gather: Gather<BatchSupply, Output, Cause>, _ lane: Lane
  ) async -> Bool {
    if step.isEmpty { return true }
    guard await pass(step.first, id, gather, lane) else { return false }
    for output in step.more {
      guard await pass(output, id, gather, lane) else { return false }
    }
    return true
  }

  private func pass(
    _ output: Output, _ id: Int, _ gather: Gather<BatchSupply, Output, Cause>, _ lane: Lane
  ) async -> Bool {
    var waited = false
    let goesOn = await gather.emit(id, output, bytes: output.bytes) {
      waited = true
      lane.end(.busy)
    }
    if waited { lane.begin(.busy) }
    return goesOn
  }
}

/// A batch handed out in parts.
struct BatchSupply: LineSupply {
  private var batch: Batch

  init(_ batch: Batch) { self.batch = batch }

  var isEmpty: Bool { batch.isEmpty }

  mutating func next(lines: Int) -> (unit: Batch, lines: Int) {
    let unit = batch.takePrefix(lines: lines, bytes: .max)
    return (unit, unit.count)
  }
}
