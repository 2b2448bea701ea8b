import Flow
import Lines
package import PipelineModel
import Records
package import Stages
import YAMLTree

/// A pipeline ready to run: the definition with its values put in and its work built.
package struct Plan: Sendable {
  package var definition: PipelineDefinition
  package let setting: Setting
  /// In the order of the stream; groups without common keys of their own are part of it.
  package let stages: [PlannedStage]

  /// The first stage that keeps "complete through line L" from being said; nil where every result
  /// comes from one line, in order.
  package var firstThatMixesLines: PlannedStage? {
    stages.first { $0.stageClass != .lineWise || !$0.keepsOrder }
  }

  /// All stages, those of groups behind their group.
  package var allStages: [PlannedStage] { stages.flatMap(\.withInner) }
}

extension PlannedStage {
  /// How many children the stage may have at once, and how many files open.
  package var mostChildren: Int {
    let (each, shared) = children(withWorkers: .max)
    return each + shared
  }

  /// The same with so many workers at the most: those of each run of the stage, and those that all its
  /// runs share.
  fileprivate func children(withWorkers most: Int) -> (each: Int, shared: Int) {
    let workers = min(workers, most)
    var each = startsChildren ? 1 : 0
    var shared = min(keeper?.mostChildren ?? 0, most)
    for stage in inner {
      let (of, with) = stage.children(withWorkers: most)
      each += of
      shared += with
    }
    return (each * workers, shared)
  }

  /// How many requests the stage may have under way at once.
  package var mostRequests: Int {
    (sendsRequests ? workers : 0) + workers * inner.reduce(0) { $0 + $1.mostRequests }
  }

  fileprivate func requests(withWorkers most: Int) -> Int {
    min(workers, most)
      * inner.reduce(sendsRequests ? 1 : 0) { $0 + $1.requests(withWorkers: most) }
  }

  package var mostFiles: Int {
    sidePorts.reduce(0) { $0 + $1.mostOpen } + inner.reduce(0) { $0 + $1.mostFiles }
  }

  /// Open at once for what does not fit into memory; stages that need them stand in no item's own run.
  package var mostScratchFiles: Int { definition.manual.scratchFiles }

  var withInner: [PlannedStage] { [self] + inner.flatMap(\.withInner) }
}

/// Builds a plan; what is wrong with arguments, patterns and templates is collected, all of it.
package struct Planner {
  /// Of the file whose stages are being planned; behind a plan of the first file, and with the secrets
  /// of all that it uses.
  package private(set) var setting: Setting
  private let opener: any SideFileOpener
  package private(set) var diagnostics: [Diagnostic] = []
  /// Stages that write dead letters to one path share its port.
  private var deadLetters: [String: SidePort] = [:]
  private var markLevel = 0
  /// By name of the work: what begins it in the list of stages that is being planned.
  private var started: [String: (stage: String, level: Int)] = [:]
  /// Whether a stage that has enough ends what is upstream.
  private var mayEnd = true
  private let mostWorkers: Int
  private let standIns: (any StandIns)?

  /// - Parameters:
  ///   - mostWorkers: how many workers a stage that starts children may have, where there are not
  ///     descriptors enough for those that the file asks for.
  ///   - standIns: what a test puts in the place of stages.
  package init(
    _ setting: Setting, _ opener: any SideFileOpener, mostWorkers: Int = .max,
    standIns: (any StandIns)? = nil
  ) {
    self.setting = setting
    self.opener = opener
    self.mostWorkers = mostWorkers
    self.standIns = standIns
  }

  /// The plan, or nil with `diagnostics`. `until` names the last stage to run.
  package mutating func plan(_ definition: PipelineDefinition) -> Plan? {
    let ends = RecordEnds(setting)
    var stages: [PlannedStage] = []
    if let input = ends.input(definition.input) { stages += end(input) }
    stages += chain(definition.stages, inGroup: false)
    let mayHaveRecords =
      definition.input.records != nil || definition.stages.contains(where: \.mayGiveRecords)
    if let output = ends.output(definition.output, mayHaveRecords: mayHaveRecords) {
      stages += end(output)
    }
    return diagnostics.isEmpty
      ? Plan(definition: definition, setting: setting, stages: stages) : nil
  }

  /// A stage at an end of the pipeline, which no list of stages has.
  private mutating func end(
    _ end: (definition: StageDefinition, work: Work)
  ) -> [PlannedStage] {
    do throws(Diagnostic) { return [try planned(end.definition, end.work, false)] } catch {
      diagnostics.append(error)
      return []
    }
  }

  private mutating func chain(
    _ definitions: [StageDefinition], inGroup: Bool
  ) -> [PlannedStage] {
    let (outer, level) = (started, markLevel)
    started = [:]
    defer { (started, markLevel) = (outer, level) }
    if markLevel > 15, let first = definitions.first {
      diagnostics.append(
        Diagnostic(
          "switches, groups with 'if' and started work are more than 15 deep here", at: first.place)
      )
    }
    return definitions.flatMap { definition in
      let isStream = definition.isStreamGroup && standIns?.replaces(definition) != true
      return isStream ? stream(definition, inGroup) : stage(definition, inGroup)
    }
  }

  /// A group without keys that act on an item is part of the stream around it.
  private mutating func stream(_ group: StageDefinition, _ inGroup: Bool) -> [PlannedStage] {
    let takesErrors = group.manual.takesOnlyErrors
    guard takesErrors || group.common.condition != nil else {
      return inner(of: group, inGroup: inGroup)
    }
    var make: (@Sendable () -> any Predicate)?
    if let condition = group.common.condition {
      guard let predicate = predicate(condition, of: group) else { return [] }
      make = predicate
    }
    markLevel += 1
    let couldEnd = mayEnd
    mayEnd = false
    defer {
      markLevel -= 1
      mayEnd = couldEnd
    }
    if markLevel > Batch.mostBypassLevels {
      diagnostics.append(.tooManyBypasses(group))
      return []
    }
    let (level, predicate) = (markLevel, make)
    let begin = planned(
      group,
      .serial {
        BypassMark(
          level: level, stage: $0.stage, takesErrors: takesErrors, predicate: predicate?())
      }, inGroup)
    let inner = inner(of: group, inGroup: inGroup)
    let end = planned(group, .serial { _ in BypassEnd(level: level) }, inGroup)
    return [begin] + inner + [end]
  }

  /// The stages of a group; those of another file with the parameters of that.
  private mutating func inner(of group: StageDefinition, inGroup: Bool) -> [PlannedStage] {
    guard let used = group.used else { return chain(group.stages, inGroup: inGroup) }
    let outer = setting
    do { setting = try used.setting(within: outer) } catch {
      diagnostics.append(error)
      return []
    }
    defer {
      // What that file keeps secret, no message of the run tells, and with it that of its own uses.
      let secrets = setting.secretValues
      setting = outer
      setting.foreignSecrets.formUnion(secrets)
    }
    let before = diagnostics.count
    let stages = chain(group.stages, inGroup: inGroup)
    if diagnostics[before...].contains(where: { $0.place?.file == used.file }) {
      diagnostics.append(.usedFileHasErrors(used.file, at: used.place))
    }
    return stages
  }

  private mutating func stage(_ definition: StageDefinition, _ inGroup: Bool) -> [PlannedStage] {
    do {
      return [try planned(definition, try work(of: definition), inGroup)]
    } catch {
      diagnostics.append(error)
      return []
    }
  }

  private func work(of definition: StageDefinition) throws(Diagnostic) -> Work {
    guard let standIns else { return try Catalogue.build(definition, setting) }
    // A group that is replaced is not looked into; any other stage has to be right all the same.
    if !definition.stages.isEmpty, standIns.replaces(definition) {
      return try standIns.work(of: definition)
    }
    return try standIns.work(of: definition, try Catalogue.build(definition, setting))
  }

  private mutating func planned(
    _ definition: StageDefinition, _ work: Work, _ inGroup: Bool
  ) throws(Diagnostic) -> PlannedStage {
    let delimiter = setting.delimiter
    let mayEnd = mayEnd
    let field = try ItemField(definition.fieldKeys, setting)
    switch work {
    case .transform(let own):
      let make = computation(own, definition, field)
      if definition.common.needsAttempts {
        return planned(
          definition, .items(TransformBody(make: make, delimiter: delimiter)), inGroup)
      }
      return planned(
        definition,
        .batches { TransformWorker($0, make(), mayEnd: mayEnd, delimiter: delimiter) }, inGroup)
    case .perform(let own):
      let isKeeper = own.keeper != nil
      let workers = workers(definition, needDescriptors: own.startsChildren || isKeeper)
      let performer = (field?.around(own) ?? own).sized(workers)
      return planned(
        definition, .items(PerformerBody(performer: performer)), inGroup,
        startsChildren: performer.startsChildren, sendsRequests: performer.sendsRequests,
        keeper: performer.keeper
      ) { launcher throws(Failure) in try performer.prepare(launcher) }
    case .pace(let plan):
      let limiter = RateLimiter(plan.rate, maxKeys: plan.maxKeys)
      return planned(
        definition, .serial { Pace(limiter, plan, $0) }, inGroup, takesTurns: true)
    case .tee(let tee):
      let path = tee.path.constant
      let port = SidePort(opener, path: path, append: tee.append, maxOpen: tee.maxOpen)
      let template = path == nil ? tee.path : nil
      return planned(
        definition, .serial { Tee(port, template, $0) }, inGroup, sidePorts: [port])
    case .pipe(let plan):
      return planned(
        definition, plan.block == nil ? .pipe(plan) : .blocks(plan), inGroup, startsChildren: true
      ) { launcher throws(Failure) in try plan.command.prepare(launcher) }
    case .side(let side): return try self.side(side, definition, inGroup)
    case .group:
      let inner = inner(of: definition, inGroup: true)
      let group = body(GroupBody(stages: inner), field)
      return planned(
        definition, .items(definition.manual.takesOnlyErrors ? RescueBody(body: group) : group),
        inGroup, inner: inner)
    case .gather(let gather):
      let branches = definition.stages.flatMap { stage($0, true) }
      let gathering = GatherBody(
        branches: branches, names: gather.names?.map { FieldName($0) },
        results: ItemResults(gather.form, for: "'gather'"))
      return planned(definition, .items(body(gathering, field)), inGroup, inner: branches)
    case .start: return start(definition, field, inGroup)
    case .await(let name, let form):
      guard let begun = started[name] else {
        throw Diagnostic(
          "the work '\(name)' is not started in the part that is to be run", at: definition.place)
      }
      let plan = AwaitPlan(start: begun.stage, level: begun.level, form: form, field: field)
      return planned(definition, .await(plan), inGroup)
    case .choose(let tests): return choice(tests, definition, field, inGroup)
    }
  }

  private mutating func start(
    _ definition: StageDefinition, _ field: ItemField?, _ inGroup: Bool
  ) -> PlannedStage {
    let work = definition.stages.flatMap { stage($0, true) }
    markLevel += 1
    if let name = definition.arguments.mapping("work")?.first?.name {
      started[name] = (definition.name, markLevel)
    }
    var running: any ItemBody = GroupBody(stages: work)
    if let first = work.first, case .items(let body) = first.running { running = body }
    return planned(
      definition, .start(body(running, field), level: markLevel), inGroup, inner: work)
  }

  private mutating func choice(
    _ tests: [(@Sendable () -> any Predicate)?], _ definition: StageDefinition,
    _ field: ItemField?, _ inGroup: Bool
  ) -> PlannedStage {
    if definition.sendsItemsAlone {
      let branches = definition.stages.flatMap { stage($0, true) }
      let choice = SwitchBody(tests: tests, branches: branches)
      return planned(definition, .items(body(choice, field)), inGroup, inner: branches)
    }
    markLevel += 1
    let couldEnd = mayEnd
    mayEnd = true
    defer {
      markLevel -= 1
      mayEnd = couldEnd
    }
    let branches = definition.stages.map { chain([$0], inGroup: inGroup) }
    let plan = SwitchPlan(
      tests: tests, branches: branches, level: markLevel, mayEnd: couldEnd)
    return planned(definition, .branches(plan), inGroup, inner: branches.flatMap(\.self))
  }

  private mutating func side(
    _ side: SidePlan, _ definition: StageDefinition, _ inGroup: Bool
  ) throws(Diagnostic) -> PlannedStage {
    var port: SidePort?
    if let to = side.to {
      guard let path = to.constant else {
        throw .dependsOnItem(definition.arguments.argument("to"))
      }
      port = SidePort(opener, path: path, append: side.append)
    }
    // What goes by the stages around it is not there, and its own end is no other's.
    let outer = (markLevel, mayEnd)
    (markLevel, mayEnd) = (0, true)
    defer { (markLevel, mayEnd) = outer }
    var inner = definition.stages
    if definition.common.queue.isGiven { inner[0].giveQueue(definition.common.queue) }
    let stages = chain(inner, inGroup: false)
    return planned(
      definition, .side(SideStream(stages: stages, port: port, isOptional: side.isOptional)),
      inGroup, sidePorts: [port].compactMap { $0 }, inner: stages)
  }

  /// `from` and `into` stand around the work.
  private func body(_ body: any ItemBody, _ field: ItemField?) -> any ItemBody {
    field.map { FieldBody(body: body, field: $0) } ?? body
  }

  /// A computation on text is given text; `from` and `into` stand around what the kind does.
  private func computation(
    _ make: @escaping @Sendable () -> any Transform, _ definition: StageDefinition,
    _ field: ItemField?
  ) -> @Sendable () -> any Transform {
    var given = make
    if definition.manual.worksOnText {
      let kind = definition.kind
      given = { TextOnly(make(), kind: kind) }
    }
    return field?.around(given) ?? given
  }

  // MARK: Common keys

  private mutating func planned(
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

  private func workers(_ definition: StageDefinition, needDescriptors: Bool) -> Int {
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

  private mutating func predicate(
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
  /// The queue into a side stream is that of the `tee`, unless its first stage says otherwise.
  fileprivate mutating func giveQueue(_ queue: QueueCapacity) {
    if common.queue.isGiven { return }
    if isStreamGroup, !stages.isEmpty { stages[0].giveQueue(queue) }
    common.queue = queue
  }
}

extension Diagnostic {
  fileprivate static func dependsOnItem(_ path: Argument?) -> Diagnostic {
    Diagnostic(
      "the results of a side stream go to one file: its path can not depend on the item",
      at: path?.place, remedy: "use only {params.NAME} and {env.NAME} in it")
  }

  fileprivate static func tooManyBypasses(_ group: StageDefinition) -> Diagnostic {
    Diagnostic(
      "groups that items pass by stand in one another more than \(Batch.mostBypassLevels) deep",
      at: group.place)
  }
}

extension OnError {
  /// `{default: …}`, whose value may be a record.
  fileprivate var isReplacement: Bool { if case .replace = self { true } else { false } }
}

extension StageDefinition {
  /// Whether an item that leaves it may be a record.
  fileprivate var mayGiveRecords: Bool {
    manual.chapter == .records || manual.takesResultsAsValues || manual.takesOnlyErrors
      || common.into != nil || common.from != nil
      || common.onError?.isReplacement == true || arguments.string("decode") == "json"
      || arguments.string("response") == "full"
      || stages.contains(where: \.mayGiveRecords)
  }

}

extension StageDefinition {
  /// The common keys as `from` and `into` see them: a stage that makes a value of its results itself
  /// gives one.
  fileprivate var fieldKeys: CommonKeys {
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

extension Plan {
  package var mostChildren: Int { stages.reduce(0) { $0 + $1.mostChildren } }
  package var talks: Bool { allStages.contains(where: \.talks) }
  package var mostRequests: Int { stages.reduce(0) { $0 + $1.mostRequests } }
  package var mostFiles: Int { stages.reduce(0) { $0 + $1.mostFiles } }
  package var mostScratchFiles: Int { stages.reduce(0) { $0 + $1.mostScratchFiles } }

  /// How many workers each stage with children or requests may have so that `fits` is true of the most
  /// of both at once; 0 if not even one each fits.
  package func workers(where fits: (_ children: Int, _ requests: Int) -> Bool) -> Int {
    let all = (mostChildren, mostRequests)
    var workers = 0
    while workers < 1 << 20 {
      let more = needs(withWorkers: workers + 1)
      if !fits(more.children, more.requests) { return workers }
      workers += 1
      if more == all { return workers }
    }
    return workers
  }

  private func needs(withWorkers most: Int) -> (children: Int, requests: Int) {
    stages.reduce((0, 0)) { sum, stage in
      let (each, shared) = stage.children(withWorkers: most)
      return (sum.0 + each + shared, sum.1 + stage.requests(withWorkers: most))
    }
  }

  /// Whether items have to keep the input lines they came from: templates or dead letters use them.
  package var needsOrigins: Bool {
    definition.stages.contains(where: Catalogue.usesLines)
      || allStages.contains { if case .deadLetter = $0.policy.absorption { true } else { false } }
  }

  /// Items whose failure a policy absorbed, over all stages.
  package var absorbedFailures: Int {
    allStages.reduce(0) { $0 + $1.counters.snapshot.lines.absorbed }
  }

  /// The stage that gives what leaves the stage or group of this name.
  package func tappedStage(_ name: String) -> String {
    func last(_ definition: StageDefinition) -> String {
      definition.isStreamGroup
        ? definition.stages.last.map(last) ?? definition.name : definition.name
    }
    func find(_ definitions: [StageDefinition]) -> StageDefinition? {
      for definition in definitions {
        if definition.name == name { return definition }
        if let found = find(definition.stages) { return found }
      }
      return nil
    }
    return find(definition.stages).map(last) ?? name
  }
}

extension Plan {
  /// The files that dead letters go to, each once.
  package var deadLetterPaths: [String] {
    var paths: [String] = []
    for case .deadLetter(let port) in allStages.map(\.policy.absorption) {
      if let path = port.path, !paths.contains(path) { paths.append(path) }
    }
    return paths
  }
}
