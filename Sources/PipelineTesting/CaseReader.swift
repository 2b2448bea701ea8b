import Lines
package import PipelineModel
import PipelineRuntime
import Records
package import YAMLTree

/// Reads the cases of a file; what is wrong with them is collected.
package struct CaseReader {
  private let reading: Reading
  private var names: [String: Place] = [:]
  private let definition: PipelineDefinition

  package init(_ definition: PipelineDefinition, _ reading: Reading) {
    self.definition = definition
    self.reading = reading
  }

  /// The cases under `tests`: a list, or a mapping with `defaults` and `cases`.
  package mutating func cases(_ tests: Node) -> [TestCase] {
    guard let entries = tests.mapping else { return cases(tests, defaults: nil) }
    let suite = reading.arguments(
      entries, CaseTable.suiteFields, of: "'tests'", at: tests.place)
    guard let list = suite.argument("cases")?.node else { return [] }
    return cases(list, defaults: suite.argument("defaults")?.node)
  }

  package mutating func cases(_ list: Node, defaults: Node?) -> [TestCase] {
    guard let items = list.sequence else {
      reading.error(
        "'tests' takes a list of cases, not \(list.spokenOf)", at: list.place,
        remedy: "begin each case with '- '")
      return []
    }
    if let defaults, defaults.mapping == nil {
      reading.error("'defaults' takes keys of a case, not \(defaults.spokenOf)", at: defaults.place)
    }
    return items.flatMap { rows($0, defaults?.mapping ?? []) }
  }

  /// The case, or one for each row of its table.
  private mutating func rows(_ node: Node, _ defaults: [Node.Entry]) -> [TestCase] {
    guard let own = node.mapping else {
      reading.error(
        "a case is a mapping with 'name', 'input' and 'expect', not \(node.spokenOf)",
        at: node.place)
      return []
    }
    let whole = CaseEntries.merged(defaults, own)
    guard let table = whole.first(where: { $0.key.scalar?.text == "cases" }) else {
      return testCase(whole, node, row: nil).map { [$0] } ?? []
    }
    let shared = whole.filter { $0.key.scalar?.text != "cases" }
    guard let rows = table.value.sequence else {
      reading.error(
        "'cases' takes a list of rows, not \(table.value.spokenOf)", at: table.value.place)
      return []
    }
    return rows.enumerated().compactMap { index, row in
      guard let entries = row.mapping else {
        reading.error("a row has keys of a case; this is \(row.spokenOf)", at: row.place)
        return nil
      }
      return testCase(CaseEntries.merged(shared, entries), row, row: index + 1)
    }
  }

  private mutating func testCase(_ entries: [Node.Entry], _ node: Node, row: Int?) -> TestCase? {
    let errors = reading.diagnostics.count
    let arguments = reading.arguments(entries, CaseTable.caseFields, of: "a case", at: node.place)
    var name = arguments.string("name") ?? ""
    if let row, node.mapping?.contains(where: { $0.key.scalar?.text == "name" }) != true {
      name += " [\(row)]"
    }
    if let before = names.updateValue(node.place, forKey: name), !name.isEmpty {
      reading.error(
        "the name \(Node.quoted(name)) is taken", at: arguments.place("name"),
        remedy: "the case on line \(before.line) has it")
    }
    checkTarget(arguments)
    let start = start(arguments.argument("start"))
    let mocks = mocks(arguments.mapping("mocks") ?? [])
    let faults = faults(arguments.list("inject") ?? [])
    let input = input(arguments.argument("input"))
    ExpectationChecks(reading, definition).check(arguments)
    let testCase = TestCase(
      name: name, tags: arguments.strings("tags") ?? [], place: node.place, node: node,
      arguments: arguments, start: start, input: input, mocks: mocks, faults: faults)
    if testCase.isReal, let given = given(entries, "start") {
      reading.error("'start' means nothing in real time: there the date is today's", at: given)
    }
    return reading.diagnostics.count == errors ? testCase : nil
  }

  private func given(_ entries: [Node.Entry], _ key: String) -> Place? {
    entries.first { $0.key.scalar?.text == key }?.key.place
  }

  /// In nanoseconds since 1970.
  private func start(_ argument: Argument?) -> Int64 {
    guard let argument else { return 0 }
    let text = Text(argument.string ?? "")
    if let time = text.withSpan({ ClockText.rfc3339($0) }) {
      let (whole, overflow) = time.seconds.multipliedReportingOverflow(by: 1_000_000_000)
      if !overflow { return whole &+ Int64(time.nanoseconds) }
    }
    reading.error(
      "'start' takes a date such as 2026-01-31T12:00:00Z, not \(argument.node.spokenOf)",
      at: argument.place)
    return 0
  }

  // MARK: Stages that are named

  private func checkTarget(_ arguments: Arguments) {
    if let stage = arguments.argument("stage") {
      checkStage(stage.string ?? "", at: stage.place)
      for key in ["from", "to"] where arguments.isGiven(key) {
        reading.error("'\(key)' can not go with 'stage'", at: arguments.place(key))
      }
    }
    let top = definition.stages.map(\.name)
    for key in ["from", "to"] {
      guard let argument = arguments.argument(key), let name = argument.string,
        !top.contains(name)
      else { continue }
      reading.error(
        "'\(key)' names a stage of the pipeline's own list, and \(Node.quoted(name)) is none",
        at: argument.place, remedy: Spelling.hint(for: name, in: top), code: "unknown-stage")
    }
    if let from = top.firstIndex(of: arguments.string("from") ?? ""),
      let to = top.firstIndex(of: arguments.string("to") ?? ""), to < from
    {
      reading.error("'to' stands before 'from' in the pipeline", at: arguments.place("to"))
    }
  }

  private func checkStage(_ name: String, at place: Place) {
    ExpectationChecks(reading, definition).checkStage(name, at: place)
  }

  // MARK: Input

  private func input(_ argument: Argument?) -> CaseInput {
    guard let argument else { return .text([]) }
    if let text = argument.string { return .text(Array(text.utf8)) }
    if let list = argument.list { return .timed(list.map(Self.timed)) }
    let parts = argument.arguments
    let given = ["text", "file", "base64", "generate"].filter { parts?.isGiven($0) == true }
    if given.count != 1 {
      reading.error(
        "'input' takes one of 'text', 'file', 'base64' and 'generate'", at: argument.place)
    }
    var bytes: [UInt8]?
    if let text = parts?.string("text") { bytes = Array(text.utf8) }
    if let text = parts?.argument("base64") {
      bytes = Base64.decode(Array((text.string ?? "").utf8))
      if bytes == nil { reading.error("this is no base64", at: text.place) }
    }
    if var bytes {
      if parts?.bool("final_newline") == false, bytes.last == 0x0A { bytes.removeLast() }
      return .text(bytes)
    }
    if let file = parts?.string("file") { return .file(file) }
    let made = parts?.arguments("generate")
    return .made(lines: made?.int("lines") ?? 0, line: made?.string("line") ?? "{nr}")
  }

  private static func timed(_ argument: Argument) -> CaseInput.TimedLine {
    CaseInput.TimedLine(
      at: argument.arguments?.duration("at"),
      line: Array((argument.string ?? argument.arguments?.string("line") ?? "").utf8))
  }

  // MARK: Mocks and faults

  private func mocks(_ given: [NamedArgument]) -> [MockPlan] {
    given.compactMap { one in
      checkStage(one.name, at: one.key.place)
      var rules: [MockRule] = []
      if one.argument.string != nil {
        rules = [MockRule(output: one.argument)]
      } else {
        let parts =
          one.argument.arguments.map { [$0] }
          ?? (one.argument.list ?? []).compactMap(\.arguments)
        for part in parts { if let rule = rule(part) { rules.append(rule) } }
      }
      return MockPlan(stage: one.name, rules: rules, place: one.key.place)
    }
  }

  private func rule(_ arguments: Arguments) -> MockRule? {
    for (one, other) in [
      ("output", "template"), ("error", "exit"), ("error", "status"),
      ("exit", "status"),
    ]
    where arguments.isGiven(one) && arguments.isGiven(other) {
      reading.error("'\(one)' can not go with '\(other)'", at: arguments.place(other))
    }
    if arguments.isGiven("retry_after"), !arguments.isGiven("status") {
      reading.error("'retry_after' goes with 'status'", at: arguments.place("retry_after"))
    }
    return MockRule(
      arguments, match: pattern(arguments.argument("match")),
      request: pattern(arguments.argument("request")))
  }

  private func pattern(_ argument: Argument?) -> Pattern? {
    guard let argument else { return nil }
    do throws(PatternError) {
      return try Pattern([argument.string ?? ""], fixed: false, ignoreCase: false)
    } catch {
      reading.error(
        "this is no pattern: \(error.message)", at: argument.place(at: error.offset),
        code: "pattern")
      return nil
    }
  }

  private func faults(_ list: [Argument]) -> [InjectedFault] {
    list.compactMap { argument in
      guard let parts = argument.arguments, let stage = parts.argument("stage") else { return nil }
      checkStage(stage.string ?? "", at: stage.place)
      let action: InjectedFault.Action
      switch parts.string("do") {
      case "timeout": action = .timeout
      case "cancel": action = .cancel
      case "slow":
        guard let by = parts.duration("by") else {
          reading.error(
            "'do: slow' needs 'by', how late the work begins", at: parts.place("do"),
            code: "missing-key")
          return nil
        }
        action = .slow(by)
      default: action = .fail
      }
      return InjectedFault(
        stage: stage.string ?? "", line: UInt64(parts.int("line") ?? 1), action: action,
        attempts: parts.int("attempts") ?? .max, place: argument.place)
    }
  }
}

/// The keys of a case over those it begins with.
private enum CaseEntries {
  /// Mappings whose keys are merged one by one; any other value replaces the one before.
  private static let deep: Set = ["params", "env", "mocks"]

  static func merged(_ base: [Node.Entry], _ own: [Node.Entry]) -> [Node.Entry] {
    var result = base.filter { entry in
      !own.contains { $0.key.scalar?.text == entry.key.scalar?.text }
    }
    for entry in own {
      guard let name = entry.key.scalar?.text, deep.contains(name),
        let inner = entry.value.mapping,
        let before = base.first(where: { $0.key.scalar?.text == name })?.value.mapping
      else {
        result.append(entry)
        continue
      }
      var value = entry.value
      let kept = before.filter { one in
        !inner.contains { $0.key.scalar?.text == one.key.scalar?.text }
      }
      value.content = .mapping(kept + inner)
      result.append(Node.Entry(key: entry.key, value: value))
    }
    return result
  }
}
