import Lines
import Records

/// `aggregate` as it is built: shared by its workers.
struct AggregatePlan: Sendable {
  let expressions: ItemExpressions
  let grouping: Grouping
  let fields: AggregateFields
  let window: AggregateWindow
  let bound: GroupBound
  let top: Int?
  let setting: Setting
}

struct AggregateTransform: Transform {
  /// A window that has ended, on its way out.
  private enum Ended {
    case span(AggregateResults)
    case session(AggregateSessions.Session)
  }
  private let plan: AggregatePlan
  private let values: ItemValues
  private var evaluator: AggregateEvaluator
  /// Nil if all items are one group.
  private var reader: KeyReader?
  private var clock: EventTime
  private var spans: AggregateSpans
  private var sessions: AggregateSessions?
  private var ended: [Ended] = []
  /// How many of these have been given.
  private var given = 0
  /// How many items were taken.
  private var index = 0
  private var isAtEnd = false

  init(_ plan: AggregatePlan) {
    self.plan = plan
    values = plan.expressions.values()
    evaluator = AggregateEvaluator(
      plan.fields, values, GatherLimits(values: plan.bound.limit, bytes: plan.setting.maxLine))
    reader = plan.grouping.fields.isEmpty ? nil : plan.grouping.reader()
    clock = EventTime(plan.window)
    spans = AggregateSpans(plan.window.form)
    if case .gap(let gap) = plan.window.form { sessions = AggregateSessions(gap: gap) }
  }

  mutating func process(
    _ batch: Batch, _ cursor: inout Cursor, upTo end: Int, into out: inout BatchBuilder
  ) throws(Failure) -> Progress {
    while cursor.item < end {
      // An item is done only when the windows that it ended have been given.
      if cursor.inner == 0 {
        try take(batch, cursor.item)
        cursor.inner = 1
        try close(upTo: clock.complete)
      }
      if try give(into: &out) == .full { return .full }
      cursor.advance()
    }
    return .done
  }

  mutating func finish(into out: inout BatchBuilder) throws(Failure) -> Progress {
    if !isAtEnd {
      isAtEnd = true
      for span in spans.closeAll() { try end(span) }
      try close(upTo: .max)
    }
    return try give(into: &out)
  }

  var goesByClock: Bool { plan.window.goesByClock }

  /// When a window ends by the clock though no item comes.
  var wakeUp: Int64? {
    goesByClock ? (sessions.map { $0.firstEnd } ?? spans.firstEnd).map { Int64($0) } : nil
  }

  mutating func tick(_ now: Int64, into out: inout BatchBuilder) throws(Failure) -> Progress {
    clock.tick(now)
    try close(upTo: clock.complete)
    return try give(into: &out)
  }

  private mutating func take(_ batch: Batch, _ i: Int) throws(Failure) {
    values.load(batch, i)
    var time: Int?
    switch plan.window.form {
    case .every, .gap: time = try clock.read(values, batch)
    case .whole, .count: break
    }
    try evaluator.read(batch, i)
    if sessions != nil, let time {
      let key = try reader?.key(values, batch) ?? .null
      try sessions?.add(evaluator, key: key, time: time, at: index, clock, plan.bound)
    } else {
      try spans.add(evaluator, &reader, values, batch, time: time, at: index, clock, plan.bound)
    }
    index += 1
    if let time { clock.took(time) }
  }

  private mutating func close(upTo time: Int) throws(Failure) {
    for span in spans.close(upTo: time) { try end(span) }
    for session in sessions?.close(upTo: time) ?? [] { ended.append(.session(session)) }
  }

  private mutating func end(_ span: AggregateSpans.Span) throws(Failure) {
    let results = try AggregateResults(
      span.groups, bounds: spans.bounds(span), top: plan.top, &evaluator)
    ended.append(.span(results))
  }

  private mutating func give(into out: inout BatchBuilder) throws(Failure) -> Progress {
    while given < ended.count {
      if out.isFull { return .full }
      switch ended[given] {
      case .span(var results):
        let progress = try results.give(plan.grouping, &evaluator, plan.setting, into: &out)
        ended[given] = .span(results)
        if progress == .full { return .full }
      case .session(let session): try give(session, into: &out)
      }
      given += 1
    }
    ended.removeAll()
    given = 0
    return .done
  }

  private mutating func give(
    _ session: AggregateSessions.Session, into out: inout BatchBuilder
  ) throws(Failure) {
    out.beginAggregate((.time(session.first), .time(session.last)))
    if !plan.grouping.fields.isEmpty { plan.grouping.write(session.key, into: &out) }
    try out.endAggregate(session.group, &evaluator, plan.setting, hasPlace: true)
  }
}
