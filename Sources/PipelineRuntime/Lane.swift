import Flow
import Lines
import Stages

/// One stage at work between two queues. Each item's work refers to it, so it is not copied.
final class Lane: Sendable {
  let stage: PlannedStage
  /// The place of the stage in its chain, counted from upstream.
  let position: Int
  let input: LineQueue
  let output: LineQueue
  let course: Course
  /// Of `start` and `await`: what the one has begun and the other collects.
  let work: StartedWork?
  /// Ends what the lane itself waits for (the permits of a throttle).
  private let waiting = Cancellation()

  init(
    _ stage: PlannedStage, at position: Int, from input: LineQueue, to output: LineQueue,
    _ course: Course, work: StartedWork? = nil
  ) {
    self.stage = stage
    self.position = position
    self.input = input
    self.output = output
    self.course = course
    self.work = work
  }

  /// Runs until the stage is closed and everything it began has ended. It closes its output exactly
  /// once, unless its reader has stopped it.
  func run() async {
    switch stage.running {
    case .serial(let make): await runSerial(make(self))
    case .batches(let make) where stage.workers == 1: await runSerial(make(stage))
    case .batches(let make): await FanOut(self, BatchWorkers(make: make)).run()
    case .start(let body, let level):
      guard let work else { return }
      await StartRun(self, body, work, level: level).run()
    case .await(let plan):
      guard let work else { return }
      await AwaitRun(self, plan, work).run()
    case .branches(let plan): await SwitchRun(self, plan).run()
    case .side(let stream): await SideRun(self, stream).run()
    case .items(let body): await FanOut(self, ItemWorkers(lane: self, body: body)).run()
    case .pipe(let plan): await PipeLane(self, plan).run()
    case .blocks(let plan): await FanOut(self, BlockWorkers(lane: self, plan: plan)).run()
    }
  }

  /// Nothing behind this stage is wanted any more: it is stopped, and its failures are void.
  func stopUpstream() {
    course.shutdown.voidFailures(before: position)
    input.stop()
  }

  /// Records a failure and stops what is behind it. False if it is void.
  func fail(_ failure: StageFailure, order: Int) -> Bool {
    guard course.shutdown.record(failure, position: position, order: order) else { return false }
    input.stop()
    return true
  }

  // MARK: In one task

  /// Generic, so that what computes is called without a suspension.
  private func runSerial(_ work: some SerialWork) async {
    output.onStop { [self] in
      waiting.cancel(.stop)
      course.shutdown.voidFailures(before: position + 1)
      input.stop()
    }
    course.shutdown.onHardEnd { [self] reason, cause in
      waiting.cancel(reason)
      input.breakOff(cause)
    }
    begin(.busy)
    let track = enter()
    var outlet = Outlet(stage, output, course, isWorker: true)
    if let closing = await pass(work, &outlet, track) { await outlet.close(closing) }
    end(.busy)
    await track?.leave(at: course.clock.now)
  }

  /// How the output is to be closed; nil when it has been stopped.
  private func pass(
    _ work: some SerialWork, _ outlet: inout Outlet, _ track: TraceTrack?
  ) async -> Closing<Cause>? {
    var work = work
    let goesByClock = work.goesByClock
    while true {
      let received =
        if let ready = input.tryReceive() {
          ready
        } else {
          await receive(in: .busy, wakingAt: goesByClock ? work.wakeUp(course.clock) : nil)
        }
      if goesByClock, case .element = received {
        switch await tick(&work, &outlet) {
        case .used, .more: break
        case .close(let closing): return closing
        case .stopped: return nil
        }
      }
      switch received {
      case .element(let batch):
        if batch.isEmpty {
          outlet.cover(batch.covered)
          guard await outlet.sendCoverage() else { return nil }
        } else {
          let begun = track == nil ? nil : course.clock.now
          let passed = await pass(batch, &work, &outlet)
          if let begun { await track?.span(batch, from: begun, to: course.clock.now) }
          switch passed {
          case .used, .more: break
          case .close(let closing): return closing
          case .stopped: return nil
          }
        }
      case .closed(.end): return await finish(&work, &outlet)
      case .closed(.cut(let cause)): return .cut(cause)
      case .stopped: return nil
      }
    }
  }

  private enum Passed {
    /// What was given has been handed on; of a batch or of what is due there may be more.
    case used, more
    case stopped
    case close(Closing<Cause>)
  }

  @inline(__always)
  private func pass(
    _ batch: Batch, _ work: inout some SerialWork, _ outlet: inout Outlet
  ) async -> Passed {
    var cursor = Cursor()
    while true {
      let passed = await conclude(work.step(batch, &cursor), &outlet)
      guard case .more = passed else { return passed }
    }
  }

  /// Tells the time, and hands on what is due.
  private func tick(_ work: inout some SerialWork, _ outlet: inout Outlet) async -> Passed {
    while true {
      let passed = await conclude(work.tick(course.clock), &outlet)
      guard case .more = passed else { return passed }
    }
  }

  private func finish(
    _ work: inout some SerialWork, _ outlet: inout Outlet
  ) async -> Closing<Cause>? {
    while true {
      switch await conclude(work.finish(), &outlet) {
      case .close(let closing): return closing
      case .stopped: return nil
      case .more: continue
      case .used: break
      }
      guard !course.isInner, let failure = stage.failureAtEnd else { return .end }
      return fail(failure, order: .max) ? .cut(.failure(failure)) : nil
    }
  }

  /// Hands on what a step gave and acts on how it ended. A failure is recorded, and what is behind
  /// it stopped, before what stands before it leaves.
  @inline(__always)
  private func conclude(_ step: consuming Step, _ outlet: inout Outlet) async -> Passed {
    let status = step.status
    if case .failed(let failure) = status, !fail(failure, order: 0) { return .stopped }
    guard await hand(step, &outlet) else {
      guard let failure = outlet.failure, fail(failure, order: 0) else { return .stopped }
      return .close(.cut(.failure(failure)))
    }
    switch status {
    case .used: return .used
    case .more: return .more
    case .failed(let failure): return .close(.cut(.failure(failure)))
    case .enough:
      // The end goes on before what is behind is stopped: output first.
      await outlet.close(.end)
      stopUpstream()
      return .stopped
    }
  }

  @inline(__always)
  private func hand(_ step: borrowing Step, _ outlet: inout Outlet) async -> Bool {
    if step.isEmpty { return true }
    return step.more.isEmpty ? await outlet.hand(step.first) : await outlet.hand(step.outputs)
  }

  // MARK: What is seen of it

  /// A worker of the stage begins, for whoever traces the run.
  func enter() -> TraceTrack? {
    course.trace.flatMap { $0.enter(stage.name, at: course.clock.now) }
  }

  /// `receive` of the input. Only where it has to wait is the time read: `state` ends and goes on
  /// behind the wait, so that a stage with input at hand pays nothing for being counted.
  ///
  /// - Parameter instant: when it gets an empty batch instead, should nothing have come until then. In
  ///   virtual time that moves the clock: something is due.
  func receive(
    in state: StageCounters.State, wakingAt instant: Instant? = nil
  ) async -> Received<Batch, Cause> {
    var waited = false
    var timer: TimerID?
    let received = await input.receive {
      waited = true
      change(from: state, to: .starved)
      timer = instant.map { instant in
        course.clock.schedule(at: instant, phase: .work) { [input] in input.call(Batch()) }
      }
    }
    if let timer { course.clock.cancel(timer) }
    if waited { change(from: .starved, to: state) }
    return received
  }

  func begin(_ state: StageCounters.State) { stage.begin(state, course.clock) }

  func end(_ state: StageCounters.State) { stage.end(state, course.clock) }

  /// Waits from now on for something that is not its own work, or no more.
  func wait(_ waits: Bool) {
    change(from: waits ? .busy : .starved, to: waits ? .starved : .busy)
  }

  private func change(from one: StageCounters.State, to other: StageCounters.State) {
    let now = course.clock.now
    stage.counters.update { values in
      values.leave(one, now)
      values.enter(other, now)
    }
  }

  /// The turn of the item whose way this lane is in; nil where items need not wait for each other.
  var turn: Turn? { course.turns[stage.name] }

  /// Waits until it is that item's turn. False when that is not wanted any more.
  func waitForTurn() async -> Bool { await turn?.wait(waiting) ?? true }

  /// Waits for the lane's own sake, a permit for instance.
  func wait(until instant: Instant) async -> Bool {
    await course.clock.sleep(until: instant, phase: .work, waiting)
  }
}
