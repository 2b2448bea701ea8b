import Host
import PipelineModel
import PipelineRuntime
import Stages

/// The plan of a pipeline in words. Templates are shown as written, so that no value of a parameter or
/// of the environment can be seen.
struct Explanation {
  private let plan: Plan
  private let stages: [String: PlannedStage]

  init(_ plan: Plan) {
    self.plan = plan
    stages = Dictionary(
      plan.allStages.filter { !$0.isMark }.map { ($0.name, $0) },
      uniquingKeysWith: { one, _ in one })
  }

  var text: String {
    let definition = plan.definition
    let title = [definition.name ?? definition.file, definition.description].compactMap { $0 }
    let limit = definition.timeout.map { "time limit \($0.written)" } ?? "no time limit"
    var lines = [
      title.joined(separator: ": "),
      "  input \(definition.input.words), output \(definition.output.words), \(limit), "
        + "grace \(definition.grace.written)",
      "",
    ]
    for stage in definition.stages { lines += explanation(of: stage, in: nil, depth: 1) }
    lines += ["", "At the most:"] + needs
    return lines.joined(separator: "\n") + "\n"
  }

  private func explanation(
    of stage: StageDefinition, in outer: StageDefinition?, depth: Int
  ) -> [String] {
    let margin = String(repeating: "  ", count: depth)
    let isNamedByKind = stage.name == stage.kind || stage.name.hasSuffix("/" + stage.kind)
    let head = margin + stage.name + (isNamedByKind ? "" : " (\(stage.kind))")
    let details =
      Self.branch(stage, of: outer)
      ?? stages[stage.name].map(StageExplanation.init)?.lines ?? [Self.streamGroup(stage)]
    let used = (stage.used?.file).map { ["the stages of \($0)"] } ?? []
    return [head] + (details + used).map { "\(margin)    \($0)" }
      + stage.stages.flatMap { explanation(of: $0, in: stage, depth: depth + 1) }
  }

  /// Nil for what is no branch of another stage, or has been given something to do itself.
  private static func branch(_ stage: StageDefinition, of outer: StageDefinition?) -> [String]? {
    guard let outer, stage.isStreamGroup else { return nil }
    switch outer.manual.inner {
    case .stream, .errors: return nil
    case .branches: return ["a branch: a stream of its own"]
    case .items: return ["a branch: each item goes through it by itself"]
    }
  }

  private static func streamGroup(_ stage: StageDefinition) -> String {
    let part = "a part of the stream"
    switch (stage.manual.takesOnlyErrors, stage.common.condition != nil) {
    case (false, false): return part
    case (false, true): return part + "; items that do not pass 'if' go by all of it"
    case (true, false): return part + "; all but error records goes by"
    case (true, true): return part + "; all but error records that pass 'if' goes by"
    }
  }

  private var needs: [String] {
    let needs = PlanNeeds(plan)
    let holders =
      needs.holders.isEmpty ? "" : ", and what these hold: " + needs.holders.joined(separator: ", ")
    let mebibytes = needs.bytes / (1 << 20) + (needs.bytes % (1 << 20) == 0 ? 0 : 1)
    let longest = ByteSize.written(plan.definition.input.maxLine)
    let files = needs.files > 0 ? ", \(needs.files) of them files written beside the stream" : ""
    let watcher = needs.children > 0 ? ", and one process that watches over them" : ""
    let requests = needs.requests > 0 ? ["  requests     \(needs.requests) under way at once"] : []
    return [
      "  memory       \(mebibytes)MiB in queues, gathering and work\(holders);",
      "               a line larger than its queue's bytes, up to \(longest), goes through alone",
      "  children     \(needs.children) at once\(watcher)",
    ] + requests + [
      "  descriptors  \(RunPlan.mostDescriptors(needs))\(files)"
    ]
  }
}

/// One stage of a plan, in lines.
private struct StageExplanation {
  private let stage: PlannedStage
  private var common: CommonKeys { stage.definition.common }

  init(_ stage: PlannedStage) { self.stage = stage }

  var lines: [String] {
    let parts = [
      place, condition, sideStream, workers, kept, limits, retries, rate, policy, heldResults,
      heldStream, copying,
      stage.definition.manual.effects.map(\.inSentence),
    ]
    return parts.compactMap { $0 }
  }

  private var place: String {
    "\(stage.stageClass.rawValue); queue of \(stage.queue.lines) lines, "
      + ByteSize.written(stage.queue.bytes)
  }

  private var condition: String? {
    common.condition == nil ? nil : "items that do not pass 'if' go by"
  }

  private var sideStream: String? {
    let definition = stage.definition
    guard definition.isSideStream else { return nil }
    let results = definition.arguments.string("to").map { "go to \($0)" } ?? "are dropped"
    let failure = definition.arguments.bool("optional") == true ? ", its failure a warning" : ""
    return "a side stream: its results \(results)\(failure)"
  }

  private var workers: String? {
    guard stage.isFanOut else { return nil }
    let unit =
      stage.block.map { "block by block of \(ByteSize.written($0))" }
      ?? (stage.isByItem ? "item by item" : "batch by batch")
    if stage.workers == 1 { return "one worker, \(unit)" }
    let crew = "\(stage.workers) workers, \(unit)"
    guard stage.keepsOrder else { return "\(crew); order given up" }
    let (items, bytes) = stage.lookahead
    return "\(crew); gathered in order, at most \(items) items or \(ByteSize.written(bytes)) ahead"
  }

  private var kept: String? {
    if stage.isPipe { return "one process for the whole stream" }
    let most = stage.keptChildren
    return most == 0
      ? nil : "keeps up to \(most) process\(most == 1 ? "" : "es") up, shared by all that use it"
  }

  private var limits: String? {
    let limits = common.limits
    let named = [
      ("attempt", limits.attempt), ("item", limits.item), ("idle", limits.idle),
      ("total", limits.total),
    ]
    let words = named.compactMap { name, limit in limit.map { "\(name) \($0.written)" } }
    return words.isEmpty ? nil : "time limits: " + words.joined(separator: ", ")
  }

  private var retries: String? {
    guard let retry = common.retry, retry.attempts > 1 else { return nil }
    let causes = retry.causes.map(\.words)
    return "\(retry.attempts) attempts, pauses from \(retry.backoff.written) to "
      + "\(retry.maxBackoff.written)\(retry.jitter ? ", with jitter" : "")"
      + (causes.isEmpty ? "" : "; only after " + causes.joined(separator: ", "))
  }

  private var rate: String? {
    common.rate.map { "at most \($0.written), burst \($0.burst)" }
  }

  private var policy: String? {
    guard let policy = common.onError?.words else { return nil }
    switch common.maxErrors {
    case nil: return "on_error: \(policy)"
    case .number(let most): return "on_error: \(policy), at most \(most) times"
    case .percent(let most): return "on_error: \(policy), at most \(most)% of the items"
    }
  }

  /// SEMANTICS 1.7: results leave as they come only where nothing can take them back.
  private var heldResults: String? {
    guard stage.holdsResults, let because = holdingReason else { return nil }
    return "holds an item's results (up to \(ByteSize.written(PlannedStage.maxHeldResult))) until "
      + "its attempt has ended: \(because)"
  }

  private var holdingReason: String? {
    if (common.retry?.attempts ?? 1) > 1 { return "another attempt may take its place" }
    if common.onError?.words != nil { return "on_error may replace them" }
    return common.emitsInput ? "the item goes on only when it has succeeded" : nil
  }

  private var heldStream: String? {
    stage.definition.manual.holds.map { "holds the stream: \($0.inSentence)" }
  }

  private var copying: String? {
    switch stage.definition.copying {
    case nil: nil
    case .nothing: "copies nothing: lines stay where they were read"
    case .changed: "copies what it changes or puts together"
    case .all: "makes every result anew"
    }
  }
}

extension String {
  /// A sentence of a manual as a part of a line.
  fileprivate var inSentence: String {
    let text = hasSuffix(".") ? String(dropLast()) : self
    return text.prefix(1).lowercased() + text.dropFirst()
  }
}

extension Framing {
  fileprivate var words: String {
    format.rawValue + (maxLine == Framing.defaultMaxLine ? "" : " of \(ByteSize.written(maxLine))")
  }
}

extension RetryPolicy.Cause {
  fileprivate var words: String {
    switch self {
    case .kind(let kind): kind
    case .status(let status): "\(status)"
    case .statusClass(let hundred): "\(hundred)xx"
    }
  }
}

extension OnError {
  /// Nil for `fail`.
  fileprivate var words: String? {
    switch self {
    case .fail: nil
    case .skip: "skip"
    case .pass: "pass"
    case .collect: "collect"
    case .replace: "a default takes the item's place"
    case .deadLetter(let path, let append):
      "dead letters to \(path.string ?? "")\(append ? ", appended" : "")"
    }
  }
}
