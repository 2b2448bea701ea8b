import Flow
import Glibc
import Host
import Lines
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
  private let source: StandardSource?
  private let output: OutputFile?
  private let taps: [any SideFile]
  let inputSize: UInt64?

  /// - Throws: what is wrong with command line, file or surroundings.
  init(_ options: RunOptions) throws(CommandFailure) {
    let prepared = try PreparedPipeline(options)
    self.options = options
    if options.verbosity != .quiet {
      StandardError.write(PipelineFile.messages(prepared.warnings))
    }
    (plan, notes) = try Self.plan(prepared)
    clock = MonotonicClock()
    children = Children(clock: clock)
    let framing = plan.definition.input
    var lines: any LineSource
    if let path = options.replay {
      lines = ReplaySource(try DeadLetterFile.sources(path))
      source = nil
    } else {
      let standard = try Self.source(options, framing, keepsOrigins: plan.needsOrigins)
      source = standard
      lines = standard
    }
    inputSize = source?.knownSize
    if let first = options.fromLine { lines = SkippingSource(lines, from: UInt64(first)) }
    output = try Self.output(options)
    var ports = RunPorts(
      source: lines, sink: try Self.sink(output, plan.setting.delimiter), launcher: children,
      clock: clock)
    ports.taps = try FileTap.open(options.taps, plan)
    taps = ports.taps.values.compactMap { ($0 as? FileTap)?.file }
    if options.verbosity != .quiet {
      ports.onErrorLine = { stage, number, line in
        StandardError.write(RunMessages.childLine(stage, number, line))
      }
    }
    runner = Runner(plan, ports)
    do { try runner.prepare() } catch {
      output?.abandon()
      throw CommandFailure(
        text: RunMessages.failure(error),
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
    if outcome.sink.readerGone == false, outcome.causes.isEmpty, let last = outcome.lastUsed {
      source?.setBack(behind: last)
    }
    for tap in taps { try? await tap.close() }
    return conclude(outcome, since: begun)
  }

  /// How much of the input has been read, where its size is known.
  private var readInput: (@Sendable () -> InputProgress)? {
    guard let source, let inputSize else { return nil }
    return { InputProgress(size: inputSize, read: source.progress) }
  }

  private func receive(_ number: Int32, since begun: Instant, _ progress: ProgressDisplay?) {
    switch number {
    case SIGUSR1:
      StandardError.write(SummaryText(plan, from: begun, to: clock.now).text)
    case SIGTSTP:
      children.signalAll(SIGSTOP)
      progress?.whileHidden { clock.standStill { Signals.stop() } }
      children.signalAll(SIGCONT)
    default: runner.signalled(number)
    }
  }

  private func conclude(_ outcome: RunOutcome, since begun: Instant) -> Int32 {
    var status = outcome.exitStatus
    if status == 0, options.strict, plan.absorbedFailures > 0 { status = ExitStatus.failed }
    var text = RunMessages(plan, outcome, source, options.verbosity).text
    if let output {
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
    StandardError.write(text)
    return status
  }

  /// Inputs, stdout or `-o`, taps.
  private static let descriptorsOfTheEnds = 16

  /// The most descriptors that a run with these needs has open at once.
  static func mostDescriptors(_ needs: PlanNeeds) -> Int {
    let children =
      needs.children == 0
      ? 0
      : Children.fixedDescriptors + Children.descriptorsWhileStarting
        + Children.descriptorsPerChild * needs.children
    return 3 + descriptorsOfTheEnds + needs.files + children
  }

  // MARK: Making the parts

  private static func plan(
    _ prepared: PreparedPipeline
  ) throws(CommandFailure) -> (Plan, [String]) {
    let setting = Setting(
      parameters: prepared.parameters, secrets: prepared.secrets,
      environment: Environment.variables, delimiter: prepared.definition.output.delimiter,
      maxLine: prepared.definition.input.maxLine, seed: 0, grace: prepared.definition.grace)
    let plan = try plan(prepared.definition, setting, mostWorkers: .max)
    guard plan.mostChildren > 0 else { return (plan, []) }
    let room = Descriptors.children(beside: plan.mostFiles + descriptorsOfTheEnds)
    if room >= plan.mostChildren { return (plan, []) }
    let workers = plan.workersFor(children: room)
    guard workers > 0 else {
      throw CommandFailure(
        "there are not descriptors enough for even one child process of each stage",
        remedy: "raise the limit, as by 'ulimit -n 1024'")
    }
    let reduced = try Self.plan(prepared.definition, setting, mostWorkers: workers)
    let note =
      "only \(workers) workers for each stage that starts processes: the limit on descriptors "
      + "('ulimit -n') allows no more"
    return (reduced, [note])
  }

  private static func plan(
    _ definition: PipelineDefinition, _ setting: Setting, mostWorkers: Int
  ) throws(CommandFailure) -> Plan {
    var planner = Planner(setting, SideFiles(), mostWorkers: mostWorkers)
    guard let plan = planner.plan(definition) else {
      throw CommandFailure(text: PipelineFile.messages(planner.diagnostics))
    }
    return plan
  }

  private static func source(
    _ options: RunOptions, _ framing: Framing, keepsOrigins: Bool
  ) throws(CommandFailure) -> StandardSource {
    do {
      return try StandardSource(
        files: options.inputs, delimiter: framing.delimiter, maxLine: framing.maxLine,
        keepsOrigins: keepsOrigins)
    } catch { throw CommandFailure(error) }
  }

  private static func output(_ options: RunOptions) throws(CommandFailure) -> OutputFile? {
    do { return try options.output.map { path throws(PortFailure) in try OutputFile(path) } } catch
    {
      throw CommandFailure(error)
    }
  }

  private static func sink(
    _ output: OutputFile?, _ delimiter: UInt8
  ) throws(CommandFailure) -> StandardSink {
    do { return try StandardSink(to: output, delimiter: delimiter) } catch {
      throw CommandFailure(error)
    }
  }
}

extension CommandFailure {
  /// Reading or writing the ends of the pipeline is not possible.
  init(_ failure: PortFailure) {
    self.init(failure.message, remedy: failure.remedy, status: ExitStatus.io)
  }
}
