import Lines
import PipelineModel
import Stages

@testable import PipelineRuntime

/// What a pipeline means (SEMANTICS, D1): one line after another through all its stages, each to the
/// end before the next.
struct ReferenceRun {
  struct Broken: Error {
    var stage: String
    var line: Int
    var kind: String
    var message: String
  }
  /// The stream was ended in front of this stage.
  struct Ended: Error { var position: Int }

  /// An item on its way.
  struct Token {
    var text: String
    var line: Int
    var kind = ItemKind.line
    /// By the salt of what began it: the work begun on it, done when it is asked for.
    var begun: [UInt64: Begun] = [:]

    var isError: Bool { kind == .error }
    func with(_ text: String, _ kind: ItemKind = .line) -> Token {
      Token(text: text, line: line, kind: kind, begun: begun)
    }

    /// As a value of a list: a line is a string.
    var json: String {
      if kind != .line { return text }
      let escaped = text.flatMap { $0 == "\"" || $0 == "\\" ? ["\\", $0] : [$0] }
      return "\"\(String(escaped))\""
    }
  }

  /// Work that has been begun on an item, whose parts share it.
  final class Begun {
    let script: Script
    let item: Token
    init(_ script: Script, _ item: Token) { (self.script, self.item) = (script, item) }

    /// What it gave, or why it failed.
    lazy var result: Result<[Token], Broken> = {
      var run = ReferenceRun([], [])
      var results: [Token] = []
      do {
        try run.group(script, item) { results.append($1) }
      } catch let broken as Broken { return .failure(broken) } catch {}
      absorbed = run.absorbed
      return .success(results)
    }()
    private(set) var absorbed = 0
  }

  private let scripts: [Script]
  private(set) var results: [Token] = []
  var output: [String] { results.map(\.text) }
  private(set) var broken: Broken?
  private(set) var absorbed = 0
  private var counts: [Int]
  private var held: [[Token]]
  /// By stage: its branches as runs of their own, nil where a branch has ended.
  private var branches: [[ReferenceRun?]]

  /// Lines that are nil are not there; those behind them keep their numbers.
  init(_ scripts: [Script], _ lines: [String?]) {
    self.init(scripts)
    var flushFrom = 0
    do {
      do {
        for (index, line) in lines.enumerated() {
          if let line { try push(Token(text: line, line: index + 1), to: 0) }
        }
      } catch let end as Ended {
        flushFrom = end.position + 1
      }
      try flush(from: flushFrom)
    } catch {
      broken = error as? Broken
    }
  }

  private init(_ scripts: [Script]) {
    self.scripts = scripts
    counts = Array(repeating: 0, count: scripts.count)
    held = Array(repeating: [], count: scripts.count)
    branches = scripts.map { script in
      guard case .choose(let branches, _) = script.work else { return [] }
      return branches.map { ReferenceRun($0) }
    }
  }

  /// The way of one item through a group.
  private init(_ scripts: [Script], _ item: Token) {
    self.init(scripts)
    do {
      try push(Token(text: item.text, line: item.line, kind: item.kind), to: 0)
      try flush(from: 0)
    } catch { broken = error as? Broken }
  }

  var exitStatus: Int32 { broken == nil ? 0 : 1 }

  private mutating func push(_ item: Token, to position: Int) throws {
    guard position < scripts.count else { return results.append(item) }
    let script = scripts[position]
    if item.isError && script.stageClass != .gathering { return try push(item, to: position + 1) }
    switch script.work {
    case .tail, .reverse: held[position].append(item)
    case .head(let most):
      counts[position] += 1
      if counts[position] <= most { try push(item, to: position + 1) }
      if counts[position] >= most { throw Ended(position: position) }
    case .number:
      counts[position] += 1
      try push(item.with("\(counts[position]):\(item.text)"), to: position + 1)
    case .choose(_, let isComplete): try choose(item, position, isComplete)
    default:
      try results(script, item) { reference, result in
        try reference.push(result, to: position + 1)
      }
    }
  }

  /// The results of a line-wise stage, in order, and its failure where the policy is to fail.
  private mutating func results(
    _ script: Script, _ item: Token, _ give: (inout ReferenceRun, Token) throws -> Void
  ) throws {
    switch script.work {
    case .mark: try give(&self, item.with(item.text + "!"))
    case .drop: if !Script.drops(item.text) { try give(&self, item) }
    case .double:
      try give(&self, item.with(item.text + "a"))
      try give(&self, item.with(item.text + "b"))
    case .picky:
      if script.isRefused(item.text) { return try absorb(script, item, "pattern", 1, [], give) }
      try give(&self, item)
    case .slow: try attempts(script, item, give)
    case .group: try group(script, item, give)
    case .gather(let branches): try gather(branches, script, item, give)
    case .begin:
      var item = item
      item.begun[script.salt] = Begun(script, item)
      try give(&self, item)
    case .await(let salt):
      guard let begun = item.begun[salt] else { return try give(&self, item) }
      switch begun.result {
      case .failure(let broken): try absorb(script, item, broken.kind, 1, [], give, inner: broken)
      case .success(let results): try one(of: results, "'await'", script, item, give)
      }
      if begun.absorbed > 0 { absorbed += begun.absorbed }
    default: break
    }
  }

  // MARK: Branches

  private mutating func group(
    _ script: Script, _ item: Token, _ give: (inout ReferenceRun, Token) throws -> Void
  ) throws {
    let inner: [Script]
    switch script.work {
    case .group(let scripts), .begin(let scripts): inner = scripts
    default: return
    }
    let run = ReferenceRun(inner, item)
    let results = run.results.map { item.with($0.text, $0.kind) }
    if let broken = run.broken {
      return try absorb(script, item, broken.kind, 1, results, give, inner: broken)
    }
    for result in results { try give(&self, result) }
  }

  private mutating func gather(
    _ branches: [[Script]], _ script: Script, _ item: Token,
    _ give: (inout ReferenceRun, Token) throws -> Void
  ) throws {
    let runs = branches.map { ReferenceRun($0, item) }
    if let broken = runs.lazy.compactMap(\.broken).first {
      return try absorb(script, item, broken.kind, 1, [], give, inner: broken)
    }
    var values: [String] = []
    for (index, run) in runs.enumerated() {
      if run.results.count > 1 {
        let branch = "branch '\(script.name)/\(index + 1)': "
        return try tooMany(run.results.count, "'gather'", branch, script, item, give)
      }
      values.append(run.results.first?.json ?? "null")
    }
    try give(&self, item.with("[\(values.joined(separator: ","))]", .record))
  }

  private mutating func one(
    of results: [Token], _ taker: String, _ script: Script, _ item: Token,
    _ give: (inout ReferenceRun, Token) throws -> Void
  ) throws {
    if results.count > 1 { return try tooMany(results.count, taker, "", script, item, give) }
    let result = results.first
    try give(&self, item.with(result?.text ?? "null", result?.kind ?? .record))
  }

  private mutating func tooMany(
    _ count: Int, _ taker: String, _ prefix: String, _ script: Script, _ item: Token,
    _ give: (inout ReferenceRun, Token) throws -> Void
  ) throws {
    let broken = Broken(
      stage: script.name, line: item.line, kind: "expression",
      message: "\(prefix)\(count) results, and \(taker) takes one")
    try absorb(script, item, "expression", 1, [], give, inner: broken)
  }

  private mutating func choose(_ item: Token, _ position: Int, _ isComplete: Bool) throws {
    let count = branches[position].count
    let branch = Script.branch(of: item.text, among: count, isComplete: isComplete)
    guard branch < count else { return try push(item, to: position + 1) }
    guard var run = branches[position][branch] else { return }
    do {
      try run.push(item, to: 0)
      branches[position][branch] = run
    } catch let end as Ended {
      // What is behind its end in the branch gives what it holds.
      branches[position][branch] = nil
      var failure: Broken?
      do { try run.flush(from: end.position + 1) } catch { failure = error as? Broken }
      try take(&run, position)
      if let failure { throw failure }
      if isComplete, branches[position].allSatisfy({ $0 == nil }) {
        throw Ended(position: position)
      }
      return
    } catch {
      try take(&run, position)
      throw error
    }
    try take(&run, position)
    branches[position][branch] = run
  }

  /// Hands on what a branch has given.
  private mutating func take(_ run: inout ReferenceRun, _ position: Int) throws {
    let given = run.results
    run.results = []
    for item in given { try push(item, to: position + 1) }
  }

  // MARK: Attempts and policies

  private mutating func attempts(
    _ script: Script, _ item: Token, _ give: (inout ReferenceRun, Token) throws -> Void
  ) throws {
    for attempt in 1...script.attempts {
      let isLast = attempt == script.attempts
      switch script.outcome(item.text, attempt: attempt) {
      case .value(let results, let pause) where script.limit.map({ pause <= $0 }) ?? true:
        for index in 0..<results { try give(&self, item.with("\(item.text).\(index)")) }
        return
      case .failure(let results, let pause) where script.limit.map({ pause <= $0 }) ?? true:
        let streamed =
          script.attempts == 1 ? (0..<results).map { item.with("\(item.text).\($0)") } : []
        if isLast { try absorb(script, item, "exit", attempt, streamed, give) }
      default:
        if isLast { try absorb(script, item, "timeout", attempt, [], give) }
      }
    }
  }

  private mutating func absorb(
    _ script: Script, _ item: Token, _ kind: String, _ attempts: Int, _ streamed: [Token],
    _ give: (inout ReferenceRun, Token) throws -> Void, inner: Broken? = nil
  ) throws {
    let late = "no answer within \(script.limit?.written ?? "")"
    let message = inner?.message ?? (kind == "timeout" ? late : "refused")
    switch script.absorption {
    case .fail:
      for result in streamed { try give(&self, result) }
      throw inner ?? Broken(stage: script.name, line: item.line, kind: kind, message: message)
    case .skip: break
    case .pass: try give(&self, item)
    case .collect:
      let input = Token(text: item.text, line: 0).json
      try give(
        &self,
        item.with(
          #"{"error":{"stage":"\#(inner?.stage ?? script.name)","kind":"\#(kind)","line":\#(item.line),"message":"\#(message)","input":\#(input),"attempts":\#(attempts)}}"#,
          .error))
    case .replace, .deadLetter: break
    }
    absorbed += 1
  }

  // MARK: The end

  /// What stages hold at the end, from `first` on.
  private mutating func flush(from first: Int) throws {
    var first = first
    for position in scripts.indices where position >= first {
      do { try flush(position) } catch let end as Ended { first = end.position + 1 }
    }
  }

  private mutating func flush(_ position: Int) throws {
    switch scripts[position].work {
    case .tail(let most):
      for item in held[position].suffix(most) { try push(item, to: position + 1) }
    case .reverse:
      for item in held[position].reversed() { try push(item, to: position + 1) }
    case .choose:
      for index in branches[position].indices {
        guard var run = branches[position][index] else { continue }
        var failure: (any Error)?
        do { try run.flush(from: 0) } catch { failure = error }
        try take(&run, position)
        if let failure { throw failure }
      }
    default: break
    }
  }
}
