import Flow
import Lines

/// The writing end of a lane: commits what leaves, joins small results, keeps account of which input
/// lines are complete. Owned by one task.
struct Outlet {
  private let stage: PlannedStage
  private let queue: LineQueue
  private let course: Course
  private let tap: (any Tap)?
  /// Asked for each batch, where looking at `tap` would be a copy of it.
  private let isTapped: Bool
  /// Whether the time it waits for room is time that a worker of the stage does not work.
  private let isWorker: Bool
  private let countsAtOnce: Bool
  /// In an item's own run nothing is told of how far it has come: every item would begin anew.
  private let tells: Bool
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
    isTapped = tap != nil
    tells = !course.isInner
    countsAtOnce = course.committer.countsAtOnce
  }

  /// Hands outputs on in order. False when nobody wants them any more, or with `failure` set; what
  /// stood before that failure has been handed on.
  mutating func hand(_ outputs: [Output]) async -> Bool {
    if outputs.count == 1 { return await hand(outputs[0]) }
    defer { tell() }
    guard await merge(outputs) else { return false }
    return covered == nil ? true : await sendCoverage()
  }

  /// The same for one output.
  mutating func hand(_ output: Output) async -> Bool {
    defer { tell() }
    if let failed = await commit(output) { return await breakOff(output, failed) }
    cover(output.batch.covered)
    if output.batch.isEmpty { return covered == nil ? true : await sendCoverage() }
    return await send(output.batch)
  }

  @inline(__always)
  private func commit(_ output: Output) async -> CommitFailure? {
    if countsAtOnce && !output.hasEffects {
      stage.commit(output.counts, at: output.number)
    } else {
      await course.committer.commit(output, of: stage)
    }
  }

  /// Several outputs, the small ones joined.
  private mutating func merge(_ outputs: [Output]) async -> Bool {
    var merged = BatchBuilder(delimiter: course.delimiter)
    for i in outputs.indices {
      if let failed = await commit(outputs[i]) {
        guard await sendMerged(&merged) else { return false }
        return await breakOff(outputs[i], failed)
      }
      let isLarge = outputs[i].batch.liveBytes > 1 << 14
      // What goes out before this output does not account for its lines.
      if isLarge, await !sendMerged(&merged) { return false }
      cover(outputs[i].batch.covered)
      if outputs[i].batch.isEmpty { continue }
      if isLarge {
        guard await send(outputs[i].batch) else { return false }
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
      _ = await send(output.batch.slice(0..<failed.passed))
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
    return await send(merged.take(covering: 0..<0))
  }

  @inline(__always)
  private mutating func send(_ given: consuming Batch) async -> Bool {
    var batch = given.isSparse ? given.compacted(keepsTokens: true) : given
    batch.covered = covered ?? 0..<0
    covered = nil
    if isTapped { await tap?.show(batch.withoutMarks()) }
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

  /// Tells how far it has come.
  private mutating func tell() {
    guard tells, completeBelow > toldCompleteBelow else { return }
    toldCompleteBelow = completeBelow
    stage.counters.update { $0.completeBelow = completeBelow }
  }
}
