import ArgumentParser
import Glibc
import PipelineModel
import PipelineRuntime

/// `streamline explain`
struct ExplainCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Show the plan of a pipeline: queues, workers, limits, what holds the stream.")

  @ArgumentParser.Argument(
    help: "A pipeline file.", completion: .file(extensions: ["yaml", "yml"]))
  var pipeline: String?

  @Option(
    name: [.customShort("e"), .customLong("stage")], parsing: .unconditionalSingleValue,
    help: ArgumentHelp("A stage, as for run.", valueName: "STAGE"))
  var stages: [String] = []

  func validate() throws {
    if pipeline == nil, stages.isEmpty {
      throw ValidationError("explain needs a pipeline file, or stages by -e")
    }
  }

  func execute() throws -> Int32 {
    let result = try PipelineFile.read(pipeline, stages: stages)
    let (plan, diagnostics) = PipelineCheck.plan(of: result)
    StandardError.write(PipelineFile.messages(diagnostics))
    guard let plan else { return ExitStatus.usage }
    return StandardOutput.write(Explanation(plan).text)
  }
}

/// The plan of a pipeline in words.
struct Explanation {
  let text: String

  init(_ plan: Plan) {
    let definition = plan.definition
    let title = [definition.name ?? definition.file, definition.description].compactMap { $0 }
    let limit = definition.timeout.map { "time limit \($0.written)" } ?? "no time limit"
    var lines = [
      title.joined(separator: ": "),
      "  input \(definition.input.words), output \(definition.output.words), \(limit), "
        + "grace \(definition.grace.written)",
      "",
    ]
    for stage in definition.stages { lines += stage.explanation(depth: 1, inItem: false) }
    var needs = Needs()
    for stage in definition.stages { needs.add(stage, copies: 1, inItem: false) }
    lines += ["", "At the most:"] + needs.lines(for: plan)
    text = lines.joined(separator: "\n") + "\n"
  }
}

/// What a run may need at the most, from the bounds in the file.
struct Needs {
  private(set) var bytes = 0
  private var holders: [String] = []

  /// One block of output a worker, and what an item may hold until its attempt ends.
  private static let block = 64 << 10
  private static let maxResult = 16 << 20

  mutating func add(_ stage: StageDefinition, copies: Int, inItem: Bool) {
    let isItemGroup = stage.manual.isGroup && stage.itemKey != nil
    if !stage.manual.isGroup || isItemGroup {
      let workers = stage.workers
      add(bytes: stage.queueBytes(inItem: inItem), times: copies)
      if workers > 1 || stage.holdsResults { add(bytes: stage.windowBytes, times: copies) }
      if stage.holdsResults { add(bytes: Self.maxResult, times: copies) }
      add(bytes: Self.block, times: copies * workers)
      if stage.manual.holds != nil { holders.append(stage.name) }
    }
    let inner = isItemGroup ? copies * stage.workers : copies
    for one in stage.stages { add(one, copies: inner, inItem: inItem || isItemGroup) }
  }

  /// Saturates: bounds in a file can be any number.
  private mutating func add(bytes more: Int, times: Int) {
    let product = more.multipliedReportingOverflow(by: times)
    let sum = bytes.addingReportingOverflow(product.partialValue)
    bytes = product.overflow || sum.overflow ? .max : sum.partialValue
  }

  func lines(for plan: Plan) -> [String] {
    let mebibytes = bytes / (1 << 20) + (bytes % (1 << 20) == 0 ? 0 : 1)
    let and = holders.isEmpty ? "" : ", and what these hold: " + holders.joined(separator: ", ")
    let children = plan.stages.reduce(0) { $0 + $1.mostChildren }
    let files = plan.stages.reduce(0) { $0 + $1.mostFiles }
    // A child has three pipes and the descriptor that tells of its end; some are the program's own.
    let descriptors = 8 + 4 * children + files
    return [
      "  memory       \(mebibytes) MiB in queues and gathering\(and)",
      "  children     \(children) at once",
      "  descriptors  \(descriptors)",
    ]
  }
}

extension Framing {
  fileprivate var words: String {
    format.rawValue + (maxLine == Framing.defaultMaxLine ? "" : " of \(ByteSize.written(maxLine))")
  }
}

extension StageDefinition {
  var workers: Int {
    switch common.fanout?.workers {
    case .number(let number): number
    case .auto: max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    case nil: 1
    }
  }

  /// Results wait for the end of their attempt, since it may be thrown away (SEMANTICS 1.7).
  var holdsResults: Bool {
    (common.retry?.attempts ?? 1) > 1 || absorbs || common.emitsInput
  }

  private var absorbs: Bool {
    switch common.onError {
    case nil, .fail: false
    default: true
    }
  }

  func queueBytes(inItem: Bool) -> Int {
    inItem && !common.queue.isGiven ? 64 << 10 : common.queue.bytes
  }

  var windowLines: Int { common.fanout?.lookaheadLines ?? max(64, 16 * workers) }
  var windowBytes: Int { common.fanout?.lookaheadBytes ?? 8 << 20 }

  fileprivate func explanation(depth: Int, inItem: Bool) -> [String] {
    let margin = String(repeating: "  ", count: depth)
    let kind = name == self.kind || name.hasSuffix("/" + self.kind) ? "" : " (\(self.kind))"
    let head = "\(margin)\(name)\(kind)"
    let details = self.details(inItem: inItem).map { "\(margin)    \($0)" }
    let isItemGroup = manual.isGroup && itemKey != nil
    return [head] + details
      + stages.flatMap { $0.explanation(depth: depth + 1, inItem: inItem || isItemGroup) }
  }

  private func details(inItem: Bool) -> [String] {
    var lines: [String] = []
    if manual.isGroup, itemKey == nil {
      lines.append("a part of the stream")
    } else {
      let queue = "\(common.queue.lines) lines, \(ByteSize.written(queueBytes(inItem: inItem)))"
      lines.append("\(manual.stageClass(for: arguments).rawValue); queue of \(queue)")
    }
    if common.condition != nil { lines.append("items that do not pass 'if' go by") }
    if let fanout = common.fanout {
      lines.append(
        fanout.keepsOrder
          ? "\(workers) workers, gathered in order, at most \(windowLines) items or "
            + "\(ByteSize.written(windowBytes)) ahead"
          : "\(workers) workers, order given up")
    }
    if let limits = common.limits.words { lines.append("time limits: \(limits)") }
    if let retry = common.retry, retry.attempts > 1 {
      lines.append(
        "\(retry.attempts) attempts, pauses from \(retry.backoff.written) to "
          + "\(retry.maxBackoff.written)\(retry.jitter ? ", with jitter" : "")")
    }
    if let rate = common.rate { lines.append("at most \(rate.written), burst \(rate.burst)") }
    if let policy = common.onError?.words { lines.append("on_error: \(policy)") }
    if let because = holdingReason {
      lines.append("holds an item's results (up to 16MiB) until its attempt has ended: \(because)")
    }
    if let holds = manual.holds { lines.append(holds) }
    if let effects = manual.effects { lines.append(effects) }
    return lines
  }

  private var holdingReason: String? {
    if (common.retry?.attempts ?? 1) > 1 { return "another attempt may take its place" }
    if absorbs { return "on_error may replace them" }
    return common.emitsInput ? "the item goes on only when it has succeeded" : nil
  }
}

extension Limits {
  fileprivate var words: String? {
    let named = [("attempt", attempt), ("item", item), ("idle", idle), ("total", total)]
    let words = named.compactMap { name, limit in limit.map { "\(name) \($0.written)" } }
    return words.isEmpty ? nil : words.joined(separator: ", ")
  }
}

extension OnError {
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
