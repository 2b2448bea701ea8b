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

  private let scripts: [Script]
  private(set) var results: [(text: String, isError: Bool)] = []
  var output: [String] { results.map(\.text) }
  private(set) var broken: Broken?
  private(set) var absorbed = 0
  private var counts: [Int]
  private var held: [[(String, Int, Bool)]]
  private var satisfied: Set<Int> = []

  /// Lines that are nil are not there; those behind them keep their numbers.
  init(_ scripts: [Script], _ lines: [String?]) {
    self.scripts = scripts
    counts = Array(repeating: 0, count: scripts.count)
    held = Array(repeating: [], count: scripts.count)
    var flushFrom = 0
    do {
      do {
        for (index, line) in lines.enumerated() {
          if let line { try push(line, index + 1, isError: false, to: 0) }
        }
      } catch let end as Ended {
        flushFrom = end.position + 1
      }
      for position in scripts.indices where position >= flushFrom {
        do { try flush(position) } catch let end as Ended { flushFrom = end.position + 1 }
      }
    } catch {
      broken = error as? Broken
    }
  }

  var exitStatus: Int32 { broken == nil ? 0 : 1 }

  private mutating func push(
    _ item: String, _ line: Int, isError: Bool, to position: Int
  ) throws {
    guard position < scripts.count else { return results.append((item, isError)) }
    let script = scripts[position]
    if isError && script.stageClass != .gathering {
      return try push(item, line, isError: true, to: position + 1)
    }
    switch script.work {
    case .tail, .reverse: held[position].append((item, line, isError))
    case .head(let most):
      counts[position] += 1
      if counts[position] <= most { try push(item, line, isError: false, to: position + 1) }
      if counts[position] >= most { throw Ended(position: position) }
    case .number:
      counts[position] += 1
      try push("\(counts[position]):\(item)", line, isError: false, to: position + 1)
    default:
      try results(script, item, line) { reference, result, isError in
        try reference.push(result, line, isError: isError, to: position + 1)
      }
    }
  }

  /// The results of a line-wise stage, in order, and its failure where the policy is to fail.
  private mutating func results(
    _ script: Script, _ item: String, _ line: Int,
    _ give: (inout ReferenceRun, String, Bool) throws -> Void
  ) throws {
    switch script.work {
    case .mark: try give(&self, item + "!", false)
    case .drop: if !Script.drops(item) { try give(&self, item, false) }
    case .double:
      try give(&self, item + "a", false)
      try give(&self, item + "b", false)
    case .picky:
      if script.isRefused(item) { return try absorb(script, item, line, "pattern", 1, [], give) }
      try give(&self, item, false)
    case .slow: try attempts(script, item, line, give)
    case .group(let inner):
      let run = ReferenceRun(inner, item, line)
      if let broken = run.broken {
        return try absorb(script, item, line, broken.kind, 1, run.results, give, inner: broken)
      }
      for result in run.results { try give(&self, result.text, result.isError) }
    default: break
    }
  }

  /// The way of one item through a group.
  private init(_ scripts: [Script], _ item: String, _ line: Int) {
    self.scripts = scripts
    counts = Array(repeating: 0, count: scripts.count)
    held = Array(repeating: [], count: scripts.count)
    do { try push(item, line, isError: false, to: 0) } catch { broken = error as? Broken }
  }

  private mutating func attempts(
    _ script: Script, _ item: String, _ line: Int,
    _ give: (inout ReferenceRun, String, Bool) throws -> Void
  ) throws {
    for attempt in 1...script.attempts {
      let isLast = attempt == script.attempts
      switch script.outcome(item, attempt: attempt) {
      case .value(let results, let pause) where script.limit.map({ pause <= $0 }) ?? true:
        for index in 0..<results { try give(&self, "\(item).\(index)", false) }
        return
      case .failure(let results, let pause) where script.limit.map({ pause <= $0 }) ?? true:
        let streamed =
          script.attempts == 1 ? (0..<results).map { ("\(item).\($0)", false) } : []
        if isLast { try absorb(script, item, line, "exit", attempt, streamed, give) }
      default:
        if isLast { try absorb(script, item, line, "timeout", attempt, [], give) }
      }
    }
  }

  private mutating func absorb(
    _ script: Script, _ item: String, _ line: Int, _ kind: String, _ attempts: Int,
    _ streamed: [(String, Bool)], _ give: (inout ReferenceRun, String, Bool) throws -> Void,
    inner: Broken? = nil
  ) throws {
    let late = "no answer within \(script.limit?.written ?? "")"
    let message = inner?.message ?? (kind == "timeout" ? late : "refused")
    switch script.absorption {
    case .fail:
      for (result, isError) in streamed { try give(&self, result, isError) }
      throw inner ?? Broken(stage: script.name, line: line, kind: kind, message: message)
    case .skip: break
    case .pass: try give(&self, item, false)
    case .collect:
      try give(
        &self,
        #"{"error":{"stage":"\#(inner?.stage ?? script.name)","kind":"\#(kind)","line":\#(line),"message":"\#(message)","input":"\#(item)","attempts":\#(attempts)}}"#,
        true)
    case .replace, .deadLetter: break
    }
    absorbed += 1
  }

  private mutating func flush(_ position: Int) throws {
    let items: [(String, Int, Bool)]
    switch scripts[position].work {
    case .tail(let most): items = Array(held[position].suffix(most))
    case .reverse: items = held[position].reversed()
    default: return
    }
    for (item, line, isError) in items { try push(item, line, isError: isError, to: position + 1) }
  }
}
