import Flow
import Lines
import Stages
import Synchronization

/// The branches of a `switch` as streams.
struct SwitchPlan: Sendable {
  /// By branch; nil takes everything.
  let tests: [(@Sendable () -> any Predicate)?]
  let branches: [[PlannedStage]]
  /// The bypass level of its marks.
  let level: Int
  /// When all branches have had enough, so has what is upstream.
  let mayEnd: Bool
  /// What goes wrong in a test with the items it is given.
  var faults: [Fault] = []
}

/// A `switch` at work: a router divides each batch among the branches, each a chain of its own, and a
/// merger puts together again what comes out of them, run by run in the order of the input.
///
/// The router leaves a mark behind each run of items. It goes by the stages of the branch in its
/// place, so that the merger knows what came of the run, however many items that are. What a branch
/// gives at its end comes last.
///
/// No deadlock: the merger learns of a route before the branches get it, and each branch has a box of
/// its own before it, so that a branch whose results nobody reads yet keeps nobody from what is read
/// first. How much lies in boxes is bounded by the queue of routes.
struct SwitchRun: Sendable {
  private typealias Closed = Closing<Cause>
  private let lane: Lane
  private let plan: SwitchPlan
  private let shutdowns: [Shutdown]
  private let chains: [Chain]
  private let routes: BoundedQueue<Route, Cause>
  private let boxes: [LineQueue]

  init(_ lane: Lane, _ plan: SwitchPlan) {
    self.lane = lane
    self.plan = plan
    let shutdowns = plan.branches.map { _ in
      Shutdown(within: lane.course.shutdown, at: lane.position, clock: lane.course.clock)
    }
    self.shutdowns = shutdowns
    chains = zip(plan.branches, shutdowns).map { stages, shutdown in
      Chain(stages, lane.course.branch(shutdown))
    }
    routes = BoundedQueue(lines: lane.input.capacity.lines, bytes: lane.input.capacity.bytes)
    boxes = plan.branches.map { _ in LineQueue(lines: 1 << 40, bytes: 1 << 40) }
  }

  func run() async {
    connect()
    lane.begin(.engaged)
    await withTaskGroup(of: Void.self) { group in
      for chain in chains { group.addTask { await chain.run() } }
      for (box, chain) in zip(boxes, chains) { group.addTask { await pass(box, to: chain.input) } }
      group.addTask { await route() }
      group.addTask { await merge() }
    }
    for chain in chains { chain.disconnect() }
    for shutdown in shutdowns { shutdown.disconnect() }
    lane.end(.engaged)
  }

  private func connect() {
    lane.output.onStop { [self] in
      lane.course.shutdown.voidFailures(before: lane.position + 1)
      lane.input.stop()
      stopBranches()
    }
    lane.course.shutdown.onHardEnd { [self] reason, cause in
      lane.input.breakOff(cause)
      routes.breakOff(cause)
      for box in boxes { box.breakOff(cause) }
      for shutdown in shutdowns { shutdown.hardEnd(reason) }
    }
    let open = Open(chains.count)
    for chain in chains {
      chain.input.onStop { [self] in if open.close() { endUpstream() } }
    }
  }

  private final class Open: Sendable {
    private let count: Mutex<Int>
    init(_ count: Int) { self.count = Mutex(count) }
    /// True for the last.
    func close() -> Bool {
      count.withLock { count in
        count -= 1
        return count == 0
      }
    }
  }

  /// Every branch takes no more: if all have had enough and nothing goes by them, the stream ends.
  private func endUpstream() {
    guard branchesMayEnd,
      shutdowns.allSatisfy({ $0.hasEndedEarly && $0.firstFailure == nil })
    else { return }
    lane.stopUpstream()
  }

  /// Whether the stream is over once every branch has had enough.
  private var branchesMayEnd: Bool {
    plan.mayEnd && plan.tests.contains { $0 == nil } && lane.stage.makePredicate == nil
  }

  private func stopBranches() {
    routes.stop()
    for chain in chains { chain.output.stop() }
  }

  // MARK: The router

  private func route() async {
    var router = Router(plan, lane.stage)
    while true {
      switch await lane.receive(in: .engaged) {
      case .element(let batch):
        if let closing = await divide(batch, &router) { return close(closing) }
      case .closed(let closing): return close(closing)
      case .stopped: return close(.end)
      }
    }
  }

  /// Nil: go on.
  private func divide(_ batch: Batch, _ router: inout Router) async -> Closed? {
    var rest = batch
    while true {
      let (runs, stop) = router.runs(of: rest)
      let judged = runs.last?.range.upperBound ?? 0
      let route = Route(batch: stop == nil ? rest : rest.slice(0..<judged), runs: runs)
      guard await send(route) else { return .end }
      switch stop {
      case nil: return nil
      case .fail(let failure):
        let failed = lane.stage.failure(failure, at: rest.number(judged))
        let isReal = lane.fail(failed, order: Int(clamping: rest.number(judged)))
        return isReal ? .cut(.failure(failed)) : .end
      case .delay(let duration):
        guard await lane.wait(until: lane.course.clock.now + duration) else { return .end }
        rest = rest.slice(judged..<rest.count)
      }
    }
  }

  private func send(_ route: Route) async -> Bool {
    guard await routes.send(route) else { return false }
    for (index, box) in boxes.enumerated() {
      let part = route.part(of: index, level: plan.level, delimiter: lane.course.delimiter)
      if let part { _ = await box.send(part) }
    }
    return true
  }

  private func close(_ closing: Closed) {
    routes.close(closing)
    for box in boxes { box.close(closing) }
  }

  private func pass(_ box: LineQueue, to input: LineQueue) async {
    var isWanted = true
    while true {
      switch await box.receive() {
      case .element(let batch): if isWanted { isWanted = await input.send(batch) }
      case .closed(let closing): return input.close(closing)
      case .stopped: return
      }
    }
  }

  // MARK: The merger

  private func merge() async {
    var merger = Merger(
      lane, chains.map { BranchReader($0.output, level: plan.level) }, mayEnd: branchesMayEnd)
    while true {
      switch await routes.receive() {
      case .element(let route):
        if let closing = await merger.merge(route) { return await end(&merger, closing) }
      case .closed(.end): return await end(&merger, await merger.finish() ?? .close(.end))
      case .closed(let closing): return await end(&merger, .close(closing))
      case .stopped: return
      }
    }
  }

  private func end(_ merger: inout Merger, _ ending: Merger.Ending) async {
    switch ending {
    case .stopped:
      if let failure = merger.outlet.failure, lane.fail(failure, order: -1) {
        await merger.outlet.close(.cut(.failure(failure)))
      }
    case .close(let closing): await merger.outlet.close(closing)
    case .enough:
      await merger.outlet.close(.end)
      // Items behind that place were perhaps looked at; what is wrong with them is void.
      lane.course.shutdown.voidFailures(before: lane.position + 1)
    }
    if case .close(.end) = ending { return }
    lane.input.stop()
    stopBranches()
  }
}

/// Puts the results of branches together.
private struct Merger {
  enum Ending {
    case close(Closing<Cause>)
    /// Nobody reads any more, or the outlet has failed.
    case stopped
    /// The last branch has had enough: the stream ends here, whatever was routed behind.
    case enough
  }
  var outlet: Outlet
  private var readers: [BranchReader]
  /// Whether the stream is over with the last branch.
  private let mayEnd: Bool
  /// What is to leave before anything is waited for.
  private var outputs: [Output] = []

  init(_ lane: Lane, _ readers: [BranchReader], mayEnd: Bool) {
    outlet = Outlet(lane.stage, lane.output, lane.course)
    self.readers = readers
    self.mayEnd = mayEnd
  }

  /// Nil: go on.
  mutating func merge(_ route: Route) async -> Ending? {
    for run in route.runs {
      if let branch = run.branch {
        if run.isLastPart, let ending = await drain(branch, toMark: true) {
          account(for: route.batch.slice(0..<run.range.lowerBound))
          _ = await hand()
          return ending
        }
        // Error records and what goes by the stages around would pass by all branches for ever.
        if mayEnd, readers.allSatisfy(\.isOver) {
          account(for: route.batch.slice(0..<run.range.upperBound))
          return await hand() ? .enough : .stopped
        }
      } else {
        add(route.batch.slice(run.range))
      }
    }
    account(for: route.batch)
    return await hand() ? nil : .stopped
  }

  private mutating func account(for batch: Batch) {
    var account = Output(batch: Batch(covering: batch.covered))
    account.counts.taken = batch.itemCount
    outputs.append(account)
  }

  /// What the branches give at their end.
  mutating func finish() async -> Ending? {
    for branch in readers.indices {
      if let ending = await drain(branch, toMark: false) { return ending }
    }
    return await hand() ? nil : .stopped
  }

  private mutating func drain(_ branch: Int, toMark: Bool) async -> Ending? {
    while !readers[branch].isOver {
      let (piece, isMarked) = readers[branch].piece()
      if let piece { add(piece) }
      if isMarked && toMark { return nil }
      if isMarked { continue }
      guard await hand() else { return .stopped }
      if let cause = await readers[branch].receive() { return .close(.cut(cause)) }
    }
    return nil
  }

  private mutating func add(_ batch: Batch) {
    var output = Output(batch: batch)
    output.batch.covered = 0..<0
    output.counts.given = batch.itemCount
    outputs.append(output)
  }

  private mutating func hand() async -> Bool {
    if outputs.isEmpty { return true }
    defer { outputs = [] }
    return await outlet.hand(outputs)
  }
}

/// The results of one branch, up to each mark.
private struct BranchReader {
  private let queue: LineQueue
  private let level: Int
  private var pending = Batch()
  private var next = 0
  /// The branch has ended and given everything.
  private(set) var isOver = false

  init(_ queue: LineQueue, level: Int) {
    self.queue = queue
    self.level = level
  }

  /// What is there up to the next mark, and whether that has been reached.
  mutating func piece() -> (batch: Batch?, isMarked: Bool) {
    let first = next
    while next < pending.count {
      if pending.isMark(next, level: level) {
        defer { next += 1 }
        return (first < next ? pending.slice(first..<next) : nil, true)
      }
      next += 1
    }
    return (first < next ? pending.slice(first..<next) : nil, false)
  }

  /// Waits for more; the cause if the branch was cut.
  mutating func receive() async -> Cause? {
    switch await queue.receive() {
    case .element(let batch): (pending, next) = (batch, 0)
    case .closed(.end): isOver = true
    case .closed(.cut(let cause)): return cause
    case .stopped: isOver = true
    }
    return nil
  }
}

/// A `switch` that takes each item by itself.
struct SwitchBody: ItemBody {
  let tests: [(@Sendable () -> any Predicate)?]
  /// Each runs items by itself.
  let branches: [PlannedStage]

  func attempt(_ item: Item, _ attempt: any ItemScope) async throws(ItemError) {
    for (test, branch) in zip(tests, branches) {
      do {
        var predicate = test?()
        if try predicate?.holds(item.batch, 0) == false { continue }
      } catch { throw .own(error) }
      guard case .items(let body) = branch.running else { continue }
      branch.begin(.busy, attempt.clock)
      defer { branch.end(.busy, attempt.clock) }
      do { return try await body.attempt(item, attempt) } catch {
        guard case .own(let failure) = error else { throw error }
        throw .inner(branch.failure(failure, at: item.number))
      }
    }
    var same = item.batch
    same.covered = 0..<0
    _ = await attempt.emit(same)
  }
}
