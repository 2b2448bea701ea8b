import Flow
import Lines

/// The writing end of a lane: commits what leaves, joins small results, keeps account of which input
/// lines are complete. Owned by one task.
struct Outlet {
  private let stage: PlannedStage
  private let queue: LineQueue
  private let course: Course
  private let tap: (any Tap)?
  /// Coverage of dropped lines that has not been passed on; it travels with the next results.
  private var covered: Range<UInt64>?
  /// Set when a side file or `max_errors` has failed the stage while something left.
  private(set) var failure: StageFailure?

  init(_ stage: PlannedStage, _ queue: LineQueue, _ course: Course) {
    self.stage = stage
    self.queue = queue
    self.course = course
    tap = course.taps[stage.name]
  }

  /// Hands outputs on in order. False when nobody wants them any more, or with `failure` set; what
  /// stood before that failure has been handed on.
  mutating func hand(_ outputs: [Output]) async -> Bool {
    var merged = BatchBuilder(delimiter: course.delimiter)
    for output in outputs {
      if let failure = await course.committer.commit(output, of: stage) {
        _ = await sendMerged(&merged)
        self.failure = failure
        return false
      }
      cover(output.batch.covered)
      guard !output.batch.isEmpty else { continue }
      if outputs.count == 1 || output.batch.liveBytes > 1 << 14 {
        guard await sendMerged(&merged), await send(output.batch) else { return false }
      } else {
        merged.keepAll(output.batch, 0..<output.batch.count)
        if merged.isFull, await !sendMerged(&merged) { return false }
      }
    }
    return await sendMerged(&merged)
  }

  /// Lines that are accounted for without a result.
  mutating func cover(_ range: Range<UInt64>) {
    guard !range.isEmpty else { return }
    // Behind a stage that turns the order round the numbers fall; there coverage says nothing.
    let known = covered ?? range
    covered = min(known.lowerBound, range.lowerBound)..<max(known.upperBound, range.upperBound)
  }

  /// Closes the queue behind what was handed on.
  mutating func close(_ closing: Closing<Cause>) async {
    if let covered {
      self.covered = nil
      _ = await queue.send(Batch(covering: covered))
    }
    queue.close(closing)
  }

  private mutating func sendMerged(_ merged: inout BatchBuilder) async -> Bool {
    if merged.isEmpty { return true }
    return await send(merged.take(covering: 0..<0))
  }

  private mutating func send(_ batch: Batch) async -> Bool {
    var batch = batch.compacted()
    batch.covered = covered ?? 0..<0
    covered = nil
    await tap?.show(batch)
    return await queue.send(batch)
  }
}
