import YAMLTree

// What is begun is collected: every `start` has its `await`, and what stands between them keeps items
// one by one and in order (SEMANTICS 5.14).

extension Reading {
  func checkStarts(_ stages: [StageDefinition]) {
    var started: [String: Int] = [:]
    var awaited: [String: StageDefinition] = [:]
    for (index, stage) in stages.enumerated() {
      if stage.kind == "start", let name = startedName(stage) {
        if let first = started[name] {
          error(
            "the work \(Node.quoted(name)) is started twice", at: stage.place,
            remedy: "the first is on line \(stages[first].place.line); give each its own name")
        }
        started[name] = index
      } else if stage.kind == "await", let argument = stage.arguments.argument("work"),
        let name = argument.string
      {
        guard let first = started[name] else {
          error(
            "the work \(Node.quoted(name)) is never started", at: argument.place,
            remedy: Spelling.hint(for: name, in: started.keys.sorted())
              ?? "a 'start' of that name stands above it, in the same list of stages",
            code: "never-started")
          continue
        }
        if let other = awaited[name] {
          error(
            "the work \(Node.quoted(name)) is awaited twice", at: argument.place,
            remedy:
              "the first 'await' is on line \(other.place.line); it may keep the result by 'into'"
          )
        }
        awaited[name] = stage
        for between in stages[first + 1..<index] { refuseBetween(between, name) }
      }
      checkStarts(stage.stages)
    }
    for (name, index) in started.sorted(by: { $0.value < $1.value }) where awaited[name] == nil {
      error(
        "the work \(Node.quoted(name)) is started and never awaited", at: stages[index].place,
        remedy: "put 'await: \(name)' below it, in the same list of stages", code: "never-awaited")
    }
  }

  /// The one name of the work that a `start` begins.
  private func startedName(_ stage: StageDefinition) -> String? {
    let names = stage.arguments.mapping("work") ?? []
    if names.count > 1 {
      error(
        "'start' begins one work, and this one has \(names.count)", at: names[1].key.place,
        remedy: "write a 'start' of its own for each", code: "invalid-value")
    }
    if stage.common.fanout?.keepsOrder == false {
      error(
        "'start' keeps order: its items go on at once",
        at: stage.common.fanout?.place ?? stage.place,
        remedy: "leave 'order' out", code: "refused-key")
    }
    return names.first?.name
  }

  private func refuseBetween(_ stage: StageDefinition, _ name: String) {
    let remedy = "put it above the 'start' or below the 'await'"
    let isGathering = stage.manual.stageClass(for: stage.arguments) == .gathering
    if isGathering {
      error(
        "'\(stage.kind)' can not stand between the start of \(Node.quoted(name)) and its 'await': it "
          + "holds items, and both would wait for each other", at: stage.place, remedy: remedy,
        code: "refused-stage")
    } else if stage.common.fanout?.keepsOrder == false {
      error(
        "'\(stage.name)' gives up the order ('order: none') between the start of \(Node.quoted(name)) "
          + "and its 'await', which need it", at: stage.place, remedy: remedy, code: "refused-stage"
      )
    }
    // Where each item goes alone nothing gathers; what a side stream does is its own affair.
    if stage.kind != "tee" { for inner in stage.stages { refuseBetween(inner, name) } }
  }
}
