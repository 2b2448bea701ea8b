import Flow
import Lines
import PipelineModel
import Records
import Stages
import YAMLTree

extension Planner {
  /// The stage with what its common keys say around the way it runs.
  mutating func planned(
    _ definition: StageDefinition, _ running: PlannedStage.Running, _ inGroup: Bool,
    sidePorts: [SidePort] = [], inner: [PlannedStage] = [], startsChildren: Bool = false,
    sendsRequests: Bool = false, keeper: (any Keeper)? = nil, takesTurns: Bool = false,
    prepare: @escaping @Sendable (any Launcher) throws(Failure) -> Void = { _ throws(Failure) in }
  ) -> PlannedStage {
    let common = definition.common
    var policy = policy(definition)
    if case .start = running { policy.isStarted = true }
    let running = disturbed(running, definition)
    var ports = sidePorts
    if case .deadLetter(let port) = policy.absorption { ports.append(port) }
    var workers = workers(
      definition,
      needDescriptors: startsChildren || sendsRequests || keeper != nil
        || inner.contains { $0.mostChildren + $0.mostRequests > 0 })
    // What takes the place of one that gathers gives its results once.
    if case .batches = running,
      definition.manual.stageClass(for: definition.arguments) == .gathering
    {
      workers = 1
    }
    var queue = (lines: common.queue.lines, bytes: common.queue.bytes)
    if inGroup && !common.queue.isGiven { queue.bytes = 1 << 16 }
    return PlannedStage(
      definition, running, policy: policy, workers: workers,
      bounds: bounds(common, running, workers, policy), queue: queue,
      makePredicate: definition.isStreamGroup && standIns?.replaces(definition) != true
        ? nil : common.condition.flatMap { predicate($0, of: definition) },
      sidePorts: ports, inner: inner, startsChildren: startsChildren,
      sendsRequests: sendsRequests, keeper: keeper, takesTurns: takesTurns, prepare: prepare)
  }

  func workers(_ definition: StageDefinition, needDescriptors: Bool) -> Int {
    let wanted = definition.common.fanout?.workers.number ?? 1
    return needDescriptors ? min(wanted, mostWorkers) : wanted
  }

  /// The way a stage runs with the faults that a test puts into it.
  private func disturbed(
    _ running: PlannedStage.Running, _ definition: StageDefinition
  ) -> PlannedStage.Running {
    let faults = standIns?.faults(of: definition) ?? []
    return faults.isEmpty
      ? running : running.disturbed(by: faults)
  }

  private func bounds(
    _ common: CommonKeys, _ running: PlannedStage.Running, _ workers: Int, _ policy: Policy
  ) -> GatherBounds {
    // Whole batches are counted by the lines in them, so that a window of 64 lines would leave most
    // workers idle: there the window is a full queue for each worker.
    var lines = max(64, 16 * workers)
    var streams = !policy.holdsResults
    if case .batches = running {
      lines = 16_384 * workers
      streams = true
    }
    if case .blocks = running { streams = true }
    return GatherBounds(
      lines: common.fanout?.lookaheadLines ?? lines,
      bytes: common.fanout?.lookaheadBytes ?? 8 << 20, streams: streams,
      keepsOrder: common.fanout?.keepsOrder ?? true)
  }

  private mutating func policy(_ definition: StageDefinition) -> Policy {
    let common = definition.common
    var policy = Policy()
    policy.retry = common.retry
    policy.limits = common.limits
    policy.maxErrors = common.maxErrors
    policy.emitsInput = common.emitsInput
    policy.limiter = common.rate.map { RateLimiter($0) }
    policy.seed = definition.name.utf8.reduce(setting.seed &+ 0xCBF2_9CE4_8422_2325) {
      ($0 ^ UInt64($1)) &* 0x100_0000_01B3
    }
    policy.maxLine = setting.maxLine
    // What is wrong with it has been said where the work was planned.
    policy.field = try? ItemField(definition.fieldKeys, setting)
    do { policy.absorption = try absorption(common.onError) } catch { diagnostics.append(error) }
    return policy
  }

  private mutating func absorption(_ onError: OnError?) throws(Diagnostic) -> Policy.Absorption {
    switch onError {
    case nil, .fail: return .fail
    case .skip: return .skip
    case .pass: return .pass
    case .collect: return .collect
    case .replace(let argument): return .replace(try DefaultValue(argument, setting), setting)
    case .deadLetter(let path, let append):
      let template = try Template(path, setting)
      guard let text = template.constant else {
        throw Diagnostic(
          "dead letters go to one file: its path can not depend on the item", at: path.place,
          remedy: "use only {params.NAME} and {env.NAME} in it")
      }
      if let port = deadLetters[text] { return .deadLetter(port) }
      let port = SidePort(opener, path: text, append: append)
      deadLetters[text] = port
      return .deadLetter(port)
    }
  }

  mutating func predicate(
    _ condition: Condition, of stage: StageDefinition
  ) -> (@Sendable () -> any Predicate)? {
    do {
      let predicate =
        switch condition.test {
        case .grep(let arguments): try Grep.predicate(arguments, setting)
        case .expression(let argument): try ExpressionPredicate.make(argument, setting)
        }
      return standIns?.watched(predicate, of: stage) ?? predicate
    } catch {
      diagnostics.append(error)
      return nil
    }
  }
}

extension StageDefinition {
  /// The common keys as `from` and `into` see them: a stage that makes a value of its results itself
  /// gives one.
  var fieldKeys: CommonKeys {
    var keys = common
    if manual.takesResultsAsValues { keys.results = .one }
    return keys
  }
}

extension CommonKeys {
  /// The stage works item by item, in attempts.
  var needsAttempts: Bool {
    retry != nil || rate != nil || emitsInput || limits != Limits()
  }
}

extension FanOutKeys.Workers {
  var number: Int {
    switch self {
    case .number(let number): number
    case .auto: Processors.count
    }
  }
}
