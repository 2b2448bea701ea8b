import YAMLTree

// What can only be said once all stages are read: names, groups, files, and doubtful orders.

extension Reading {
  func check(_ stages: inout [StageDefinition]) {
    nameStages(&stages, prefix: "")
    checkGroups(stages)
    checkOrder(stages)
    checkFiles(stages)
  }

  // MARK: Names

  /// Gives every stage its path. A stage without a name is called by its kind, from the second one
  /// on with a number; written names are never taken.
  private func nameStages(_ stages: inout [StageDefinition], prefix: String) {
    var taken: [String: Place] = [:]
    for stage in stages {
      guard let given = stage.givenName, let name = given.string else { continue }
      if let reason = refusal(ofName: name) {
        error("\(Node.quoted(name)) is no name for a stage: \(reason)", at: given.place)
      }
      if let first = taken[name] {
        error(
          "two stages are called \(Node.quoted(name))", at: given.place,
          remedy: "the first is on line \(first.line)", code: "duplicate-name")
      }
      taken[name] = given.place
    }
    for index in stages.indices {
      var name = stages[index].givenName?.string ?? ""
      if stages[index].givenName == nil {
        var number = 1
        repeat {
          name = number == 1 ? stages[index].kind : "\(stages[index].kind)-\(number)"
          number += 1
        } while taken[name] != nil
        taken[name] = stages[index].place
      }
      stages[index].name = prefix + name
      nameStages(&stages[index].stages, prefix: prefix + name + "/")
    }
  }

  private func refusal(ofName name: String) -> String? {
    if name.isEmpty { return "it is empty" }
    if name.contains("/") { return "'/' stands between a group and its stages" }
    if name.contains("=") { return "'=' ends a name on the command line" }
    if name.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) {
      return "it has control characters"
    }
    return nil
  }

  // MARK: Groups

  private func checkGroups(_ stages: [StageDefinition]) {
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

  // MARK: Order

  private func checkOrder(_ stages: [StageDefinition]) {
    var unordered: StageDefinition?
    for stage in stages {
      let stageClass = stage.manual.stageClass(for: stage.arguments)
      if let first = unordered, !stage.manual.isGroup, stageClass != .lineWise {
        warn(
          "'\(stage.kind)' depends on the order of items, and '\(first.name)' above it gives it up "
            + "('order: none')", at: stage.place, code: "unordered")
      }
      if stage.common.fanout?.keepsOrder == false { unordered = stage }
      checkOrder(stage.stages)
    }
  }

  // MARK: Files

  private struct Writer {
    var isDeadLetter: Bool
    var place: Place
  }

  /// Dead letters may share a file, whole records of it; nothing else may.
  private func checkFiles(_ stages: [StageDefinition]) {
    var writers: [String: Writer] = [:]
    forEach(stages) { stage in
      for path in stage.arguments.writtenPaths(stage.manual.fields) {
        note(path, isDeadLetter: false, in: &writers)
      }
      if case .deadLetter(let path, _)? = stage.common.onError {
        note(path, isDeadLetter: true, in: &writers)
      }
    }
  }

  private func forEach(_ stages: [StageDefinition], _ body: (StageDefinition) -> Void) {
    for stage in stages {
      body(stage)
      forEach(stage.stages, body)
    }
  }

  private func note(_ path: Argument, isDeadLetter: Bool, in writers: inout [String: Writer]) {
    // What a template makes of it is known only when it is written.
    guard let text = path.string, !text.contains("{") else { return }
    let name = text.simplifiedPath
    guard let first = writers[name] else {
      writers[name] = Writer(isDeadLetter: isDeadLetter, place: path.place)
      return
    }
    if first.isDeadLetter && isDeadLetter { return }
    error(
      "the file \(Node.quoted(text)) is written by two stages", at: path.place,
      remedy: "the other is on line \(first.place.line); give each a file of its own",
      code: "shared-file")
  }
}

extension StageDefinition {
  /// The key that makes each item's way through the group its own; nil if there is none, and the
  /// group is a part of the stream like any stage.
  package var itemKey: String? {
    if common.fanout != nil { return "fanout" }
    if common.limits != Limits() { return "timeout" }
    if common.retry != nil { return "retry" }
    if let policy = common.onError {
      if case .fail = policy {} else { return "on_error" }
    }
    if common.emitsInput { return "emit" }
    return common.rate == nil ? nil : "rate"
  }
}

extension Arguments {
  /// The files that the stage's own fields say it writes.
  package func writtenPaths(_ fields: [Field]) -> [Argument] {
    fields.compactMap { field in
      if case .writtenPath = field.type { argument(field.name) } else { nil }
    }
  }
}

extension Duration {
  var inSeconds: Double {
    Double(components.seconds) + Double(components.attoseconds) / 1e18
  }
}

extension String {
  /// Without `.` and doubled slashes, so that one file is seen as one.
  package var simplifiedPath: String {
    let parts = split(separator: "/").filter { $0 != "." }
    return (hasPrefix("/") ? "/" : "") + parts.joined(separator: "/")
  }
}
