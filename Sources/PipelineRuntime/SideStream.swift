import Flow
import Lines
import Stages
import Synchronization

/// The side stream of a `tee` as planned.
struct SideStream: Sendable {
  let stages: [PlannedStage]
  /// Where its results go; nil drops them.
  let port: SidePort?
  /// Its failure is a warning, and the main stream goes on.
  let isOptional: Bool
  /// What a test makes go wrong with the items that the `tee` is given.
  var faults: [Fault] = []
  /// Set where it could not have its files.
  private let absence = Absence()
  private final class Absence: Sendable { let isSet = Atomic(false) }

  var isLeftOut: Bool { absence.isSet.load(ordering: .acquiring) }

  /// The run goes on without it, before it has begun.
  func leaveOut() { absence.isSet.store(true, ordering: .releasing) }
}

/// A `tee` with a side stream at work: each batch goes to both, to the side first, so that what was
/// used of the main stream is in the side stream too.
///
/// No deadlock: nothing leads from the side stream back into the main one. While its queue is full it
/// holds the main stream back; once it wants no more, by its own end or a failure, it does not. End and
/// stop of the main stream are the end for it, a cut is a cut. The main output is closed before the
/// side stream is awaited.
struct SideRun: Sendable {
  private let lane: Lane
  private let plan: SideStream
  /// The side stream fails and ends by itself, within the grace of the run.
  private let shutdown: Shutdown
  private let chain: Chain
  private let failure = Failed()

  private final class Failed: Sendable {
    private let state = Mutex<StageFailure?>(nil)
    /// What the main stream is to be cut with.
    var cause: StageFailure? { state.withLock { $0 } }
    func set(_ failure: StageFailure) { state.withLock { $0 = failure } }
  }

  init(_ lane: Lane, _ plan: SideStream) {
    self.lane = lane
    self.plan = plan
    shutdown = lane.course.shutdown.forSideStream()
    chain = Chain(plan.stages, lane.course.branch(shutdown))
  }

  func run() async {
    lane.output.onStop { [lane] in
      lane.course.shutdown.voidFailures(before: lane.position + 1)
      lane.input.stop()
    }
    lane.course.shutdown.onHardEnd { [self] reason, cause in
      lane.input.breakOff(cause)
      shutdown.hardEnd(reason)
    }
    // One that is not there takes nothing.
    if plan.isLeftOut { chain.input.stop() }
    await withTaskGroup(of: Void.self) { group in
      if !plan.isLeftOut {
        group.addTask { await chain.run() }
        group.addTask { await collect() }
      }
      group.addTask { await pass() }
    }
    shutdown.disarm()
    shutdown.disconnect()
    chain.disconnect()
  }

  // MARK: The main stream

  private func pass() async {
    lane.begin(.busy)
    var outlet = Outlet(lane.stage, lane.output, lane.course, isWorker: true)
    var fork = Fork(lane.stage, plan.faults)
    let closing = await passAll(&outlet, &fork)
    if let closing { await outlet.close(closing) }
    chain.input.close(closing ?? .end)
    lane.end(.busy)
  }

  /// How the output is to be closed; nil when nobody reads it any more.
  private func passAll(_ outlet: inout Outlet, _ fork: inout Fork) async -> Closing<Cause>? {
    while true {
      switch await lane.receive(in: .busy) {
      case .element(let batch):
        switch await pass(batch, &outlet, &fork) {
        case .goOn: break
        case .close(let closing): return closing
        case .stopped: return stopped
        }
      case .closed(let closing): return closing
      case .stopped: return stopped
      }
    }
  }

  /// The input has been stopped: by what is downstream, or by a failure of the side stream.
  private var stopped: Closing<Cause>? { failure.cause.map { .cut(.failure($0)) } }

  private enum Passed {
    case goOn, stopped
    case close(Closing<Cause>)
  }

  private func pass(
    _ batch: Batch, _ outlet: inout Outlet, _ fork: inout Fork
  ) async -> Passed {
    var rest = batch
    while true {
      let (part, judged, stop) = fork.part(of: rest, delimiter: lane.course.delimiter)
      var failed: StageFailure?
      if case .fail(let failure)? = stop {
        let failure = lane.stage.failure(failure, at: rest.number(judged))
        guard lane.fail(failure, order: 0) else { return .stopped }
        failed = failure
      }
      if let part { await send(part) }
      let whole = judged == rest.count
      var output = Output(batch: whole ? rest : rest.slice(0..<judged))
      output.counts.taken = output.batch.itemCount
      output.counts.given = output.counts.taken
      guard await outlet.hand(output) else { return .stopped }
      if let failed { return .close(.cut(.failure(failed))) }
      guard case .delay(let duration)? = stop else { return .goOn }
      guard await lane.wait(until: lane.course.clock.now + duration) else { return .stopped }
      rest = rest.slice(judged..<rest.count)
    }
  }

  /// Once the side stream wants no more, this returns at once.
  private func send(_ part: Batch) async {
    var waited = false
    _ = await chain.input.send(part) {
      waited = true
      lane.end(.busy)
      lane.begin(.blocked)
    }
    if waited {
      lane.end(.blocked)
      lane.begin(.busy)
    }
  }

  // MARK: The side stream's results

  private func collect() async {
    while true {
      switch await chain.output.receive() {
      case .element(let batch):
        guard await put(batch.withoutMarks()) else { return chain.output.stop() }
      case .closed(.end), .stopped: return
      case .closed(.cut(let cause)):
        if let failure = own(cause) { fail(failure) }
        return
      }
    }
  }

  /// The failure behind a cut, unless that came from the main stream.
  private func own(_ cause: Cause) -> StageFailure? {
    guard case .failure(let failure) = cause else { return shutdown.firstFailure }
    let names = plan.stages.flatMap(\.withInner).map(\.name)
    return names.contains(failure.stage) ? failure : nil
  }

  private func put(_ batch: Batch) async -> Bool {
    if batch.isEmpty { return true }
    guard let port = plan.port else {
      lane.stage.counters.update { $0.dropped += batch.count }
      return true
    }
    var bytes: [UInt8] = []
    for index in 0..<batch.count { bytes += batch.text(index) + [lane.course.delimiter] }
    do throws(SideFileFailure) {
      try await port.write(bytes, to: nil, delimiter: lane.course.delimiter)
      return true
    } catch {
      fail(lane.stage.failure(error.failure, at: batch.number(0)))
      return false
    }
  }

  private func fail(_ failure: StageFailure) {
    let course = lane.course
    if plan.isOptional { return course.shutdown.warn(of: failure) }
    // What it has used of its grace is not granted again.
    guard course.shutdown.recordAside(failure, graceEnd: shutdown.endOfGrace) else { return }
    self.failure.set(failure)
    lane.input.stop()
  }
}

/// Decides which items go to the side stream as well.
private struct Fork {
  private var predicate: (any Predicate)?
  /// Those of a test that have not been met yet.
  private var faults: [Fault]

  init(_ stage: PlannedStage, _ faults: [Fault]) {
    predicate = stage.makePredicate?()
    self.faults = faults
  }

  /// What goes to the side stream of a batch, up to the first item that could not be judged; how far
  /// that is, and why.
  mutating func part(
    of batch: Batch, delimiter: UInt8
  ) -> (part: Batch?, judged: Int, stop: Fault.Action?) {
    if predicate == nil, faults.isEmpty, !batch.hasMarks {
      return (batch.isEmpty ? nil : batch, batch.count, nil)
    }
    var builder = BatchBuilder(viewing: batch, delimiter: delimiter)
    var judged = 0
    var stop: Fault.Action?
    while judged < batch.count, stop == nil {
      if let fault = faults.firstIndex(where: { $0.line == batch.number(judged) }) {
        stop = faults.remove(at: fault).action
        break
      }
      do throws(Failure) {
        if try wants(batch, judged) { builder.keep(batch, judged) }
        judged += 1
      } catch {
        stop = .fail(error)
      }
    }
    let part = builder.isEmpty ? nil : builder.take(covering: 0..<0)
    return (part, judged, stop)
  }

  private mutating func wants(_ batch: Batch, _ index: Int) throws(Failure) -> Bool {
    if batch.bypass(index) > 0 || batch.kind(index) == .error { return false }
    return try predicate?.holds(batch, index) ?? true
  }
}
