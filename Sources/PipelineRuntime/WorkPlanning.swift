import Flow
import Lines
import PipelineModel
import Records
import Stages
import YAMLTree

extension Planner {
  /// What the runtime needs to do the work of a stage.
  mutating func planned(
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
}
