import Flow
import Lines
import Stages

/// A group whose common keys act on an item: each item goes through the stages by itself, on the
/// same engine as the whole run.
struct GroupBody: ItemBody {
  let stages: [PlannedStage]

  func attempt(_ item: Item, _ attempt: ItemAttempt) async throws(ItemError) {
    let shutdown = Shutdown(clock: attempt.clock, grace: nil)
    attempt.cancellation.onCancel { shutdown.hardEnd($0) }
    defer { attempt.cancellation.onCancel(nil) }
    let course = attempt.course.inner(shutdown, TravellingCommitter(attempt: attempt))
    let closing = await withTaskGroup(of: Closing<Cause>?.self) { group in
      let chain = Chain(stages, course)
      group.addTask {
        await chain.run()
        return nil
      }
      group.addTask {
        _ = await chain.input.send(item.batch)
        chain.input.close(.end)
        return nil
      }
      group.addTask { await drain(chain.output, attempt) }
      var closing: Closing<Cause>?
      for await result in group { closing = result ?? closing }
      return closing
    }
    if case .cut(.failure(let failure))? = closing { throw .inner(failure) }
  }

  private func drain(_ queue: LineQueue, _ attempt: ItemAttempt) async -> Closing<Cause>? {
    while true {
      switch await queue.receive() {
      case .element(let batch):
        if !batch.isEmpty, await !attempt.emit(batch) {
          queue.stop()
          return nil
        }
      case .closed(let closing): return closing
      case .stopped: return nil
      }
    }
  }
}
