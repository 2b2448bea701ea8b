import Flow
import Lines
import PipelineModel
import Stages

/// Workers of a stage whose command sees the stream in blocks: each block has a command of its own,
/// and is there as a whole before that is started.
struct BlockWorkers: Workers {
  let plan: PipePlan
  private let inHand: WorkInHand

  init(lane: Lane, plan: PipePlan) {
    self.plan = plan
    inHand = WorkInHand(workers: lane.stage.workers)
  }

  func intake() -> BlockIntake { BlockIntake(bytes: plan.block ?? .max) }

  func endHard() { inHand.endHard() }

  func work(_ number: Int, _ gather: Gather<BlockSupply, Output, Cause>, _ lane: Lane) async {
    let track = lane.enter()
    var token = Cancellation()
    while case (let id, var block)? = await gather.take(token) {
      inHand.set(token, number)
      lane.begin(.busy)
      lane.stage.counters.update { counters in
        counters.attempts += 1
        counters.inFlight += 1
        counters.mostInFlight = max(counters.mostInFlight, counters.inFlight)
      }
      let work = BlockWork(
        plan: plan, block: block, id: id, token: token, gather: gather, lane: lane)
      await work.run(block.takeBytes(endedBy: plan.terminator))
      lane.stage.counters.update { $0.inFlight -= 1 }
      lane.end(.busy)
      token = Cancellation()
    }
    await track?.leave(at: lane.course.clock.now)
  }
}

/// One block and its command.
private struct BlockWork {
  let plan: PipePlan
  /// What is known of the block once its bytes are on their way.
  let covered: Range<UInt64>
  let count: Int
  let lastNumber: UInt64?
  let id: Int
  let token: Cancellation
  let gather: Gather<BlockSupply, Output, Cause>
  let lane: Lane
  /// Ends the command.
  private let ending = Cancellation()
  private let limits: LimitTimers?

  init(
    plan: PipePlan, block: Block, id: Int, token: Cancellation,
    gather: Gather<BlockSupply, Output, Cause>, lane: Lane
  ) {
    self.plan = plan
    covered = block.covered
    count = block.count
    lastNumber = block.lastNumber
    self.id = id
    self.token = token
    self.gather = gather
    self.lane = lane
    limits = lane.stage.policy.limits.idle == nil ? nil : LimitTimers(lane.course.clock)
  }

  func run(_ input: [UInt8]) async {
    token.onCancel { [ending] in ending.cancel($0) }
    limits?.aim(at: ending)
    if let idle = lane.stage.policy.limits.idle { limits?.start(.idle, idle) }
    var failure: Failure?
    do throws(Failure) { failure = try await pass(input) } catch { failure = error }
    limits?.stop(.idle)
    token.onCancel(nil)
    if token.isCancelled { return gather.finish(id, Output(), bytes: 0) }
    if let late = limits?.failure {
      lane.stage.counters.update { $0.limitsPassed.note(.idle) }
      failure = late
    }
    if let failure { fail(failure) } else { finish() }
  }

  private func finish() {
    var output = Output(batch: Batch(covering: covered), number: lastNumber)
    output.counts.taken = count
    gather.finish(id, output, bytes: 0)
  }

  private func fail(_ failure: Failure) {
    let failed = lane.stage.failure(failure, at: nil, last: lastNumber)
    if gather.fail(id, Output(), bytes: 0, .failure(failed)) { _ = lane.fail(failed, order: id) }
  }

  /// Runs the command and hands on what it prints. The failure of the block, or nil.
  private func pass(_ input: consuming [UInt8]) async throws(Failure) -> Failure? {
    let child = try await start(input)
    var results = LineSplitter(delimiter: plan.terminator, maxLine: plan.maxLine, isNumbered: false)
    var tooLong: Failure?
    while true {
      switch await child.next() {
      case .output(let bytes):
        limits?.restartIdle()
        if ending.isCancelled { continue }
        results.add(bytes)
        do throws(LineTooLong) {
          while let batch = try results.take() { await hand(batch) }
        } catch {
          tooLong = Failure(
            .tooLarge, "a result is longer than max_line, \(error.limit) bytes")
          ending.cancel(.stop)
        }
      case .exited(let exit):
        if let failure = tooLong ?? exit.immortality { return failure }
        if ending.isCancelled { return nil }
        if let failure = plan.failure(of: exit) { return failure }
        if let rest = results.finish() { await hand(rest) }
        return nil
      }
    }
  }

  private func start(_ input: consuming [UInt8]) async throws(Failure) -> any Child {
    let name = lane.stage.name
    let report = lane.course.onErrorLine
    var command = try plan.command.childCommand(lane.course.launcher) { report?(name, nil, $0) }
    command.input = input
    command.keepsInput = false
    // Wide pipes are the system's to give: for a few commands at once.
    command.widensPipes = lane.stage.workers <= 8
    return try await lane.course.launcher.start(command, cancellation: ending)
  }

  private func hand(_ batch: Batch) async {
    var output = Output(batch: batch)
    output.batch.covered = 0..<0
    output.counts.given = batch.count
    var waited = false
    let isWanted = await gather.emit(id, output, bytes: output.bytes) {
      waited = true
      limits?.pause()
      lane.end(.busy)
    }
    if waited {
      limits?.resume()
      lane.begin(.busy)
    }
    if !isWanted { ending.cancel(.stop) }
  }
}
