import Flow
import Lines
package import PipelineModel
import Stages

/// One stage ready to run: what belongs to it as written in the file, shared by all items, workers
/// and copies of it.
package final class PlannedStage: Sendable {
  /// How the runtime runs it.
  enum Running: Sendable {
    /// In one task, batch by batch.
    case serial(@Sendable (Lane) -> any SerialWork)
    /// By workers that take whole batches.
    case batches(@Sendable (PlannedStage) -> TransformWorker)
    /// By workers that take items.
    case items(any ItemBody)
    /// Begun by workers while the items go on; the bypass level of the marks behind them.
    case start(any ItemBody, level: Int)
    case await(AwaitPlan)
    /// Divided among branches and merged again.
    case branches(SwitchPlan)
    /// As a whole, through one command.
    case pipe(PipePlan)
    /// By workers that take blocks of it, each through a command of its own.
    case blocks(PipePlan)
    /// Goes on, and through a stream beside this one.
    case side(SideStream)
  }

  package let definition: StageDefinition
  let running: Running
  package let counters = StageCounters()
  package let workers: Int
  let bounds: GatherBounds
  package let queue: (lines: Int, bytes: Int)
  let policy: Policy
  /// `if`, made anew for each worker; nil without one.
  let makePredicate: (@Sendable () -> any Predicate)?
  /// Whether each worker may hold a child process.
  package let startsChildren: Bool
  /// What it keeps up between items.
  let keeper: (any Keeper)?
  /// Whether each worker may have a request under way.
  package let sendsRequests: Bool
  /// Inside a fan-out its items take turns, in their order (`throttle`).
  let takesTurns: Bool
  /// What has to be checked before the first line.
  let prepare: @Sendable (any Launcher) throws(Failure) -> Void
  /// What the stage writes beside the stream.
  let sidePorts: [SidePort]
  /// The stages of a group that runs for each item by itself.
  package let inner: [PlannedStage]

  package var name: String { definition.name }
  package var stageClass: StageClass { definition.manual.stageClass(for: definition.arguments) }

  init(
    _ definition: StageDefinition, _ running: Running, policy: Policy, workers: Int,
    bounds: GatherBounds, queue: (lines: Int, bytes: Int),
    makePredicate: (@Sendable () -> any Predicate)? = nil,
    sidePorts: [SidePort] = [], inner: [PlannedStage] = [], startsChildren: Bool = false,
    sendsRequests: Bool = false, keeper: (any Keeper)? = nil, takesTurns: Bool = false,
    prepare: @escaping @Sendable (any Launcher) throws(Failure) -> Void = { _ throws(Failure) in }
  ) {
    self.definition = definition
    self.running = running
    self.policy = policy
    self.workers = workers
    self.bounds = bounds
    self.queue = queue
    self.makePredicate = makePredicate
    self.sidePorts = sidePorts
    self.startsChildren = startsChildren
    self.keeper = keeper
    self.sendsRequests = sendsRequests
    self.takesTurns = takesTurns
    self.prepare = prepare
    self.inner = inner
  }

  /// One more of its workers is in this state from now on.
  func begin(_ state: StageCounters.State, _ clock: any TimerClock) {
    let now = clock.now
    counters.update { $0.enter(state, now) }
  }

  func end(_ state: StageCounters.State, _ clock: any TimerClock) {
    let now = clock.now
    counters.update { $0.leave(state, now) }
  }

  /// A failure of this stage; the number 0 is that of an item without one.
  func failure(_ failure: Failure, at number: UInt64?, last: UInt64? = nil) -> StageFailure {
    let number = number == 0 ? nil : number
    return StageFailure(
      stage: name, place: definition.place, number: number,
      lastNumber: number == nil ? last : nil, failure: failure)
  }
}

extension PlannedStage {
  /// Itself and the stages in it, those of groups behind their group.
  var withInner: [PlannedStage] { [self] + inner.flatMap(\.withInner) }

  /// The stage works on one item at a time, in attempts, rather than on whole batches.
  package var isByItem: Bool {
    switch running {
    case .items, .start: true
    case .serial, .batches, .branches, .await, .pipe, .blocks, .side: false
    }
  }

  /// Work is handed out to workers and its results are gathered.
  package var isFanOut: Bool { workers > 1 || isByItem || block != nil }

  /// The size of the blocks that the stage works on; nil if it works on none.
  package var block: Int? { if case .blocks(let plan) = running { plan.block } else { nil } }

  /// How many processes the stage keeps up between its items, all its runs together.
  package var keptChildren: Int { keeper?.mostChildren ?? 0 }

  /// Each of its workers deals with processes, and has little else to do.
  var dealsWithChildren: Bool { keeper != nil || block != nil || (isByItem && startsChildren) }

  /// The whole stream goes through one command.
  package var isPipe: Bool { if case .pipe = running { true } else { false } }

  /// How far workers may be ahead of the oldest unfinished item.
  package var lookahead: (lines: Int, bytes: Int) { (bounds.lines, bounds.bytes) }

  package var keepsOrder: Bool { bounds.keepsOrder }

  /// An item's results wait for the end of its attempt (SEMANTICS 1.7).
  package var holdsResults: Bool { isByItem && policy.holdsResults }

  /// The largest that an item's results may be where they wait, in bytes.
  package static var maxHeldResult: Int { Policy.maxResult }

  /// The files it writes whose paths are known before the first line.
  package var writtenFiles: [(path: String, isDeadLetters: Bool)] {
    sidePorts.compactMap { port in
      guard let path = port.path else { return nil }
      if case .deadLetter(let letters) = policy.absorption, letters === port { return (path, true) }
      return (path, false)
    }
  }
}
