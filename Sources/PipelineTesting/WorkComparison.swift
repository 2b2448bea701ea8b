import Lines
import PipelineModel
import PipelineRuntime
import Stages
import YAMLTree

// What a run did beside its output: failures that policies absorbed, files, messages, time, calls.

extension Comparison {
  // MARK: Failures that policies absorbed

  mutating func compareFailures(_ ended: RunOutcome) {
    // Behind the place where the run ended there may be more, as the schedule had it.
    let absorbed = seen.absorbed.filter { failure in
      endOfStream(before: failure.stage, ended).map { (failure.number ?? 0) <= $0 } ?? true
    }
    let dropped = seen.plan.allStages.reduce(0) { $0 + $1.counters.snapshot.lines.dropped }
    let skipped = dropped + absorbed.filter { policy(of: $0) == .skip }.count
    let letters = absorbed.filter { policy(of: $0) == .deadLetter }.count
    if let errors = keys?.argument("errors"), let expected = errors.list {
      let isEqual =
        expected.count == absorbed.count
        && zip(absorbed, expected).allSatisfy { matches($0, $1) }
      if !isEqual {
        add("errors", "the failures absorbed are\n" + Self.list(absorbed), at: errors.node)
      }
    }
    if let expected = keys?.argument("skipped") { amount("skipped", skipped, expected, "skipped") }
    if let expected = keys?.argument("dead_letters") {
      if let lines = expected.list.map({ $0.map { Array(($0.string ?? "").utf8) } }) {
        compareDeadLetters(lines, at: expected.node)
      } else {
        amount("dead_letters", letters, expected, "put aside")
      }
    }
    let mentioned = ["errors", "skipped", "dead_letters"].contains { keys?.isGiven($0) == true }
    if !absorbed.isEmpty, !mentioned {
      add(
        "errors",
        "failures were absorbed, and no key mentions them\n" + Self.list(absorbed)
          + "\n    say expect: {errors: […]}, or 'skipped' or 'dead_letters'")
    }
  }

  enum PolicyKind { case skip, deadLetter, other }

  func policy(of failure: StageFailure) -> PolicyKind {
    let stage = seen.plan.allStages.first { $0.name == failure.stage }
    switch stage?.definition.common.onError {
    case .skip: return .skip
    case .deadLetter: return .deadLetter
    default: return .other
    }
  }

  /// The inputs of the dead letters stand in the files that they were written to.
  mutating func compareDeadLetters(
    _ expected: [[UInt8]], at node: Node
  ) {
    var inputs: [CaseLine] = []
    for path in seen.plan.deadLetterPaths {
      for line in (seen.files.bytes(path) ?? []).lines(0x0A) {
        guard case .map(let record)? = JSONValue(line),
          case .map(let error)? = record.first(where: { $0.name == "error" })?.value
        else { continue }
        let number = error.first { $0.name == "line" }?.value.int ?? 0
        let input = error.first { $0.name == "input" }?.value.string ?? ""
        inputs.append(CaseLine(bytes: Array(input.utf8), number: UInt64(max(0, number))))
      }
    }
    exact("dead_letters", expected, inputs, at: node)
  }

  static func list(_ failures: [StageFailure]) -> String {
    failures.isEmpty ? "    none" : failures.map { "    - \(words($0))" }.joined(separator: "\n")
  }

  // MARK: Files, messages, time

  mutating func compareEffects(_ ended: RunOutcome) {
    for one in keys?.mapping("files") ?? [] {
      guard let bytes = seen.files.bytes(one.name) else {
        let paths = seen.files.paths
        let there = paths.isEmpty ? "no file was" : "written: " + paths.joined(separator: ", ")
        add("files.\(one.name)", "it was not written; \(there)", at: one.argument.node)
        continue
      }
      let lines = bytes.lines(seen.delimiter).map { CaseLine(bytes: $0, number: 0) }
      exact("files.\(one.name)", Self.lines(one.argument) ?? [], lines, at: one.argument.node)
    }
    if let stderr = keys?.argument("stderr") {
      let lines = Array(seen.messages.utf8).lines(0x0A).map { CaseLine(bytes: $0, number: 0) }
      if let wanted = Self.lines(stderr.arguments?.argument("contains")) {
        for line in wanted where !lines.contains(where: { $0.bytes == line }) {
          add(
            "stderr", "no line is \(Visible.text(line))\n" + LineDiff([], lines).text,
            at: stderr.node)
        }
      } else {
        exact("stderr", Self.lines(stderr) ?? [], lines, at: stderr.node)
      }
    }
    if let elapsed = keys?.argument("elapsed") { compareElapsed(elapsed) }
  }

  mutating func compareElapsed(_ expected: Argument) {
    let actual = seen.elapsed
    if let exact = expected.duration {
      if testCase.isReal {
        return add(
          "elapsed", "in real time it is a bound: say {at_most: …}", at: expected.node)
      }
      if exact != actual {
        add(
          "elapsed", "it takes \(actual.written), not \(exact.written)", at: expected.node,
          .scalar(actual.written))
      }
      return
    }
    let parts = expected.arguments
    if let least = parts?.duration("at_least"), actual < least {
      add("elapsed", "it takes \(actual.written), not at least \(least.written)", at: expected.node)
    }
    if let most = parts?.duration("at_most"), actual > most {
      add("elapsed", "it takes \(actual.written), not at most \(most.written)", at: expected.node)
    }
  }

  // MARK: What stages did

  mutating func compareWork(_ ended: RunOutcome) {
    for one in keys?.mapping("calls") ?? [] {
      work("calls", one, ended) { stage in
        let values = stage.counters.snapshot
        // Items that go by are taken too, and no attempt is made at them.
        return stage.isByItem ? values.attempts : values.lines.taken
      }
    }
    for one in keys?.mapping("max_in_flight") ?? [] {
      work("max_in_flight", one, ended) { $0.counters.snapshot.mostInFlight }
    }
    for one in keys?.mapping("seen") ?? [] {
      let calls = seen.standIns.mock(of: one.name)?.calls ?? []
      let lines = calls.map { CaseLine(bytes: Array($0.text.utf8), number: $0.line ?? 0) }
      exact("seen.\(one.name)", Self.lines(one.argument) ?? [], lines, at: one.argument.node)
    }
    for one in keys?.mapping("after") ?? [] {
      var lines = seen.taps[one.name] ?? []
      if isInner(one.name) { lines = lines.sortedByNumber }
      if let end = endOfStream(before: one.name, ended) {
        lines = lines.filter { $0.number <= end }
      }
      exact("after.\(one.name)", Self.lines(one.argument) ?? [], lines, at: one.argument.node)
    }
  }

  mutating func work(
    _ key: String, _ one: NamedArgument, _ ended: RunOutcome,
    _ count: (PlannedStage) -> Int
  ) {
    guard let stage = seen.plan.allStages.first(where: { $0.name == one.name }) else { return }
    if one.argument.int != nil, endOfStream(before: one.name, ended) != nil {
      return add(
        "\(key).\(one.name)",
        "the run ends early, and how far a stage before that place has come is left to the schedule: "
          + "say {at_least: …, at_most: …}", at: one.argument.node)
    }
    let key = "\(key).\(one.name)"
    amount(
      key, count(stage), one.argument, key.hasPrefix("c") ? "calls" : "at once")
  }

  func isInner(_ stage: String) -> Bool {
    !seen.plan.stages.contains { $0.name == seen.plan.tappedStage(stage) }
  }
}

extension [CaseLine] {
  /// In the order of input lines; those of one line as they came.
  fileprivate var sortedByNumber: [CaseLine] {
    enumerated().sorted { ($0.element.number, $0.offset) < ($1.element.number, $1.offset) }
      .map(\.element)
  }
}
