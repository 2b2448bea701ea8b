import YAMLTree

// What may stand in a group.

extension Reading {
  func checkGroups(_ stages: [StageDefinition]) {
    for group in stages where group.isGroup {
      if group.isSideStream {
        refuseItemKey(of: group)
      } else if let key = group.itemKey {
        let name = group.kind == "stages" ? "a group" : "'\(group.kind)'"
        let remedy = "put it before or behind it, or leave '\(key)' out"
        for inner in group.stages { refuseShared(inner, in: "\(name) with '\(key)'", remedy) }
        warnOfThrottle(group)
      } else if group.manual.sendsItemsAlone {
        let remedy = "put it before or behind '\(group.kind)'"
        for inner in group.stages {
          refuseShared(inner, in: "a branch of '\(group.kind)'", remedy)
        }
      }
      if group.ledAround { for inner in group.stages { refuseGathering(inner, in: group) } }
      if group.kind == "switch" { refusePipe(in: group.stages) }
      checkGroups(group.stages)
    }
  }

  private func refuseItemKey(of tee: StageDefinition) {
    guard let key = tee.itemKey else { return }
    error(
      "'\(key)' can mean nothing for a side stream, which is one for all items", at: tee.place,
      remedy: key == "on_error" ? "with 'optional: true' its failure is a warning" : nil,
      code: "refused-key")
  }

  /// Where each item goes through the stages alone, nothing may count, hold or join items.
  private func refuseShared(_ stage: StageDefinition, in surroundings: String, _ remedy: String) {
    let hasSideStream = stage.isSideStream
    if stage.isGroup && !hasSideStream {
      for inner in stage.stages { refuseShared(inner, in: surroundings, remedy) }
      return
    }
    let stageClass = stage.manual.stageClass(for: stage.arguments)
    if stageClass == .lineWise || ["tee", "throttle"].contains(stage.kind) && !hasSideStream {
      return
    }
    let deed =
      hasSideStream
      ? "its side stream is one for all items"
      : stageClass == .gathering ? "it holds items" : "it remembers items"
    error(
      "'\(stage.kind)' can not stand in \(surroundings): \(deed), and there each item goes its "
        + "own way", at: stage.place, remedy: remedy, code: "refused-stage")
  }

  /// What a command gives says nothing of the items it has taken.
  private func refusePipe(in stages: [StageDefinition]) {
    for stage in stages {
      refusePipe(in: stage.stages)
      guard stage.kind == "pipe" else { continue }
      error(
        "'pipe' can not stand in a branch of 'switch': what it gives would have no place among the "
          + "results of the other branches", at: stage.place, code: "refused-stage")
    }
  }

  private func refuseGathering(_ stage: StageDefinition, in group: StageDefinition) {
    for inner in stage.stages { refuseGathering(inner, in: group) }
    guard stage.manual.stageClass(for: stage.arguments) == .gathering else { return }
    let name = group.manual.takesOnlyErrors ? "'\(group.kind)'" : "a group with 'if'"
    error(
      "'\(stage.kind)' can not stand in \(name): its results come from many items, and "
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
  /// A part of the stream that some items go by, in their place.
  fileprivate var ledAround: Bool {
    isStreamGroup && (common.condition != nil || manual.takesOnlyErrors)
  }

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
