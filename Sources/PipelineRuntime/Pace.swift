import Flow
import Lines
import Stages

/// `throttle`: each item waits for its permit, in order; those that have theirs go on at once. Inside
/// a fan-out too permits go out in the order of the items (SEMANTICS 4.6).
struct Pace: SerialWork {
  private let limiter: RateLimiter
  private let lane: Lane
  private var predicate: (any Predicate)?
  /// The permit of the item at the cursor, once it has been taken.
  private var permit: Instant?
  /// Inside a fan-out permits go out in the order of its items.
  private var hasTurn: Bool
  private var awaitsTurn = false

  init(_ limiter: RateLimiter, _ lane: Lane) {
    self.limiter = limiter
    self.lane = lane
    predicate = lane.stage.makePredicate?()
    hasTurn = lane.turn == nil
  }

  mutating func step(_ batch: Batch, _ cursor: inout Cursor) async -> Step {
    if awaitsTurn {
      guard await lane.waitForTurn() else { return Step(outputs: [], status: .used) }
      (awaitsTurn, hasTurn) = (false, true)
    }
    if let permit {
      guard await lane.wait(until: permit) else { return Step(outputs: [], status: .used) }
    }
    let first = cursor.item
    var failed: StageFailure?
    while cursor.item < batch.count, failed == nil {
      do throws(Failure) {
        if try needsPermit(batch, cursor.item) {
          if !hasTurn {
            awaitsTurn = true
            break
          }
          let now = lane.course.clock.now
          let permit = self.permit ?? limiter.reserve(now)
          self.permit = permit > now ? permit : nil
          if permit > now { break }
        }
        cursor.advance()
      } catch {
        failed = lane.stage.failure(error, at: batch.number(cursor.item))
      }
    }
    return Step(
      outputs: output(batch, first..<cursor.item),
      status: failed.map(Step.Status.failed) ?? (cursor.item < batch.count ? .more : .used))
  }

  mutating func finish() async -> Step {
    lane.turn?.pass()
    return Step(outputs: [], status: .used)
  }

  private mutating func needsPermit(_ batch: Batch, _ index: Int) throws(Failure) -> Bool {
    if permit != nil { return true }
    if batch.bypass(index) > 0 || batch.kind(index) == .error { return false }
    return try predicate?.holds(batch, index) ?? true
  }

  private func output(_ batch: Batch, _ range: Range<Int>) -> [Output] {
    if range.isEmpty { return [] }
    var output = Output(batch: batch.slice(range))
    let lower = range.lowerBound == 0 ? batch.covered.lowerBound : batch.number(range.lowerBound)
    let upper =
      range.upperBound == batch.count
      ? batch.covered.upperBound : batch.number(range.upperBound)
    output.batch.covered = lower..<max(lower, upper)
    output.counts.taken = batch.itemCount(range)
    output.counts.given = output.counts.taken
    output.number = batch.number(range.upperBound - 1)
    return [output]
  }
}
