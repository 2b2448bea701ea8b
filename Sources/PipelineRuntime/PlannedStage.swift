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

/// Work that goes through the stream in one task.
protocol SerialWork {
  /// Works on `batch` from `cursor` on.
  mutating func step(_ batch: Batch, _ cursor: inout Cursor) async -> Step
  /// Whether `tick` is to be called before each `step` and at `wakeUp`, though nothing came.
  var goesByClock: Bool { get }
  /// Nil if nothing will be due.
  func wakeUp(_ clock: any TimerClock) -> Instant?
  /// What is due by now; called until it is `used`.
  mutating func tick(_ clock: any TimerClock) async -> Step
  /// What it holds, at the end of the stream; called until it is `used`.
  mutating func finish() async -> Step
}

extension SerialWork {
  var goesByClock: Bool { false }
  func wakeUp(_ clock: any TimerClock) -> Instant? { nil }
  mutating func tick(_ clock: any TimerClock) async -> Step { Step(outputs: [], status: .used) }
}

/// What one step of work gave.
struct Step: Sendable {
  enum Status: Sendable {
    /// The batch is used up.
    case used
    /// There is more in it.
    case more
    /// It wants no more input.
    case enough
    case failed(StageFailure)
  }
  var outputs: [Output]
  var status: Status
}

/// What happens to an item that fails, from the common keys.
struct Policy: Sendable {
  enum Absorption: Sendable {
    case fail, skip, pass, collect
    case replace(DefaultValue, Setting)
    case deadLetter(SidePort)
  }
  var absorption = Absorption.fail
  var retry: RetryPolicy?
  var limits = Limits()
  var maxErrors: MaxErrors?
  var emitsInput = false
  var limiter: RateLimiter?
  /// Random draws are a function of this, the item's number and the attempt.
  var seed: UInt64 = 0
  var maxLine = Framing.defaultMaxLine
  /// `from` and `into`.
  var field: ItemField?

  /// The results wait until they are awaited.
  var isStarted = false

  var absorbs: Bool { if case .fail = absorption { false } else { true } }
  /// The largest result of one item that has to wait for the end of its attempt, in bytes.
  static let maxResult = 16 << 20

  /// Results can not leave before the attempt has ended.
  var holdsResults: Bool {
    absorbs || (retry?.attempts ?? 1) > 1 || emitsInput || takesResult || isStarted
  }
  /// The result becomes a field of the item.
  var takesResult: Bool { field?.takesResult == true }
}
