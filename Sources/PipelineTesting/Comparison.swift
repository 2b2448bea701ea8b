import Lines
import PipelineModel
import PipelineRuntime
import Stages
import YAMLTree

/// What a run has shown against what its case expects. Whatever goes wrong and is mentioned by no key
/// is a mismatch of its own.
struct Comparison {
  private let testCase: TestCase
  private let seen: Observation
  private var found: [Mismatch] = []
  /// The keys of `expect`; nil where it is the output itself.
  private let keys: Arguments?

  /// - Returns: what differs, in the order of importance.
  static func mismatches(_ testCase: TestCase, _ seen: Observation) -> [Mismatch] {
    var comparison = Comparison(testCase, seen)
    comparison.compare()
    return comparison.found
  }

  private init(_ testCase: TestCase, _ seen: Observation) {
    self.testCase = testCase
    self.seen = seen
    keys = testCase.expected?.arguments
  }

  private mutating func compare() {
    guard let outcome = seen.outcome else { return }
    guard case .ended(let ended) = outcome else {
      if case .refused(let failure) = outcome {
        add("run", "it can not begin: stage '\(failure.stage)': \(failure.failure.message)")
      }
      return
    }
    guard let expected = testCase.expected else { return expectationIsMissing() }
    compareEnding(ended)
    if let lines = Self.lines(expected) {
      exact("expect", lines, seen.output, at: expected.node)
    }
    compareOutput()
    compareFailures(ended)
    compareEffects(ended)
    compareWork(ended)
  }

  private mutating func add(
    _ key: String, _ message: String, at node: Node? = nil, _ proposal: Proposal? = nil
  ) {
    found.append(Mismatch(key, message, at: node, proposal: proposal))
  }

  private mutating func expectationIsMissing() {
    let lines = seen.output.map { String(decoding: $0.bytes, as: UTF8.self) }
    let text = lines.map { "      \(Visible.text(Array($0.utf8)))\n" }.joined()
    add(
      "expect", "nothing is expected yet; it would be\n    expect: |\n" + text, at: nil,
      .lines(lines))
  }

  // MARK: How it ended

  private mutating func compareEnding(_ ended: RunOutcome) {
    let status = Int(ended.exitStatus)
    if let exit = keys?.argument("exit"), keys?.isGiven("exit") == true {
      if exit.int != status {
        add(
          "exit", "the exit status is \(status)\(Self.because(ended))", at: exit.node,
          .scalar("\(status)"))
      }
    } else if status != 0, keys?.isGiven("error") != true,
      !(testCase.signal != nil && status > 128)
    {
      add("exit", "the run fails, and nothing says so: exit status \(status)\(Self.because(ended))")
    }
    guard let expected = keys?.argument("error"), keys?.isGiven("error") == true else { return }
    guard let failure = ended.failure else {
      return add("error", "the run does not fail", at: expected.node)
    }
    if !matches(failure, expected) {
      add("error", "the failure is \(Self.words(failure))", at: expected.node)
    }
  }

  private static func because(_ ended: RunOutcome) -> String {
    ended.failure.map { ": " + words($0) } ?? ""
  }

  private func matches(_ failure: StageFailure, _ expected: Argument) -> Bool {
    if let text = expected.string { return failure.failure.message.contains(text) }
    guard let parts = expected.arguments else { return false }
    return parts.string("stage").map { $0 == failure.stage } ?? true
      && parts.string("kind").map { $0 == failure.failure.kind.rawValue } ?? true
      && parts.int("line").map { UInt64($0) == failure.number } ?? true
      && parts.string("message").map { failure.failure.message.contains($0) } ?? true
  }

  static func words(_ failure: StageFailure) -> String {
    let line = failure.number.map { ", line: \($0)" } ?? ""
    return "{stage: \(failure.stage), kind: \(failure.failure.kind.rawValue)\(line)}, "
      + "\"\(failure.failure.message)\""
  }

  // MARK: Output

  private static func lines(_ argument: Argument?) -> [[UInt8]]? {
    guard let argument else { return nil }
    if let text = argument.string { return Array(text.utf8).lines(0x0A) }
    return argument.list?.map { Array(($0.string ?? "").utf8) }
  }

  private mutating func exact(
    _ key: String, _ expected: [[UInt8]], _ actual: [CaseLine], at node: Node,
    _ proposal: Proposal? = nil
  ) {
    if expected == actual.map(\.bytes) { return }
    let counts = "\(expected.count) lines expected (-), \(actual.count) there (+)"
    add(
      key, "\(counts)\n" + LineDiff(expected, actual).text, at: node,
      proposal ?? .lines(actual.map { String(decoding: $0.bytes, as: UTF8.self) }))
  }

  private mutating func compareOutput() {
    guard let keys else { return }
    if let output = keys.argument("output"), let lines = Self.lines(output) {
      exact("output", lines, seen.output, at: output.node)
    }
    if let base64 = keys.argument("base64") {
      let bytes = Base64.decode(Array((base64.string ?? "").utf8)) ?? []
      let actual = Base64.encode(seen.output.flatMap { $0.bytes + [seen.delimiter] })
      exact(
        "base64", bytes.lines(seen.delimiter), seen.output, at: base64.node,
        .scalar(String(decoding: actual, as: UTF8.self)))
    }
    if let unordered = keys.argument("unordered"), let lines = Self.lines(unordered) {
      let order: (CaseLine, CaseLine) -> Bool = {
        $0.bytes.lexicographicallyPrecedes($1.bytes)
      }
      let expected = lines.sorted { $0.lexicographicallyPrecedes($1) }
      exact("unordered", expected, seen.output.sorted(by: order), at: unordered.node)
    }
    if let contains = keys.argument("contains"), let lines = Self.lines(contains) {
      for line in lines where !seen.output.contains(where: { $0.bytes == line }) {
        add("contains", "no line is \(Visible.text(line))\n" + outputText, at: contains.node)
      }
    }
    if let matches = keys.argument("matches") { comparePatterns(matches) }
    if let count = keys.argument("count") {
      amount("count", seen.output.count, count, "lines of output")
    }
    if let empty = keys.argument("empty"), empty.bool != seen.output.isEmpty {
      add(
        "empty", seen.output.isEmpty ? "there is no output" : "there is output\n" + outputText,
        at: empty.node, .scalar("\(seen.output.isEmpty)"))
    }
    if let json = keys.argument("json") { compareJSON(json) }
  }

  private var outputText: String { LineDiff([], seen.output).text }

  private mutating func comparePatterns(_ matches: Argument) {
    for key in ["every", "some", "none"] {
      for text in matches.arguments?.list(key) ?? [] {
        guard let pattern = try? Pattern([text.string ?? ""], fixed: false, ignoreCase: false)
        else {
          add("matches.\(key)", "this is no pattern: \(text.string ?? "")", at: text.node)
          continue
        }
        let matcher = pattern.matcher()
        let hits = seen.output.map { line in
          line.bytes.withRawSpan { (try? matcher.matches($0)) ?? false }
        }
        let wrong: Int? =
          switch key {
          case "every": hits.firstIndex(of: false)
          case "none": hits.firstIndex(of: true)
          default: hits.contains(true) ? nil : -1
          }
        guard let wrong else { continue }
        let what =
          key == "none"
          ? "a line matches"
          : key == "every"
            ? "a line does not match"
            : "no line matches"
        let diff = wrong < 0 ? outputText : LineDiff([], [seen.output[wrong]]).text
        add("matches.\(key)", "\(what) \(text.string ?? "")\n\(diff)", at: text.node)
      }
    }
  }

  private mutating func compareJSON(_ json: Argument) {
    guard let values = json.node.sequence else {
      return add("json", "it takes a list, one value for each line of output", at: json.node)
    }
    if values.count != seen.output.count {
      add(
        "json", "\(values.count) lines expected, \(seen.output.count) there\n" + outputText,
        at: json.node)
    }
    for (value, line) in zip(values, seen.output) {
      guard let actual = JSONValue(line.bytes) else {
        add("json", "a line is no JSON\n" + LineDiff([], [line]).text, at: value)
        continue
      }
      let expected = JSONValue(value)
      if actual != expected {
        add(
          "json",
          "a value differs\n" + LineDiff([Array(expected.text.utf8)], [line]).text, at: value)
      }
    }
  }

  // MARK: Failures that policies absorbed

  private mutating func compareFailures(_ ended: RunOutcome) {
    // Behind the place where the run ended there may be more, as the schedule had it.
    let absorbed = seen.absorbed.filter { failure in
      endOfStream(before: failure.stage, ended).map { (failure.number ?? 0) <= $0 } ?? true
    }
    let skipped = absorbed.filter { policy(of: $0) == .skip }.count
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

  private enum PolicyKind { case skip, deadLetter, other }

  private func policy(of failure: StageFailure) -> PolicyKind {
    let stage = seen.plan.allStages.first { $0.name == failure.stage }
    switch stage?.definition.common.onError {
    case .skip: return .skip
    case .deadLetter: return .deadLetter
    default: return .other
    }
  }

  /// The inputs of the dead letters stand in the files that they were written to.
  private mutating func compareDeadLetters(
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

  private static func list(_ failures: [StageFailure]) -> String {
    failures.isEmpty ? "    none" : failures.map { "    - \(words($0))" }.joined(separator: "\n")
  }

  // MARK: Files, messages, time

  private mutating func compareEffects(_ ended: RunOutcome) {
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

  private mutating func compareElapsed(_ expected: Argument) {
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

  private mutating func compareWork(_ ended: RunOutcome) {
    for one in keys?.mapping("calls") ?? [] {
      work("calls", one, ended) { $0.attempts > 0 ? $0.attempts : $0.lines.taken }
    }
    for one in keys?.mapping("max_in_flight") ?? [] {
      work("max_in_flight", one, ended) { $0.mostInFlight }
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

  private mutating func work(
    _ key: String, _ one: NamedArgument, _ ended: RunOutcome,
    _ count: (StageCounters.Values) -> Int
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
      key, count(stage.counters.snapshot), one.argument, key.hasPrefix("c") ? "calls" : "at once")
  }

  /// Stages before the place where a run failed or had enough have run ahead of it: what they did is
  /// compared up to there only (SEMANTICS 1.15). The input line; nil where all counts.
  private func endOfStream(before stage: String, _ ended: RunOutcome) -> UInt64? {
    let names = seen.plan.stages.map(\.name)
    guard let position = names.firstIndex(where: { stage == $0 || stage.hasPrefix($0 + "/") })
    else { return nil }
    if let failure = ended.failure {
      let place = names.firstIndex { failure.stage == $0 || failure.stage.hasPrefix($0 + "/") }
      guard let place, position < place else { return nil }
      return failure.number.map { $0 } ?? failure.lastNumber ?? .max
    }
    guard let last = ended.lastUsed, position < names.count - 1 else { return nil }
    return last
  }

  private func isInner(_ stage: String) -> Bool {
    !seen.plan.stages.contains { $0.name == seen.plan.tappedStage(stage) }
  }

  private mutating func amount(
    _ key: String, _ actual: Int, _ expected: Argument, _ what: String
  ) {
    if let exact = expected.int {
      if exact != actual {
        add(key, "\(actual) \(what), not \(exact)", at: expected.node, .scalar("\(actual)"))
      }
      return
    }
    let parts = expected.arguments
    if let least = parts?.int("at_least"), actual < least {
      add(key, "\(actual) \(what), not at least \(least)", at: expected.node)
    }
    if let most = parts?.int("at_most"), actual > most {
      add(key, "\(actual) \(what), not at most \(most)", at: expected.node)
    }
  }
}

extension RunOutcome {
  fileprivate var failure: StageFailure? {
    for case .failure(let failure) in causes { return failure }
    return nil
  }
}

extension [CaseLine] {
  /// In the order of input lines; those of one line as they came.
  fileprivate var sortedByNumber: [CaseLine] {
    enumerated().sorted { ($0.element.number, $0.offset) < ($1.element.number, $1.offset) }
      .map(\.element)
  }
}
