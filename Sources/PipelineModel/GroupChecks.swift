import YAMLTree

// What may stand in a group.

extension Reading {
  func checkGroups(_ stages: [StageDefinition]) {
    for group in stages where group.manual.isGroup {
      if let key = group.itemKey {
        for inner in group.stages { refuseShared(inner, in: key) }
        warnOfThrottle(group)
      }
      if group.common.condition != nil {
        for inner in group.stages { refuseGathering(inner) }
      }
      checkGroups(group.stages)
    }
  }

  /// In a group whose stages one item goes through alone, nothing may count, hold or join items.
  private func refuseShared(_ stage: StageDefinition, in key: String) {
    if stage.manual.isGroup {
      for inner in stage.stages { refuseShared(inner, in: key) }
      return
    }
    let stageClass = stage.manual.stageClass(for: stage.arguments)
    if stageClass == .lineWise || ["tee", "throttle"].contains(stage.kind) { return }
    let deed = stageClass == .gathering ? "holds items" : "remembers items"
    error(
      "'\(stage.kind)' can not stand in a group with '\(key)': it \(deed), and in such a group "
        + "each item goes its own way", at: stage.place,
      remedy: "put it before or behind the group, or leave '\(key)' out", code: "refused-stage")
  }

  private func refuseGathering(_ stage: StageDefinition) {
    for inner in stage.stages { refuseGathering(inner) }
    guard stage.manual.stageClass(for: stage.arguments) == .gathering else { return }
    error(
      "'\(stage.kind)' can not stand in a group with 'if': its results come from many items, and "
        + "those that go by would have no place among them", at: stage.place, code: "refused-stage")
  }

  /// 16 at once behind a throttle of one a second: most spend their time limit waiting.
  private func warnOfThrottle(_ group: StageDefinition) {
    guard case .number(let workers)? = group.common.fanout?.workers,
      let limit = group.common.limits.attempt
    else { return }
    for stage in group.stages where stage.kind == "throttle" {
      if stage.arguments.isGiven("by") || stage.arguments.string("excess") == "drop" { continue }
      guard let rate = stage.arguments.rate("rate") else { continue }
      let share = limit.inSeconds / rate.per.inSeconds * Double(rate.limit)
      if share < Double(workers) {
        warn(
          "in its time limit of \(limit.written) the group lets fewer than \(workers) items through "
            + "'throttle', so that waiting there will make timeouts", at: stage.place,
          remedy: "put 'throttle' before the group, or take a smaller 'fanout'",
          code: "throttled-fanout")
      }
    }
  }
}

extension StageDefinition {
  /// The key that makes each item's way through the group its own; nil if there is none, and the
  /// group is a part of the stream like any stage.
  package var itemKey: String? {
    if common.fanout != nil { return "fanout" }
    if common.limits != Limits() { return "timeout" }
    if common.retry != nil { return "retry" }
    if common.onError != nil { return "on_error" }
    if common.emitsInput { return "emit" }
    if common.from != nil { return "from" }
    if common.into != nil { return "into" }
    return common.rate == nil ? nil : "rate"
  }
}

extension Duration {
  var inSeconds: Double {
    Double(components.seconds) + Double(components.attoseconds) / 1e18
  }
}
