import Lines
import Records

/// Windows of one key each, that last until nothing came for some time.
struct AggregateSessions {
  struct Session {
    var key: Value
    /// The times of its first and its last item, in nanoseconds since 1970.
    var first: Int
    var last: Int
    var group: AggregateFields.Group
  }
  private struct Deadline: Comparable {
    var time: Int
    var session: Int

    static func < (a: Deadline, b: Deadline) -> Bool {
      (a.time, a.session) < (b.time, b.session)
    }
  }
  private let gap: Int
  /// By their numbers, in which they were begun.
  private var open: [Int: Session] = [:]
  private var next = 0
  private var byKey: [Value: [Int]] = [:]
  /// When sessions end at the earliest: a binary heap, the first in front. A session that has got
  /// longer meanwhile has another entry.
  private var deadlines: [Deadline] = []

  init(gap: Int) { self.gap = gap }

  var firstEnd: Int? { deadlines.first?.time }

  /// Adds the item that `evaluator` has read.
  mutating func add(
    _ evaluator: AggregateEvaluator, key: Value, time: Int, at index: Int, _ clock: EventTime,
    _ bound: GroupBound
  ) throws(Failure) {
    let touched = (byKey[key] ?? []).filter { number in
      open[number].map { time > $0.first - gap && time < $0.last + gap } ?? false
    }
    guard let number = touched.first else {
      return try begin(evaluator, key, time, at: index, clock, bound)
    }
    guard var session = open[number] else { return }
    // Taken out while it is changed: else what it has gathered would be copied.
    open[number] = nil
    do throws(Failure) { try evaluator.check(&session.group) } catch {
      open[number] = session
      throw error
    }
    evaluator.add(to: &session.group, at: index)
    let last = session.last
    session.first = min(session.first, time)
    session.last = max(session.last, time)
    for other in touched.dropFirst() { absorb(other, into: &session, evaluator) }
    if session.last > last { schedule(Deadline(time: session.last + gap, session: number)) }
    open[number] = session
  }

  private mutating func begin(
    _ evaluator: AggregateEvaluator, _ key: Value, _ time: Int, at index: Int, _ clock: EventTime,
    _ bound: GroupBound
  ) throws(Failure) {
    if time + gap <= clock.complete { throw EventTime.late(time) }
    if open.count >= bound.limit { throw bound.failure }
    var group = evaluator.plan.group(number: 0)
    try evaluator.check(&group)
    evaluator.add(to: &group, at: index)
    open[next] = Session(key: key, first: time, last: time, group: group)
    byKey[key, default: []].append(next)
    schedule(Deadline(time: time + gap, session: next))
    next += 1
  }

  /// The item has closed the gap between two sessions.
  private mutating func absorb(
    _ number: Int, into session: inout Session, _ evaluator: AggregateEvaluator
  ) {
    guard let other = open.removeValue(forKey: number) else { return }
    byKey[other.key]?.removeAll { $0 == number }
    session.first = min(session.first, other.first)
    session.last = max(session.last, other.last)
    evaluator.merge(other.group, into: &session.group)
  }

  /// Gives up the sessions that have ended by a time, in the order of their ends.
  mutating func close(upTo time: Int) -> [Session] {
    var closed: [Session] = []
    while let deadline = deadlines.first, deadline.time <= time {
      removeFirst()
      guard let session = open[deadline.session], session.last + gap == deadline.time else {
        continue
      }
      open[deadline.session] = nil
      let left = (byKey[session.key] ?? []).filter { $0 != deadline.session }
      byKey[session.key] = left.isEmpty ? nil : left
      closed.append(session)
    }
    return closed
  }

  // MARK: The heap

  private mutating func schedule(_ deadline: Deadline) {
    deadlines.append(deadline)
    var child = deadlines.count - 1
    while child > 0, deadlines[child] < deadlines[(child - 1) / 2] {
      deadlines.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  private mutating func removeFirst() {
    deadlines[0] = deadlines[deadlines.count - 1]
    deadlines.removeLast()
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2]
      where child < deadlines.count && deadlines[child] < deadlines[least] { least = child }
      if least == parent { return }
      deadlines.swapAt(parent, least)
      parent = least
    }
  }
}
