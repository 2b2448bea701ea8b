import Flow
import Lines
import PipelineModel
import Stages
import Synchronization

/// The whole stream through one command. A writer gives it what comes in, a reader takes what comes
/// out, and neither waits for the other, so that the command may keep back or give what it likes.
struct PipeLane: Sendable {
  private let lane: Lane
  private let plan: PipePlan
  /// Ends the command.
  private let ending = Cancellation()
  private let course: PipeCourse
  private let silence: PipeSilence?

  init(_ lane: Lane, _ plan: PipePlan) {
    self.lane = lane
    self.plan = plan
    course = PipeCourse()
    silence = lane.stage.policy.limits.idle.map { [ending] idle in
      PipeSilence(idle, lane.course.clock, ending)
    }
  }

  func run() async {
    connect()
    let limit = armTotal()
    lane.begin(.busy)
    var outlet = Outlet(lane.stage, lane.output, lane.course, isWorker: true)
    do throws(Failure) {
      let child = try await start()
      await withTaskGroup(of: Void.self) { group in
        group.addTask { await write(to: child) }
        await read(from: child, &outlet)
        // The command has ended: nobody reads what is still to come.
        if !course.inputIsOver { lane.input.stop() }
      }
    } catch {
      await fail(error, &outlet)
    }
    silence?.end()
    if let limit { lane.course.clock.cancel(limit) }
    lane.end(.busy)
  }

  private func connect() {
    lane.output.onStop { [lane, ending] in
      lane.course.shutdown.voidFailures(before: lane.position + 1)
      lane.input.stop()
      ending.cancel(.stop)
    }
    lane.course.shutdown.onHardEnd { [lane, ending] reason, cause in
      lane.input.breakOff(cause)
      ending.cancel(reason)
    }
  }

  private func armTotal() -> TimerID? {
    guard let total = lane.stage.policy.limits.total else { return nil }
    let clock = lane.course.clock
    return clock.schedule(at: clock.now + total, phase: .limit) { [lane, course, ending] in
      lane.stage.counters.update { $0.limitsPassed.total += 1 }
      course.isLate(.late(total, "the stage was not finished"))
      ending.cancel(.limit)
    }
  }

  private func start() async throws(Failure) -> any Child {
    let name = lane.stage.name
    let report = lane.course.onErrorLine
    var command = try plan.command.childCommand(lane.course.launcher) { report?(name, nil, $0) }
    command.widensPipes = true
    return try await lane.course.launcher.start(command, cancellation: ending)
  }

  // MARK: The writer

  private func write(to child: any Child) async {
    while true {
      switch await lane.receive(in: .busy) {
      case .element(let batch):
        course.take(batch)
        if batch.isEmpty { continue }
        guard await give(batch.bytes(endedBy: plan.terminator), to: child) else {
          return refused()
        }
      case .closed(.end):
        course.closeInput()
        silence?.owes(true)
        return child.endInput()
      case .closed(.cut(let cause)):
        // Its end of input would make it answer for half of the stream.
        course.cut(cause)
        child.closeOutput()
        return ending.cancel(.stop)
      case .stopped: return
      }
    }
  }

  /// False once the command reads no more. With a limit on silence it is given little at a time, so
  /// that all it takes is seen.
  private func give(_ bytes: [UInt8], to child: any Child) async -> Bool {
    guard let silence else {
      child.send(bytes)
      return await child.drained()
    }
    var rest = bytes[...]
    while !rest.isEmpty {
      child.send(Array(rest.prefix(Self.piece)))
      rest = rest.dropFirst(Self.piece)
      silence.owes(true)
      defer { silence.owes(false) }
      guard await child.drained() else { return false }
    }
    return true
  }

  /// What a pipe has room for when anything has been taken from it: pipe(7).
  private static let piece = 4096

  /// The command reads no more: it has ended the stream, unless it was ended itself.
  private func refused() {
    if !ending.isCancelled { lane.stopUpstream() }
  }

  // MARK: The reader

  private func read(from child: any Child, _ outlet: inout Outlet) async {
    var results = LineSplitter(delimiter: plan.terminator, maxLine: plan.maxLine, isNumbered: false)
    while true {
      silence?.listens(true)
      let event = await child.next()
      silence?.listens(false)
      switch event {
      case .output(let bytes):
        if course.isOver { continue }
        results.add(bytes)
        await pass(&results, &outlet)
      case .exited(let exit): return await close(exit, &results, &outlet)
      }
    }
  }

  /// Hands on the whole lines there are.
  private func pass(_ results: inout LineSplitter, _ outlet: inout Outlet) async {
    do throws(LineTooLong) {
      while let batch = try results.take() {
        guard await hand(batch, &outlet) else { return }
      }
    } catch {
      let words = "a result is longer than max_line, \(error.limit) bytes"
      course.isLate(Failure(.tooLarge, words))
      ending.cancel(.stop)
    }
  }

  private func hand(_ batch: Batch, _ outlet: inout Outlet) async -> Bool {
    var output = course.output(batch)
    output.batch.covered = 0..<0
    if await outlet.hand(output) { return true }
    course.stop()
    ending.cancel(.stop)
    return false
  }

  private func close(
    _ exit: ChildExit, _ results: inout LineSplitter, _ outlet: inout Outlet
  ) async {
    switch course.closing(exit.immortality ?? (ending.isCancelled ? nil : plan.failure(of: exit))) {
    case .stopped: return
    case .failed(let failure):
      let late = silence?.failure
      if late != nil { lane.stage.counters.update { $0.limitsPassed.note(.idle) } }
      await fail(late ?? failure, &outlet)
    case .cut(let cause): await outlet.close(.cut(cause))
    case .ended(let wasEarly):
      if let late = silence?.failure { return await fail(late, &outlet) }
      if ending.isCancelled { return }
      if let rest = results.finish(), await !hand(rest, &outlet) { return }
      var last = course.output(Batch())
      last.batch.covered = course.covered
      guard await outlet.hand(last) else { return }
      // The end goes on before what is behind is stopped: output first.
      await outlet.close(.end)
      if wasEarly { lane.stopUpstream() }
    }
  }

  private func fail(_ failure: Failure, _ outlet: inout Outlet) async {
    let failed = lane.stage.failure(failure, at: nil, last: course.lastNumber)
    guard lane.fail(failed, order: 0) else { return }
    await outlet.close(.cut(.failure(failed)))
  }
}
