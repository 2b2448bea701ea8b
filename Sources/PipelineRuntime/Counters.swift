package import Flow
import PipelineModel
import Synchronization

/// What one stage has done so far. Line counts are committed in order; counts of work are what
/// happened, thrown away or not.
package final class StageCounters: Sendable {
  package struct Values: Sendable {
    package var lines = LineCounts()
    package var attempts = 0
    package var retries = 0
    /// By the limit that passed.
    package var limitsPassed = LimitCounts()
    package var timeouts: Int { limitsPassed.all }
    package var inFlight = 0
    package var mostInFlight = 0
    /// Working, summed over workers: neither waiting for input nor for room. Pauses between attempts
    /// and waits for the stage's own `rate` count, since they are the stage's own.
    package var busy = Stretches()
    /// With several workers: having input that no worker has taken yet, or finishing behind the end
    /// of the input; all the time that it does not wait for input. With one, being busy says the same.
    package var engaged = Stretches()
    /// Having something to hand on that the next queue has no room for.
    package var blocked = Stretches()
    /// Having nothing to do: the queue into the stage is empty.
    package var starved = Stretches()
    /// All input lines below this number have left the stage or ended in it.
    package var completeBelow: UInt64 = 1
    /// From when an item was taken until its outcome was final, with all attempts and pauses.
    package var latency = LatencyHistogram()
    /// Results of its side stream that go nowhere.
    package var dropped = 0

    package init() {}

    mutating func enter(_ state: State, _ now: Instant) {
      switch state {
      case .busy: busy.enter(now)
      case .engaged: engaged.enter(now)
      case .blocked: blocked.enter(now)
      case .starved: starved.enter(now)
      }
    }

    mutating func leave(_ state: State, _ now: Instant) {
      switch state {
      case .busy: busy.leave(now)
      case .engaged: engaged.leave(now)
      case .blocked: blocked.leave(now)
      case .starved: starved.leave(now)
      }
    }
  }
  /// What time is counted for: see `Values`.
  enum State { case busy, engaged, blocked, starved }
  private let values = Mutex(Values())
  /// The queue into the stage, where there is one for the whole run.
  private let queue = Mutex<LineQueue?>(nil)

  package init() {}

  package var snapshot: Values { values.withLock { $0 } }

  func update(_ change: (inout Values) -> Void) { values.withLock { change(&$0) } }

  func watch(_ queue: LineQueue) { self.queue.withLock { $0 = queue } }

  /// How full the queue into the stage is, from 0 to 1: of lines or bytes the fuller. Nil inside an
  /// item's own run, where there are as many queues as items.
  package var queueFill: Double? {
    guard let queue = queue.withLock({ $0 }) else { return nil }
    let (fill, capacity) = (queue.fill, queue.capacity)
    let lines = Double(fill.lines) / Double(max(capacity.lines, 1))
    let bytes = Double(fill.bytes) / Double(max(capacity.bytes, 1))
    return min(max(lines, bytes), 1)
  }

  /// Commits line counts, unless they would bring the absorbed items above `limit`: then the stage
  /// fails at these items, and they count as little as any other at which a stage fails.
  func commit(_ counts: LineCounts, limit: MaxErrors?) -> Bool {
    values.withLock { values in
      if counts.absorbed > 0, let limit {
        let absorbed = values.lines.absorbed + counts.absorbed
        switch limit {
        case .number(let most):
          if absorbed > most { return false }
        case .percent(let percent):
          let of = Double(max(values.lines.taken + counts.taken, 1000))
          if Double(absorbed) > percent / 100 * of { return false }
        }
      }
      values.lines.add(counts)
      return true
    }
  }

  /// The judgement at the end, where a percentage counts all items.
  func passesAtEnd(_ limit: MaxErrors?) -> Bool {
    guard case .percent(let percent) = limit else { return true }
    return values.withLock { values in
      Double(values.lines.absorbed) <= percent / 100 * Double(values.lines.taken)
    }
  }
}

/// How often each time limit of a stage has passed.
package struct LimitCounts: Sendable, Equatable {
  package var attempt = 0
  package var item = 0
  package var idle = 0
  package var total = 0

  package init() {}

  package var all: Int { attempt + item + idle + total }

  mutating func note(_ kind: LimitTimers.Kind?) {
    switch kind {
    case .attempt, nil: attempt += 1
    case .item: item += 1
    case .idle: idle += 1
    }
  }
}

/// The time spent in a state that several may be in at once, with that of those who are in it still.
package struct Stretches: Sendable, Equatable {
  private var open: Int64 = 0
  private var sum: Int64 = 0

  package init() {}

  /// Whether somebody is in it now.
  package var isOpen: Bool { open > 0 }

  package mutating func enter(_ now: Instant) {
    open &+= 1
    sum &-= now.nanoseconds
  }

  package mutating func leave(_ now: Instant) {
    open &-= 1
    sum &+= now.nanoseconds
  }

  /// The sum over all. What overflows on the way cancels out, since all of it wraps.
  package func nanoseconds(at now: Instant) -> Int64 { sum &+ open &* now.nanoseconds }
}

/// Durations counted in steps of an eighth of a power of two: quantiles are right within 12 %.
package struct LatencyHistogram: Sendable {
  private var buckets: [UInt32] = []
  package private(set) var count = 0
  package private(set) var longest: Int64 = 0

  package init() {}

  package mutating func add(_ nanoseconds: Int64) {
    if buckets.isEmpty { buckets = Array(repeating: 0, count: 512) }
    buckets[Self.bucket(nanoseconds)] &+= 1
    count += 1
    longest = max(longest, nanoseconds)
  }

  /// The duration that `fraction` of all stay below, or nil without any.
  package func quantile(_ fraction: Double) -> Duration? {
    guard count > 0 else { return nil }
    let rank = Int((fraction * Double(count)).rounded(.up))
    var seen = 0
    for (index, number) in buckets.enumerated() {
      seen += Int(number)
      if seen >= rank { return .nanoseconds(min(Self.upperBound(index), longest)) }
    }
    return .nanoseconds(longest)
  }

  private static func bucket(_ value: Int64) -> Int {
    let value = UInt64(max(value, 0))
    guard value >= 8 else { return Int(value) }
    let exponent = 63 - value.leadingZeroBitCount
    return (exponent - 2) * 8 + Int((value >> UInt64(exponent - 3)) & 7)
  }

  private static func upperBound(_ bucket: Int) -> Int64 {
    guard bucket >= 8 else { return Int64(bucket) }
    let exponent = bucket / 8 + 2
    return Int64((UInt64(8 + bucket % 8 + 1) << UInt64(exponent - 3)) - 1)
  }
}
