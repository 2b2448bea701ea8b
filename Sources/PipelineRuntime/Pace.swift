import Flow
import Lines
import Stages

/// `throttle`: each item waits for its permit, in order; those that have theirs go on at once. Inside
/// a fan-out too permits go out in the order of the items (SEMANTICS 4.6).
struct Pace: SerialWork {
  private let limiter: RateLimiter
  private let drops: Bool
  private var key: ThrottleKey.Reader?
  private let lane: Lane
  private var predicate: (any Predicate)?
  /// The permit of the item at the cursor, once it has been taken.
  private var permit: Instant?
  /// Inside a fan-out permits go out in the order of its items.
  private var hasTurn: Bool
  private var awaitsTurn = false
  /// An item that has its permit and is held until then, so that the end of the input behind it is
  /// seen meanwhile: then the item of another key, in another worker, has its turn.
  private var held: (item: Batch, permit: Instant)?

  init(_ limiter: RateLimiter, _ plan: ThrottlePlan, _ lane: Lane) {
    self.limiter = limiter
    drops = plan.drops
    key = plan.key?.reader()
    self.lane = lane
    predicate = lane.stage.makePredicate?()
    hasTurn = lane.turn == nil
  }

  mutating func step(_ batch: Batch, _ cursor: inout Cursor) async -> Step {
    var outputs: [Output] = []
    if let held {
      guard await lane.wait(until: held.permit) else { return Step(outputs: [], status: .used) }
      outputs = release()
    }
    if awaitsTurn {
      guard await lane.waitForTurn() else { return Step(outputs: [], status: .used) }
      (awaitsTurn, hasTurn) = (false, true)
    }
    if let permit {
      guard await lane.wait(until: permit) else { return Step(outputs: [], status: .used) }
    }
    let step = pass(batch, &cursor)
    return Step(outputs: outputs + step.outputs, status: step.status)
  }

  /// Inside a fan-out the other items need not wait for the permits of this one, only until it has
  /// them.
  mutating func finish() async -> Step {
    lane.turn?.pass()
    guard let held else { return Step(outputs: [], status: .used) }
    guard await lane.wait(until: held.permit) else { return Step(outputs: [], status: .used) }
    return Step(outputs: release(), status: .used)
  }

  // MARK: The item that is held

  private var overtakes: Bool { key != nil && lane.turn != nil }
  var goesByClock: Bool { overtakes }
  func wakeUp(_ clock: any TimerClock) -> Instant? { held?.permit }

  mutating func tick(_ clock: any TimerClock) async -> Step {
    let isDue = held.map { $0.permit <= clock.now } ?? false
    return Step(outputs: isDue ? release() : [], status: .used)
  }

  private mutating func release() -> [Output] {
    guard let item = held?.item else { return [] }
    held = nil
    var output = Output(batch: item, number: item.number(0))
    output.counts.taken = 1
    output.counts.given = 1
    return [output]
  }

  // MARK: Permits

  /// What the rate says of an item.
  private enum Verdict {
    case now, drop, turn
    case later(Instant)
  }

  /// Lets items through until one has to wait.
  private mutating func pass(_ batch: Batch, _ cursor: inout Cursor) -> Step {
    var passed = Passed(batch, from: cursor.item, lane.course.delimiter)
    while cursor.item < batch.count {
      do throws(Failure) {
        switch try verdict(batch, cursor.item) {
        case .now: cursor.advance()
        case .drop:
          passed.drop(cursor.item)
          cursor.advance()
        case .turn:
          awaitsTurn = true
          return Step(outputs: passed.take(upTo: cursor.item), status: .more)
        case .later(let instant):
          let outputs = passed.take(upTo: cursor.item)
          if overtakes, cursor.item == batch.count - 1 {
            held = (batch.slice(cursor.item..<batch.count), instant)
            cursor.advance()
            return Step(outputs: outputs, status: .used)
          }
          permit = instant
          return Step(outputs: outputs, status: .more)
        }
      } catch {
        let failed = lane.stage.failure(error, at: batch.number(cursor.item))
        let outputs = passed.take(upTo: cursor.item)
        guard let output = replacement(for: failed, batch.item(cursor.item)) else {
          return Step(outputs: outputs, status: .failed(failed))
        }
        cursor.advance()
        return Step(outputs: outputs + [output], status: .more)
      }
    }
    return Step(outputs: passed.take(upTo: batch.count), status: .used)
  }

  private mutating func verdict(_ batch: Batch, _ index: Int) throws(Failure) -> Verdict {
    // It has waited for its permit.
    if permit != nil {
      permit = nil
      return .now
    }
    if batch.bypass(index) > 0 || batch.kind(index) == .error { return .now }
    guard try predicate?.holds(batch, index) ?? true else { return .now }
    if !hasTurn { return .turn }
    let now = lane.course.clock.now
    let key = try key?.key(batch, index)
    if drops {
      guard let isThere = key.map({ limiter.take($0, now) }) ?? limiter.take(now) else {
        throw Self.tooManyKeys
      }
      return isThere ? .now : .drop
    }
    guard let instant = key.map({ limiter.reserve($0, now) }) ?? limiter.reserve(now) else {
      throw Self.tooManyKeys
    }
    return instant > now ? .later(instant) : .now
  }

  private static let tooManyKeys = Failure(
    .tooLarge, "there are more keys than 'max_keys' whose rates have to be remembered",
    remedy: "raise 'max_keys', or let items of the rest pass by with 'on_error: pass'")

  /// What takes the place of an item whose key or condition failed; nil if the stage fails with it.
  private func replacement(for failed: StageFailure, _ item: Item) -> Output? {
    let policy = lane.stage.policy
    guard policy.absorbs, failed.failure.isAbsorbable else { return nil }
    guard
      var output = try? policy.replacement(
        for: failed, item, attempts: 1, lane.course.delimiter)
    else { return nil }
    output.counts.taken = 1
    output.counts.given = output.batch.count
    return output
  }
}

/// The items of a batch that go on, without those that were dropped.
private struct Passed: ~Copyable {
  private let batch: Batch
  private var builder: BatchBuilder
  private let begun: Int
  /// The first item that is not in the builder yet.
  private var first: Int
  private var dropped = 0

  init(_ batch: Batch, from index: Int, _ delimiter: UInt8) {
    self.batch = batch
    builder = BatchBuilder(viewing: batch, delimiter: delimiter)
    begun = index
    first = index
  }

  mutating func drop(_ index: Int) {
    builder.keepAll(batch, first..<index)
    first = index + 1
    dropped += 1
  }

  /// All before item `end`; what is covered goes up to there.
  mutating func take(upTo end: Int) -> [Output] {
    if begun == end { return [] }
    if first < end { builder.keepAll(batch, first..<end) }
    let lower = begun == 0 ? batch.covered.lowerBound : batch.number(begun)
    let upper = end == batch.count ? batch.covered.upperBound : batch.number(end)
    var output = Output(batch: builder.take(covering: lower..<max(lower, upper)))
    output.counts.taken = batch.itemCount(begun..<end)
    output.counts.given = output.batch.itemCount
    output.counts.dropped = dropped
    output.number = batch.number(end - 1)
    return [output]
  }
}
