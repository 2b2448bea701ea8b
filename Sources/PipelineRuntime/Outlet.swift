import Flow
import Lines

/// The writing end of a lane: commits what leaves, joins small results, keeps account of which input
/// lines are complete. Owned by one task.
struct Outlet {
  private let stage: PlannedStage
  private let queue: LineQueue
  private let course: Course
  private let tap: (any Tap)?
  /// Whether the time it waits for room is time that a worker of the stage does not work.
  private let isWorker: Bool
  private let countsAtOnce: Bool
  /// Coverage of dropped lines that has not been passed on; it travels with the next results.
  private var covered: Range<UInt64>?
  private var completeBelow: UInt64 = 1
  private var toldCompleteBelow: UInt64 = 1
  /// Set when a side file or `max_errors` has failed the stage while something left.
  private(set) var failure: StageFailure?

  init(_ stage: PlannedStage, _ queue: LineQueue, _ course: Course, isWorker: Bool = false) {
    self.stage = stage
    self.isWorker = isWorker
    self.queue = queue
    self.course = course
    tap = course.taps[stage.name]
    countsAtOnce = course.committer.countsAtOnce
  }

  /// Hands outputs on in order. False when nobody wants them any more, or with `failure` set; what
  /// stood before that failure has been handed on.
  mutating func hand(_ outputs: [Output]) async -> Bool {
    defer { tell() }
    let isGiven = outputs.count == 1 ? await give(outputs) : await merge(outputs)
    guard isGiven else { return false }
    return covered == nil ? true : await sendCoverage()
  }

  /// Commits one of `outputs` where it lies: a copy costs as much as all the rest.
  @inline(__always)
  private func commit(_ outputs: [Output], _ i: Int) async -> CommitFailure? {
    if countsAtOnce && !outputs[i].hasEffects {
      stage.commit(outputs[i].counts, at: outputs[i].number)
    } else {
      await course.committer.commit(outputs[i], of: stage)
    }
  }

  /// The first of `outputs`, as it is.
  @inline(__always)
  private mutating func give(_ outputs: [Output]) async -> Bool {
    if let failed = await commit(outputs, 0) { return await breakOff(outputs[0], failed) }
    cover(outputs[0].batch.covered)
    if outputs[0].batch.isEmpty { return true }
    var batch = outputs[0].batch
    return await send(&batch)
  }

  /// Several outputs, the small ones joined.
  private mutating func merge(_ outputs: [Output]) async -> Bool {
    var merged = BatchBuilder(delimiter: course.delimiter)
    for i in outputs.indices {
      if let failed = await commit(outputs, i) {
        guard await sendMerged(&merged) else { return false }
        return await breakOff(outputs[i], failed)
      }
      let isLarge = outputs[i].batch.liveBytes > 1 << 14
      // What goes out before this output does not account for its lines.
      if isLarge, await !sendMerged(&merged) { return false }
      cover(outputs[i].batch.covered)
      if outputs[i].batch.isEmpty { continue }
      if isLarge {
        var batch = outputs[i].batch
        guard await send(&batch) else { return false }
      } else {
        merged.keepAll(outputs[i].batch, 0..<outputs[i].batch.count)
        if merged.isFull, await !sendMerged(&merged) { return false }
      }
    }
    return await sendMerged(&merged)
  }

  /// What stands in `output` before the failure still leaves.
  private mutating func breakOff(_ output: Output, _ failed: CommitFailure) async -> Bool {
    failure = failed.failure
    if failed.passed > 0 {
      var passed = output.batch.slice(0..<failed.passed)
      _ = await send(&passed)
    }
    return false
  }

  /// Lines that are accounted for without a result.
  mutating func cover(_ range: Range<UInt64>) {
    guard !range.isEmpty else { return }
    // Behind a stage that turns the order round the numbers fall; there coverage says nothing.
    let known = covered ?? range
    covered = min(known.lowerBound, range.lowerBound)..<max(known.upperBound, range.upperBound)
    completeBelow = range.upperBound
  }

  /// Passes on which lines are accounted for although nothing came of them, so that whoever asks how
  /// far the output is complete need not wait for the next result.
  mutating func sendCoverage() async -> Bool {
    guard let covered else { return true }
    self.covered = nil
    return await queue.send(Batch(covering: covered))
  }

  /// Closes the queue behind what was handed on.
  mutating func close(_ closing: Closing<Cause>) async {
    _ = await sendCoverage()
    queue.close(closing)
  }

  private mutating func sendMerged(_ merged: inout BatchBuilder) async -> Bool {
    if merged.isEmpty { return true }
    var batch = merged.take(covering: 0..<0)
    return await send(&batch)
  }

  @inline(__always)
  private mutating func send(_ batch: inout Batch) async -> Bool {
    if batch.isSparse { batch = batch.compacted(keepsTokens: true) }
    batch.covered = covered ?? 0..<0
    covered = nil
    await tap?.show(batch.withoutMarks())
    var waited = false
    let isWanted = await queue.send(batch) {
      waited = true
      wait(true)
    }
    if waited { wait(false) }
    return isWanted
  }

  // MARK: What is seen of it

  /// Waits for room from now on, or no more.
  private func wait(_ waits: Bool) {
    let now = course.clock.now
    stage.counters.update { counters in
      if waits { counters.blocked.enter(now) } else { counters.blocked.leave(now) }
      guard isWorker else { return }
      if waits { counters.busy.leave(now) } else { counters.busy.enter(now) }
    }
  }

  /// Tells how far it has come; in an item's own run every item would begin anew.
  private mutating func tell() {
    guard completeBelow > toldCompleteBelow, !course.isInner else { return }
    toldCompleteBelow = completeBelow
    stage.counters.update { $0.completeBelow = completeBelow }
  }
}
