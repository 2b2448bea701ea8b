import Flow
import Lines
import Stages

/// Workers of a synchronous stage: they take whole batches, each with a copy of the work.
struct BatchWorkers: Workers {
  let make: @Sendable (PlannedStage) -> TransformWorker

  func work(_ number: Int, _ gather: Gather<BatchSupply, Output, Cause>, _ lane: Lane) async {
    var worker = make(lane.stage)
    let clock = lane.course.clock
    while case (let id, let batch)? = await gather.take(Cancellation()) {
      var cursor = Cursor()
      while true {
        let begun = clock.now
        let step = worker.step(batch, &cursor)
        lane.stage.counters.update { $0.busy += (clock.now - begun).nanoseconds }
        if case .failed(let failure) = step.status {
          if await pass(step.outputs, id, gather),
            gather.fail(id, Output(), bytes: 0, .failure(failure))
          {
            _ = lane.fail(failure, order: id)
          }
          break
        }
        guard await pass(step.outputs, id, gather) else { break }
        if case .used = step.status {
          gather.finish(id, Output(), bytes: 0)
          break
        }
      }
    }
  }

  private func pass(
    _ outputs: [Output], _ id: Int, _ gather: Gather<BatchSupply, Output, Cause>
  ) async -> Bool {
    for output in outputs {
      guard await gather.emit(id, output, bytes: output.bytes) else { return false }
    }
    return true
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
