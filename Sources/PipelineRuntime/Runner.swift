import PipelineModel
package import Flow
package import Stages

/// Runs a plan from a source to a sink. The four endings (normal, early, failure, signal) are those
/// of the queues: `end` travels behind the last line, `cut` takes the place of a failure, `stop` goes
/// back from whoever has enough, and at the hard end everything is broken off.
package struct Runner: Sendable {
  package let plan: Plan
  package let ports: RunPorts
  private let shutdown: Shutdown

  package init(_ plan: Plan, _ ports: RunPorts) {
    self.plan = plan
    self.ports = ports
    shutdown = Shutdown(
      clock: ports.clock, grace: plan.definition.grace, onWarning: ports.onWarning)
  }

  /// What has to hold before the first line is read: commands exist, side files can be written.
  package func prepare() throws(StageFailure) {
    let stages = plan.allStages
    for stage in stages {
      do throws(Failure) {
        try stage.prepare(ports.launcher)
        if stage.sendsRequests { try ports.client.prepare() }
      } catch {
        throw stage.failure(error, at: nil)
      }
    }
    // After all checks: a file that is opened is emptied.
    try openFiles(of: plan.stages)
  }

  /// Opens what is written beside the stream. A side stream that may fail and can not have its files is
  /// left out of the run, with a warning.
  private func openFiles(of stages: [PlannedStage]) throws(StageFailure) {
    for stage in stages {
      var side: SideStream?
      if case .side(let stream) = stage.running, stream.isOptional { side = stream }
      for port in stage.sidePorts where port !== side?.port {
        do throws(Failure) { try port.prepare() } catch { throw stage.failure(error, at: nil) }
      }
      do throws(StageFailure) {
        do throws(Failure) { try side?.port?.prepare() } catch {
          throw stage.failure(error, at: nil)
        }
        try openFiles(of: stage.inner)
      } catch {
        guard let side else { throw error }
        side.leaveOut()
        shutdown.warn(of: error)
      }
    }
  }

  /// Runs to the end, however it comes. Everything begun has ended when it returns.
  package func run() async -> RunOutcome {
    let course = Course(
      clock: ports.clock, launcher: ports.launcher, client: ports.client, shutdown: shutdown,
      committer: DirectCommitter(
        delimiter: plan.setting.delimiter, onAbsorbed: ports.onAbsorbed),
      delimiter: plan.setting.delimiter, taps: ports.taps,
      onErrorLine: ports.onErrorLine, trace: ports.trace, turns: [:], isInner: false)
    ports.trace?.begin(plan, at: ports.clock.now)
    let chain = Chain(plan.stages, course)
    connect(chain)
    let limit = armLimit()
    let reports = await withTaskGroup(of: Report.self) { group in
      group.addTask {
        await chain.run()
        return .stages
      }
      group.addTask { .source(await ports.source.run(into: chain.input)) }
      group.addTask { .sink(await ports.sink.run(from: chain.output, report: shutdown)) }
      return await collect(group)
    }
    if let limit { ports.clock.cancel(limit) }
    let keptFailure = await endKept()
    let sideFailure = await closeSideFiles() ?? keptFailure
    shutdown.disarm()
    var outcome = outcome(reports, sideFailure)
    outcome.traceFailure = await ports.trace?.finish(at: ports.clock.now)
    return outcome
  }

  // MARK: From outside

  /// INT, TERM or HUP. The first means that the input ended here; one that comes 100 ms after it or
  /// later stops at once.
  package func signalled(_ number: Int32) {
    switch shutdown.signalled(number) {
    case .first: ports.source.interrupt()
    case .repeated: break
    case .hard:
      ports.sink.stopHard()
      shutdown.hardEnd(.hard)
    }
  }

  // MARK: Within

  private enum Report: Sendable {
    case stages
    case source(SourceReport)
    case sink(SinkReport)
  }

  /// A stop that reaches the beginning of the chain stops the source.
  private func connect(_ chain: Chain) {
    chain.input.onStop { [ports] in ports.source.stop() }
    let keepers = plan.allStages.compactMap(\.keeper)
    shutdown.onHardEnd { [ports, shutdown] reason, _ in
      for keeper in keepers { keeper.stop(reason) }
      ports.source.stop()
      if shutdown.isForSignal { ports.sink.stopWaiting() }
    }
  }

  private func armLimit() -> TimerID? {
    guard let limit = plan.definition.timeout else { return nil }
    return ports.clock.schedule(at: ports.clock.now + limit, phase: .limit) { [shutdown] in
      shutdown.timeLimitPassed()
    }
  }

  private func collect(
    _ group: TaskGroup<Report>
  ) async -> (source: SourceReport?, sink: SinkReport?) {
    var reports: (source: SourceReport?, sink: SinkReport?)
    for await report in group {
      switch report {
      case .stages: break
      case .source(let report): reports.source = report
      case .sink(let report): reports.sink = report
      }
    }
    return reports
  }

  /// Stages end what they kept before they close. Where one was never run, or its work was taken over by
  /// a stand-in, that is done with the run.
  private func endKept() async -> StageFailure? {
    var first: StageFailure?
    for stage in plan.allStages {
      do throws(Failure) { try await stage.keeper?.finish() } catch {
        first = first ?? stage.failure(error, at: nil)
      }
    }
    return first
  }

  private func closeSideFiles() async -> StageFailure? {
    var first: StageFailure?
    for stage in plan.allStages {
      for port in stage.sidePorts {
        do throws(Failure) { try await port.close() } catch {
          first = first ?? stage.failure(error, at: nil)
        }
      }
    }
    return first
  }

  private func outcome(
    _ reports: (source: SourceReport?, sink: SinkReport?), _ sideFailure: StageFailure?
  ) -> RunOutcome {
    var outcome = RunOutcome(
      linesRead: reports.source?.linesRead ?? 0, droppedBytes: reports.source?.droppedBytes ?? 0,
      sink: reports.sink ?? SinkReport(closing: .cut(.ended)))
    var failure = sideFailure
    if case .cut(let cause)? = reports.sink?.closing {
      switch cause {
      case .failure(let found): failure = found
      case .input(let found): outcome.causes.append(.input(found))
      case .ended: failure = shutdown.firstFailure ?? sideFailure
      }
    }
    failure = shutdown.failureAside(besides: failure) ?? failure
    for event in shutdown.events {
      switch event {
      case .failure: if let failure { outcome.causes.append(.failure(failure)) }
      case .signal(let number): outcome.causes.append(.signal(number))
      case .timeLimit: outcome.causes.append(.timeLimit)
      }
    }
    if let failure, !outcome.causes.contains(where: \.isFailure) {
      outcome.causes.append(.failure(failure))
    }
    if let found = reports.sink?.failure { outcome.causes.append(.output(found)) }
    outcome.graceRanOut = shutdown.hasEndedHard
    if shutdown.hasEndedEarly, outcome.sink.completeBelow > 0 {
      outcome.lastUsed = outcome.sink.completeBelow - 1
    }
    outcome.otherFailures = shutdown.allFailures
    outcome.warnings = shutdown.warnings
    return outcome
  }
}

/// What a run needs of the world.
package struct RunPorts: Sendable {
  package var source: any LineSource
  package var sink: any LineSink
  package var launcher: any Launcher
  package var client: any HTTPClient = NoHTTPClient()
  package var clock: any TimerClock
  /// By stage: what is shown what leaves it.
  package var taps: [String: any Tap] = [:]
  package var onErrorLine: ErrorLine?
  package var onAbsorbed: AbsorbedFailure?
  /// Is told of the failures of side streams that may fail, when they do.
  package var onWarning: AbsorbedFailure?
  /// Is shown what every worker is at.
  package var trace: Trace?

  package init(
    source: any LineSource, sink: any LineSink, launcher: any Launcher, clock: any TimerClock
  ) {
    self.source = source
    self.sink = sink
    self.launcher = launcher
    self.clock = clock
  }
}

/// How a run ended.
package struct RunOutcome: Sendable {
  package enum Ending: Sendable {
    case failure(StageFailure)
    case signal(Int32)
    case timeLimit
    case input(PortFailure)
    case output(PortFailure)

    package var isFailure: Bool { if case .failure = self { true } else { false } }
  }
  /// In the order they came: the first decides the exit status. Empty when all is well.
  package var causes: [Ending] = []
  package var linesRead: UInt64
  package var droppedBytes: Int
  package var sink: SinkReport
  /// The last input line that was used, where the stream was ended before the input was.
  package var lastUsed: UInt64?
  /// The ending took longer than it may: what was in flight has been cancelled.
  package var graceRanOut = false
  /// Every failure that was recorded, in time.
  package var otherFailures: [StageFailure] = []
  /// Failures of side streams that may fail, in time.
  package var warnings: [StageFailure] = []
  /// Why the trace is not whole; the run does not fail by that.
  package var traceFailure: Failure?

  /// 0, 1, 74, 124 or 128 and the number of the signal.
  package var exitStatus: Int32 {
    switch causes.first {
    case nil: 0
    case .failure: 1
    case .signal(let number): 128 + number
    case .timeLimit: 124
    case .input, .output: 74
    }
  }
}
