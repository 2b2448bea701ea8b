import Flow
import Lines
import Stages

/// A group whose common keys act on an item: each item goes through the stages by itself, on the
/// same engine as the whole run.
struct GroupBody: ItemBody {
  private let stages: [PlannedStage]
  /// Set where nothing in the group ever waits: then an item's way needs no tasks and no queues.
  private let makers: [@Sendable (PlannedStage) -> TransformWorker]?

  /// How long its stages work is not counted one by one, which would cost more than the work.
  var countsBusy: Bool { makers == nil }

  init(stages: [PlannedStage]) {
    self.stages = stages
    let makers = stages.compactMap { stage in
      if case .batches(let make) = stage.running { make } else { nil }
    }
    self.makers = makers.count == stages.count ? makers : nil
  }

  func attempt(_ item: Item, _ attempt: any ItemScope) async throws(ItemError) {
    if let makers {
      try await compute(item, makers, attempt)
    } else {
      try await runChain(item, attempt)
    }
  }

  // MARK: Stages that only compute

  /// One stage after the other, each over all that the one before has given. A failure that a later
  /// stage meets lies further to the front of the stream, so it replaces the one before.
  private func compute(
    _ item: Item, _ makers: [@Sendable (PlannedStage) -> TransformWorker], _ attempt: any ItemScope
  ) async throws(ItemError) {
    var batches = [item.batch]
    var effects: [Effect] = []
    var failure: StageFailure?
    for (stage, make) in zip(stages, makers) {
      var worker = make(stage)
      var given: [Batch] = []
      for batch in batches {
        if let failed = Self.pass(batch, &worker, stage, &given, &effects) {
          failure = failed
          break
        }
      }
      batches = given
    }
    for batch in batches where !batch.isEmpty {
      guard await attempt.emit(batch, effects: effects) else { return }
      effects = []
    }
    if !effects.isEmpty { _ = await attempt.emit(effects: effects) }
    if let failure { throw .inner(failure) }
  }

  private static func pass(
    _ batch: Batch, _ worker: inout TransformWorker, _ stage: PlannedStage,
    _ given: inout [Batch], _ effects: inout [Effect]
  ) -> StageFailure? {
    var cursor = Cursor()
    while true {
      let step = worker.step(batch, &cursor)
      for output in step.outputs {
        given.append(output.batch)
        effects += output.effects
        effects.append(.count(stage, output.counts, number: output.number))
      }
      switch step.status {
      case .used, .enough: return nil
      case .more: continue
      case .failed(let failure): return failure
      }
    }
  }

  // MARK: Stages that wait

  private func runChain(_ item: Item, _ attempt: any ItemScope) async throws(ItemError) {
    let shutdown = Shutdown(clock: attempt.clock, grace: nil)
    attempt.cancellation.onCancel { shutdown.hardEnd($0) }
    defer { attempt.cancellation.onCancel(nil) }
    let course = attempt.course.inner(
      shutdown, TravellingCommitter(attempt: attempt), attempt.turns)
    // Later items do not wait for another attempt.
    defer { attempt.passTurns() }
    let chain = Chain(stages, course)
    defer {
      chain.disconnect()
      shutdown.disconnect()
    }
    let closing = await withTaskGroup(of: Closing<Cause>?.self) { group in
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

  private func drain(_ queue: LineQueue, _ attempt: any ItemScope) async -> Closing<Cause>? {
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
