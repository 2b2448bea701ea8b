import Lines
import Records

/// The groups of one window, or of the whole stream.
struct AggregateGroups {
  private(set) var keys = KeyTable()
  private(set) var groups: [AggregateFields.Group] = []
  /// What had a key beyond the bound.
  private(set) var rest: AggregateFields.Group?

  /// Whether nothing has been added.
  var isEmpty: Bool { groups.allSatisfy { $0.count == 0 } && rest == nil }

  /// Adds the item that `evaluator` has read.
  mutating func add(
    _ evaluator: AggregateEvaluator, _ reader: inout KeyReader?, _ values: ItemValues,
    _ batch: Batch, at index: Int, _ bound: GroupBound
  ) throws(Failure) {
    let place: (number: Int, isNew: Bool)? =
      if reader == nil {
        keys.insert(.null, limit: 1)
      } else {
        try reader?.number(values, batch, in: &keys, limit: bound.limit)
      }
    guard let place else {
      if !bound.gathersRest { throw bound.failure }
      var group = rest ?? evaluator.plan.group(number: 0)
      try evaluator.check(&group)
      rest = nil
      evaluator.add(to: &group, at: index)
      rest = group
      return
    }
    if place.isNew { groups.append(evaluator.plan.group(number: 0)) }
    try evaluator.check(&groups[place.number])
    evaluator.add(to: &groups[place.number], at: index)
  }
}

/// The results of one window on their way out.
struct AggregateResults {
  /// The fields that tell the window, if there is one.
  let bounds: (start: Value, end: Value)?
  private let groups: AggregateGroups
  /// The numbers of the groups, in the order in which they are given.
  private let order: [Int]
  private var given = 0
  private var hasRest: Bool

  /// - Parameter top: only so many are given, those with the greatest first field.
  init(
    _ groups: AggregateGroups, bounds: (start: Value, end: Value)?, top: Int?,
    _ evaluator: inout AggregateEvaluator
  ) throws(Failure) {
    self.groups = groups
    self.bounds = bounds
    hasRest = groups.rest != nil
    // A group whose only item failed has gathered nothing.
    let all = groups.groups.indices.filter { groups.groups[$0].count > 0 }
    guard let top else {
      order = all
      return
    }
    var measures: [Int: Value] = [:]
    for number in all { measures[number] = try evaluator.value(0, groups.groups[number]) }
    let sorted = all.sorted { a, b in
      switch (measures[a] ?? .null).sortOrder(measures[b] ?? .null) {
      case .after: true
      case .before: false
      case .same: a < b
      }
    }
    order = Array(sorted.prefix(top))
  }

  mutating func give(
    _ grouping: Grouping, _ evaluator: inout AggregateEvaluator, _ setting: Setting,
    into out: inout BatchBuilder
  ) throws(Failure) -> Progress {
    while given < order.count {
      if out.isFull { return .full }
      let number = order[given]
      out.beginAggregate(bounds)
      if !grouping.fields.isEmpty { grouping.write(number, of: groups.keys, into: &out) }
      try end(groups.groups[number], &evaluator, setting, &out)
      given += 1
    }
    if hasRest, let rest = groups.rest {
      out.beginAggregate(bounds)
      for (i, field) in grouping.fields.enumerated() {
        out.field(field.name, i == 0 ? GroupBound.rest : .null)
      }
      try end(rest, &evaluator, setting, &out)
      hasRest = false
    }
    return .done
  }

  private func end(
    _ group: AggregateFields.Group, _ evaluator: inout AggregateEvaluator, _ setting: Setting,
    _ out: inout BatchBuilder
  ) throws(Failure) {
    try out.endAggregate(group, &evaluator, setting, hasPlace: bounds != nil)
  }
}

extension BatchBuilder {
  /// Begins the row of a result with the fields that tell the window.
  mutating func beginAggregate(_ bounds: (start: Value, end: Value)?) {
    beginRow()
    guard let bounds else { return }
    field("window_start", bounds.start)
    field("window_end", bounds.end)
  }

  /// Ends it with the fields of a group.
  ///
  /// - Parameter hasPlace: it stands in the place of its first item.
  mutating func endAggregate(
    _ group: AggregateFields.Group, _ evaluator: inout AggregateEvaluator, _ setting: Setting,
    hasPlace: Bool
  ) throws(Failure) {
    do throws(Failure) { try evaluator.write(group, into: &self) } catch {
      abandonLine()
      throw error
    }
    endRow()
    do throws(Failure) {
      try endGathered(setting, number: hasPlace ? group.number : 0)
    } catch {
      throw Failure(.stage, error.message, remedy: error.remedy)
    }
  }
}
