import YAMLTree

// The common keys of one stage: read, filled up from `defaults`, and turned into what they mean.

extension Reading {
  func commonArguments(_ entries: [Node.Entry], at place: Place) -> Arguments {
    arguments(
      entries.filter { $0.key.scalar?.text != "if" }, commonFields, of: "a stage", at: place)
  }

  private var commonFields: [Field] { CommonKeyTable.fields }

  /// Puts a stage together once its kind's own arguments are read.
  func finish(
    _ manual: StageManual, _ arguments: Arguments, common entries: [Node.Entry], at place: Place
  ) -> StageDefinition {
    let stageClass = manual.stageClass(for: arguments)
    var arguments = arguments
    var given = commonArguments(entries, at: place)
    for entry in given.entries {
      refuseIfMeaningless(
        entry.name, at: keyPlace(entry.name, entries), manual, stageClass, arguments)
      refuseParts(of: entry, manual)
    }
    refusePolicy(given.argument("on_error"), manual, stageClass)
    let used = pipelineUsed(arguments, by: manual, at: place)
    let stages = used?.stages ?? takeStages(&arguments)
    if stages.isEmpty {
      given.entries += defaults.filter {
        applies($0, to: manual, stageClass, given)
          && CommonKeyTable.refusal(of: $0.name, by: manual, in: stageClass, with: arguments) == nil
          && refusedPart(of: $0, manual) == nil
      }
    }
    var common = commonKeys(given)
    common.condition = condition(entries, manual, stageClass)
    checkPolicy(given, common)
    checkResults(given, manual)
    checkRoom(given)
    return StageDefinition(
      manual: manual, name: given.string("name") ?? "", place: place, common: common,
      arguments: arguments, stages: stages, givenName: given.argument("name"),
      used: used?.pipeline)
  }

  private func keyPlace(_ name: String, _ entries: [Node.Entry]) -> Place {
    let entry = entries.first { $0.key.scalar?.text == name }
    return entry?.key.place ?? Place(file: "", line: 1, column: 1)
  }

  private func refuseIfMeaningless(
    _ key: String, at place: Place, _ manual: StageManual, _ stageClass: StageClass,
    _ arguments: Arguments? = nil
  ) {
    let reason = CommonKeyTable.refusal(of: key, by: manual, in: stageClass, with: arguments)
    guard let reason else { return }
    error(
      "'\(key)' can mean nothing for '\(manual.kind)': \(reason)", at: place, code: "refused-key")
  }

  /// Of a key that the kind takes in part: what is given of it and can mean nothing.
  private func refusedPart(of entry: Arguments.Entry, _ manual: StageManual) -> Place? {
    guard let parts = manual.allowances.first(where: { $0.key == entry.name })?.parts else {
      return nil
    }
    guard let given = entry.argument.arguments else { return entry.argument.place }
    return given.entries.first { $0.isGiven && !parts.contains($0.name) }?.argument.place
  }

  private func refuseParts(of entry: Arguments.Entry, _ manual: StageManual) {
    guard let place = refusedPart(of: entry, manual) else { return }
    let parts = manual.allowances.first { $0.key == entry.name }?.parts ?? []
    error(
      "'\(entry.name)' of '\(manual.kind)' takes only {\(parts.joined(separator: ", "))}: its "
        + "results come from many items, and no item has an attempt of its own", at: place,
      remedy: "write \(entry.name): {\(parts.map { "\($0): …" }.joined(separator: ", "))}",
      code: "refused-key")
  }

  private func refusePolicy(
    _ argument: Argument?, _ manual: StageManual, _ stageClass: StageClass
  ) {
    guard let argument, stageClass == .gathering, let policy = argument.policy,
      CommonKeyTable.placePolicies.contains(policy)
    else { return }
    error(
      "'on_error: \(policy)' can mean nothing for '\(manual.kind)': its results come from many "
        + "items, and a failed one has no place among them", at: argument.place,
      remedy: "take fail, skip or {dead_letter: PATH}", code: "refused-key")
  }

  /// Defaults reach what takes them, silently: that is their use.
  private func applies(
    _ entry: Arguments.Entry, to manual: StageManual, _ stageClass: StageClass, _ given: Arguments
  ) -> Bool {
    if given.isGiven(entry.name) { return false }
    if CommonKeyTable.refusal(of: entry.name, by: manual, in: stageClass) != nil { return false }
    if entry.name == "on_error", stageClass == .gathering, let policy = entry.argument.policy {
      return !CommonKeyTable.placePolicies.contains(policy)
    }
    // A default bound on what is absorbed says nothing about a stage that absorbs nothing.
    if entry.name == "max_errors" {
      let byDefault = defaults.first { $0.name == "on_error" }
        .flatMap { applies($0, to: manual, stageClass, given) ? $0.argument : nil }
      return (given.argument("on_error") ?? byDefault).map { $0.string != "fail" } ?? false
    }
    return true
  }

  private func checkPolicy(_ given: Arguments, _ common: CommonKeys) {
    guard let maxErrors = given.argument("max_errors") else { return }
    if case .fail = common.onError ?? .fail {
      error(
        "'max_errors' counts what 'on_error' absorbs, and 'on_error: fail' absorbs nothing",
        at: maxErrors.place, remedy: "add 'on_error: skip' or another policy, or leave it out",
        code: "refused-key")
    }
  }

  private func checkResults(_ given: Arguments, _ manual: StageManual) {
    guard let results = given.argument("results"), !given.isGiven("into"),
      !manual.takesResultsAsValues
    else { return }
    error(
      "'results' can mean nothing without 'into': each result is an item of its own",
      at: results.place, remedy: "name the field that takes them: into: NAME",
      code: "refused-key")
  }

  private func checkRoom(_ given: Arguments) {
    guard let fanout = given.arguments("fanout"), fanout.string("order") == "none",
      let lookahead = fanout.argument("lookahead")
    else { return }
    error(
      "'lookahead' can mean nothing with 'order: none': no item waits for an earlier one",
      at: lookahead.place, code: "refused-key")
  }
}

// `if`
extension Reading {
  private func condition(
    _ entries: [Node.Entry], _ manual: StageManual, _ stageClass: StageClass
  ) -> Condition? {
    guard let entry = entries.first(where: { $0.key.scalar?.text == "if" }) else { return nil }
    refuseIfMeaningless("if", at: entry.key.place, manual, stageClass)
    return condition(entry.value)
  }

  func condition(_ value: Node) -> Condition? {
    guard let tests = value.mapping else {
      return self.value(value, as: .expression, name: "'if'").map {
        Condition(test: .expression($0), place: value.place)
      }
    }
    guard let test = tests.first(where: { $0.key.scalar?.text == "grep" }), tests.count == 1,
      let manual = manual(of: "grep")
    else {
      let wrong = tests.first { $0.key.scalar?.text != "grep" }
      let isField = manual(of: "grep")?.fields.contains { $0.name == wrong?.key.scalar?.text }
      error(
        "'if' takes an expression, or {grep: PATTERN}", at: (wrong?.key ?? value).place,
        remedy: isField == true ? "write it into the test: {grep: {pattern: …, …}}" : nil,
        code: "unknown-key")
      return nil
    }
    let arguments = stageArguments(test.value, of: manual, at: test.key.place)
    return arguments.map { Condition(test: .grep($0), place: value.place) }
  }
}

extension Argument {
  /// The word for an `on_error` value: `skip`, `default`, `dead_letter`.
  var policy: String? { string ?? arguments?.entries.first?.name }
}
