import Flow
import Lines
import PipelineModel
import PipelineRuntime
import Records
import Stages
import Synchronization
import YAMLTree

/// What a case says in the place of a stage.
struct MockPlan: Sendable {
  var stage: String
  var rules: [MockRule]
  var place: Place
}

/// One rule of a mock: for which calls, and what they give.
struct MockRule: Sendable {
  var match: Pattern?
  var request: Pattern?
  /// For so many attempts at each item.
  var times: Int?
  /// For so many calls over the stage.
  var calls: Int?
  /// Texts of lines, taken in turn by the items.
  var outputs: [String]?
  var template: Argument?
  var failure: Failure?
  var delay = Duration.zero
  var hangs = false

  init(output: Argument) { outputs = [output.string ?? ""] }

  init(_ arguments: Arguments, match: Pattern?, request: Pattern?) {
    self.match = match
    self.request = request
    times = arguments.int("times")
    calls = arguments.int("calls")
    if let output = arguments.argument("output") {
      outputs = output.string.map { [$0] } ?? (output.list ?? []).compactMap(\.string)
    }
    template = arguments.argument("template")
    delay = arguments.duration("delay") ?? .zero
    hangs = arguments.bool("hang") ?? false
    failure = Self.failure(arguments)
  }

  private static func failure(_ arguments: Arguments) -> Failure? {
    if let error = arguments.argument("error") {
      let parts = error.arguments
      let kind = parts?.string("kind").flatMap(Failure.Kind.init) ?? .exit
      return Failure(kind, error.string ?? parts?.string("message") ?? "")
    }
    if let exit = arguments.int("exit"), exit != 0 {
      return Failure(.exit, "exit status \(exit)", status: exit)
    }
    guard let status = arguments.int("status"), !(200..<300).contains(status) else { return nil }
    var failure = Failure(.http, "status \(status)", status: status)
    failure.retryAfter = arguments.duration("retry_after")
    return failure
  }
}

/// A mock at work in one run: an asynchronous function of one item that follows its rules and notes
/// what it was called with.
final class Mock: Performer {
  struct Call: Sendable {
    var line: UInt64?
    var ordinal: Int
    var attempt: Int
    /// What the stage would have asked the world for, or the item.
    var text: String
  }

  private let plan: MockPlan
  /// The stage that it takes the place of, where that has a request to show.
  private let own: (any Performer)?
  private let delimiter: UInt8
  /// Whether each item comes alone, in a run of its own.
  private let isInner: Bool
  private let templates: [Template?]
  private let state: Mutex<(calls: [Call], callsLeft: [Int?])>

  /// Throws what is wrong with a template.
  init(
    _ plan: MockPlan, in place: (any Performer)?, isInner: Bool, _ setting: Setting
  ) throws(Diagnostic) {
    self.plan = plan
    self.isInner = isInner
    own = place
    delimiter = setting.delimiter
    var templates: [Template?] = []
    for rule in plan.rules {
      if let template = rule.template {
        templates.append(try Template(template, setting))
      } else {
        templates.append(nil)
      }
    }
    self.templates = templates
    state = Mutex(([], plan.rules.map(\.calls)))
  }

  /// In the order of the items, those of one item in the order of its attempts.
  var calls: [Call] {
    state.withLock { $0.calls }.sorted {
      ($0.line ?? 0, $0.ordinal, $0.attempt) < ($1.line ?? 0, $1.ordinal, $1.attempt)
    }
  }

  func perform(_ item: Item, _ attempt: any Attempt) async throws(Failure) {
    let words = try own?.request(for: item) ?? []
    let text =
      words.isEmpty
      ? String(decoding: item.text, as: UTF8.self) : words.joined(separator: " ")
    state.withLock { state in
      state.calls.append(
        Call(line: item.number, ordinal: attempt.ordinal, attempt: attempt.number, text: text))
    }
    guard let index = try rule(for: item, text, attempt.number) else {
      throw Failure(
        .stage, "its mock has no rule for this item",
        remedy: "add a rule without 'match' behind the others")
    }
    let rule = plan.rules[index]
    if rule.delay > .zero { guard await attempt.sleep(for: rule.delay) else { return } }
    if rule.hangs { return await attempt.cancellation.wait() }
    if rule.failure == nil || rule.outputs != nil || rule.template != nil {
      _ = await attempt.emit(try results(rule, templates[index], item, turn(item, attempt)))
    }
    if let failure = rule.failure { throw failure }
  }

  /// The first rule that is for this call; a call that a rule counts is taken from it.
  private func rule(
    for item: Item, _ text: String, _ attempt: Int
  ) throws(Failure) -> Int? {
    for (index, rule) in plan.rules.enumerated() {
      if let match = rule.match, try !matches(match, item.text) { continue }
      if let request = rule.request, try !matches(request, Array(text.utf8)) { continue }
      if let times = rule.times, attempt > times { continue }
      let isLeft = state.withLock { state in
        guard let left = state.callsLeft[index] else { return true }
        state.callsLeft[index] = max(left - 1, 0)
        return left > 0
      }
      if isLeft { return index }
    }
    return nil
  }

  private func matches(_ pattern: Pattern, _ text: [UInt8]) throws(Failure) -> Bool {
    let matcher = pattern.matcher(delimiter: delimiter)
    do throws(PatternLimit) {
      return try text.withRawSpan { (bytes) throws(PatternLimit) in try matcher.matches(bytes) }
    } catch {
      throw Failure(.stage, "a pattern of its mock: \(PatternLimit.message)")
    }
  }

  /// Which turn an item has: its place in the stream, or where each comes alone its input line's.
  private func turn(_ item: Item, _ attempt: any Attempt) -> Int {
    isInner ? Int(clamping: (item.number ?? 1) - 1) : attempt.ordinal
  }

  private func results(
    _ rule: MockRule, _ template: Template?, _ item: Item, _ turn: Int
  ) throws(Failure) -> Batch {
    if let template { return try results(try template.render(item), item) }
    guard let outputs = rule.outputs else { return item.batch }
    let text = outputs.isEmpty ? "" : outputs[turn % outputs.count]
    return try results(Array(text.utf8), item)
  }

  /// As the stage would make them of what it is given: lines, or one record.
  private func results(_ text: [UInt8], _ item: Item) throws(Failure) -> Batch {
    guard own?.givesRecords == true, !text.isEmpty else {
      return item.results(lines: text, delimiter)
    }
    var builder = BatchBuilder(delimiter: delimiter)
    var parser = JSONParser()
    do throws(RecordFault) {
      try Text(text).withSpan { (bytes) throws(RecordFault) in
        try parser.parse(bytes, into: &builder)
      }
    } catch {
      throw Failure(
        .stage, "its mock gives what is no JSON: \(error)", remedy: "the stage itself gives records"
      )
    }
    builder.endLine(like: item.batch, 0, kind: .record)
    return builder.take(covering: 0..<0)
  }
}

/// A mock of a stage that makes its results of many items: it gives them at the end.
struct GatheringMock: Transform {
  let rule: MockRule
  let delimiter: UInt8

  mutating func process(
    _ batch: Batch, _ cursor: inout Cursor, upTo end: Int, into out: inout BatchBuilder
  ) throws(Failure) -> Progress {
    cursor = Cursor(item: end)
    return .done
  }

  mutating func finish(into out: inout BatchBuilder) throws(Failure) -> Progress {
    for line in Array((rule.outputs?.joined(separator: "\n") ?? "").utf8).lines(delimiter) {
      out.append(line)
      out.endLine(number: 0)
    }
    if let failure = rule.failure { throw failure }
    return .done
  }
}

extension Array where Element == UInt8 {
  /// Divided by `delimiter`, which the last line may lack.
  func lines(_ delimiter: UInt8) -> [[UInt8]] {
    if isEmpty { return [] }
    var parts = split(separator: delimiter, omittingEmptySubsequences: false).map { Array($0) }
    if last == delimiter { parts.removeLast() }
    return parts
  }

  func withRawSpan<R, E: Error>(_ body: (RawSpan) throws(E) -> R) throws(E) -> R {
    try body(span.bytes)
  }
}

extension Item {
  /// Lines as results of this item.
  fileprivate func results(lines text: [UInt8], _ delimiter: UInt8) -> Batch {
    var builder = BatchBuilder(delimiter: delimiter)
    for line in text.lines(delimiter) {
      builder.append(line)
      builder.endLine(like: batch, 0)
    }
    return builder.take(covering: 0..<0)
  }
}

extension Cancellation {
  /// Suspends until it is cancelled.
  fileprivate func wait() async {
    await withUnsafeContinuation { continuation in
      let waiter = Waiter(continuation)
      onCancel { _ in waiter.wake() }
    }
    onCancel(nil)
  }
}

/// A continuation that may be woken more than once.
private final class Waiter: Sendable {
  private let waiting: Mutex<UnsafeContinuation<Void, Never>?>

  init(_ waiting: UnsafeContinuation<Void, Never>) { self.waiting = Mutex(waiting) }

  func wake() {
    let continuation = waiting.withLock { waiting in
      defer { waiting = nil }
      return waiting
    }
    continuation?.resume()
  }
}
