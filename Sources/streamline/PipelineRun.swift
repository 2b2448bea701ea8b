import Flow
import Glibc
import Host
import PipelineModel
import PipelineRuntime
import Stages

/// One `streamline run`: everything that can be refused is refused when it is made, before the first
/// line is read.
struct PipelineRun: Sendable {
  let options: RunOptions
  let plan: Plan
  let notes: [String]
  private let runner: Runner
  private let clock: MonotonicClock
  private let children: Children
  private let client: CurlClient
  private let ends: RunEnds
  let inputSize: UInt64?

  /// - Throws: what is wrong with command line, file or surroundings.
  init(_ options: RunOptions) throws(CommandFailure) {
    let prepared = try PreparedPipeline(options)
    self.options = options
    if options.verbosity != .quiet {
      let warnings = prepared.warnings.filter { $0.code != Diagnostic.noLimit }
      StandardError.write(PipelineFile.messages(warnings))
    }
    var planned = try RunPlan(prepared, options)
    let ends = try RunEnds(options, planned.plan)
    self.ends = ends
    if let source = ends.source {
      planned.plan.setting.inputFiles?.connect { source.path(of: $0) }
    }
    inputSize = ends.source?.knownSize
    clock = MonotonicClock()
    children = Children(clock: clock)
    do throws(CommandFailure) {
      try planned.fitToDescriptors()
      (plan, notes) = (planned.plan, planned.notes)
      client = CurlClient(connections: plan.mostRequests)
      runner = Runner(plan, Self.ports(ends, children, client, clock, options, plan.setting))
      try Self.prepare(runner)
    } catch {
      ends.output?.abandon()
      throw error
    }
  }

  private static func ports(
    _ ends: RunEnds, _ children: Children, _ client: CurlClient, _ clock: MonotonicClock,
    _ options: RunOptions, _ setting: Setting
  ) -> RunPorts {
    var ports = RunPorts(source: ends.lines, sink: ends.sink, launcher: children, clock: clock)
    ports.client = client
    ports.taps = ends.taps
    ports.trace = ends.trace
    if options.verbosity != .quiet {
      ports.onWarning = { StandardError.write(setting.hidingSecrets(in: RunMessages.warning($0))) }
      ports.onErrorLine = { stage, number, line in
        let text = RunMessages.childLine(stage, number, line)
        StandardError.write(setting.hidingSecrets(in: text))
      }
    }
    return ports
  }

  private static func prepare(_ runner: Runner) throws(CommandFailure) {
    do { try runner.prepare() } catch {
      throw CommandFailure(
        text: runner.plan.setting.hidingSecrets(in: RunMessages.failure(error)),
        status: error.failure.kind == .spawn ? ExitStatus.usage : ExitStatus.failed)
    }
  }

  /// Runs it to its end and says how it went. The exit status, 128 and more for a signal.
  func run(_ signals: Signals) async -> Int32 {
    if options.verbosity != .quiet { notes.forEach { StandardError.write("streamline: \($0)\n") } }
    let begun = clock.now
    let progress = ProgressDisplay(options, plan, clock, readInput)
    signals.deliver { receive($0, since: begun, progress) }
    progress?.start()
    let outcome = await runner.run()
    progress?.stop()
    await children.finish()
    await client.finish()
    if outcome.sink.readerGone == false, outcome.causes.isEmpty, let last = outcome.lastUsed {
      ends.source?.setBack(behind: last)
    }
    await ends.closeTaps()
    return conclude(outcome, since: begun)
  }

  /// How much of the input has been read, where its size is known.
  private var readInput: (@Sendable () -> InputProgress)? {
    guard let source = ends.source, let inputSize else { return nil }
    return { InputProgress(size: inputSize, read: source.progress) }
  }

  private func receive(_ number: Int32, since begun: Instant, _ progress: ProgressDisplay?) {
    switch number {
    case SIGUSR1:
      StandardError.write(SummaryText(plan, from: begun, to: clock.now).text)
    case SIGTSTP:
      children.signalAll(SIGSTOP)
      let stop = { clock.standStill { Signals.stop() } }
      if let progress { progress.whileHidden(stop) } else { stop() }
      children.signalAll(SIGCONT)
    default: runner.signalled(number)
    }
  }

  private func conclude(_ outcome: RunOutcome, since begun: Instant) -> Int32 {
    var status = outcome.exitStatus
    if status == 0, options.strict, plan.absorbedFailures > 0 { status = ExitStatus.failed }
    var text = RunMessages(plan, outcome, ends, status: status, options.verbosity).text
    if let output = ends.output {
      if status == 0 {
        do { try output.commit() } catch {
          text += RunMessages.port(error)
          status = ExitStatus.io
        }
      } else {
        output.abandon()
      }
    }
    if let format = options.summary {
      let summary = SummaryText(plan, from: begun, to: clock.now)
      text += format == .json ? summary.json : summary.text
    }
    StandardError.write(plan.setting.hidingSecrets(in: text))
    return status
  }
}
