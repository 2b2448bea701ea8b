import Flow
import Host
import Lines
package import PipelineModel
package import PipelineRuntime
import Stages
import Synchronization
import VirtualTime
import YAMLTree

/// What the runs of a case have in common with the program around it.
package struct CaseSurroundings: Sendable {
  /// Words an outcome as `streamline run` does on stderr.
  package var messages: @Sendable (Plan, RunOutcome) -> String
  /// Reads a file, or says why it can not.
  package var read: @Sendable (String) throws(Diagnostic) -> [UInt8]

  package init(
    messages: @escaping @Sendable (Plan, RunOutcome) -> String,
    read: @escaping @Sendable (String) throws(Diagnostic) -> [UInt8]
  ) {
    self.messages = messages
    self.read = read
  }
}

/// One run of one case: the same engine that `run` uses, between ports that are the case's.
package final class CaseRun: Sendable {
  let testCase: TestCase
  let standIns: CaseStandIns
  let plan: Plan
  private let definition: PipelineDefinition
  private let surroundings: CaseSurroundings
  private let blocks: [(at: Duration, bytes: [UInt8])]
  private let files = CaseFiles()
  private let startedAt = Mutex<(any TimerClock)?>(nil)

  /// Throws all that keeps the case from being run: unknown parameters, stages without mocks, files
  /// that are missing.
  package init(
    _ testCase: TestCase, of suite: TestSuite, _ surroundings: CaseSurroundings
  ) throws(CaseRefusal) {
    self.testCase = testCase
    self.surroundings = surroundings
    definition = suite.definition.part(for: testCase)
    let (parameters, problems) = ParameterValues.resolve(
      definition.parameters, given: testCase.parameters)
    var setting = Setting(
      parameters: parameters,
      secrets: Set(definition.parameters.filter(\.isSecret).map(\.name)),
      environment: testCase.environment,
      delimiter: definition.output.delimiter, maxLine: definition.input.maxLine,
      seed: testCase.seed, grace: definition.grace)
    setting.parameterKinds = definition.parameterKinds
    standIns = CaseStandIns(testCase, setting, definition.stages)
    var planner = Planner(setting, files, standIns: standIns)
    let plan = planner.plan(definition)
    let found = planner.diagnostics + problems.map { $0.ofParameter(in: testCase) }
    guard let plan, found.isEmpty else { throw CaseRefusal(diagnostics: found) }
    self.plan = plan
    do throws(Diagnostic) {
      blocks = try testCase.input.blocks(delimiter: definition.input.delimiter) {
        (path) throws(Diagnostic) in
        try surroundings.read(path.hasPrefix("/") ? path : suite.folder + path)
      }
    } catch {
      throw CaseRefusal(diagnostics: [error.placed(at: testCase.arguments.place("input"))])
    }
  }

  /// How far every stage is; may be asked while it runs.
  package var state: String {
    guard let clock = startedAt.withLock({ $0 }) else { return "it has not begun" }
    return StageStates(plan.reading(at: clock.now)).text
  }

  /// Runs it in virtual time under the schedule of a seed. What was observed; nil of the outcome if
  /// nothing could run any more though it had not ended.
  package func runVirtually(schedule seed: UInt64, cutsReads: Bool) async -> Observation {
    let executor = StepExecutor(seed: seed, date: testCase.start)
    let ports = ports(
      clock: executor, launcher: NoProcesses(),
      cuts: cutsReads ? SplitMix64(seed: seed ^ 0x9E37_79B9) : nil)
    // It takes all steps itself, for as long as they take: the pool of tasks is not for that.
    let outcome = await Thread.run("case") { [self] in
      executor.run { [self] in await run(ports, executor) }
    }
    return observation(ports, outcome, elapsed: executor.now - Instant(nanoseconds: 0))
  }

  /// Runs it on the machine's clock, with real processes where the case allows them.
  package func runReally() async -> Observation {
    let clock = MonotonicClock()
    let children = Children(clock: clock)
    let client = CurlClient(connections: plan.mostRequests)
    var ports = ports(clock: clock, launcher: children, cuts: nil)
    ports.run.client = client
    let begun = clock.now
    let outcome = await run(ports, clock)
    await children.finish()
    await client.finish()
    return observation(ports, outcome, elapsed: clock.now - begun)
  }

  // MARK: Ports

  private struct Ports: Sendable {
    var run: RunPorts
    var sink: CaseSink
    var taps: [String: CaseTap]
    var absorbed: Collected<StageFailure>
    var errorLines: Collected<String>
    var signal: SignalGate
  }

  private func ports(
    clock: any TimerClock, launcher: any Launcher, cuts: SplitMix64?
  ) -> Ports {
    let gate = SignalGate(testCase.signal)
    let source = CaseSource(
      blocks, definition.input, keepsOrigins: plan.needsOrigins, clock: clock, cuts: cuts,
      signal: gate.line.map { ($0, { gate.send() }) })
    let sink = CaseSink(closesAfter: testCase.closesOutputAfter)
    var run = RunPorts(source: source, sink: sink, launcher: launcher, clock: clock)
    var taps: [String: CaseTap] = [:]
    for one in testCase.expected?.arguments?.mapping("after") ?? [] {
      let tap = CaseTap()
      taps[one.name] = tap
      run.taps[plan.tappedStage(one.name)] = tap
    }
    let absorbed = Collected<StageFailure>()
    run.onAbsorbed = { absorbed.add($0) }
    let errorLines = Collected<String>()
    run.onErrorLine = { [setting = plan.setting] stage, number, line in
      let place = number.map { ":\($0)" } ?? ""
      let text = "[\(stage)\(place)] \(String(decoding: line, as: UTF8.self))"
      errorLines.add(setting.hidingSecrets(in: text))
    }
    return Ports(
      run: run, sink: sink, taps: taps, absorbed: absorbed, errorLines: errorLines, signal: gate)
  }

  private func run(_ ports: Ports, _ clock: any TimerClock) async -> CaseOutcome {
    startedAt.withLock { $0 = clock }
    let runner = Runner(plan, ports.run)
    do { try runner.prepare() } catch { return .refused(error) }
    ports.signal.open(clock) { runner.signalled($0) }
    let outcome = await runner.run()
    ports.signal.close(clock)
    return .ended(outcome)
  }

  private func observation(
    _ ports: Ports, _ outcome: CaseOutcome?, elapsed: Duration
  ) -> Observation {
    var text = ports.errorLines.all.map { $0 + "\n" }.joined()
    if case .ended(let ended)? = outcome { text += surroundings.messages(plan, ended) }
    return Observation(
      outcome: outcome, output: ports.sink.lines, taps: ports.taps.mapValues(\.lines),
      absorbed: ports.absorbed.all, messages: text, elapsed: elapsed, files: files, plan: plan,
      standIns: standIns, delimiter: definition.output.delimiter)
  }
}

/// Why a case can not be run.
package struct CaseRefusal: Error {
  package var diagnostics: [Diagnostic]
}

enum CaseOutcome: Sendable {
  case ended(RunOutcome)
  /// A command that is not there, a file that can not be opened.
  case refused(StageFailure)
}

/// What a run of a case has shown.
package struct Observation: Sendable {
  /// Nil when it was stuck: nothing could run any more.
  var outcome: CaseOutcome?
  var output: [CaseLine]
  var taps: [String: [CaseLine]]
  var absorbed: [StageFailure]
  var messages: String
  var elapsed: Duration
  var files: CaseFiles
  var plan: Plan
  var standIns: CaseStandIns
  var delimiter: UInt8
}

/// Values in the order they came.
final class Collected<Value: Sendable>: Sendable {
  private let values = Mutex<[Value]>([])
  var all: [Value] { values.withLock { $0 } }
  func add(_ value: Value) { values.withLock { $0.append(value) } }
}

/// Lets the signal of a case through to its run, at a line or at a time.
final class SignalGate: Sendable {
  /// Behind which line it comes; nil where it comes at a time.
  let line: UInt64?
  private let time: Duration?
  private let number: Int32
  private let state = Mutex<(deliver: (@Sendable (Int32) -> Void)?, timer: TimerID?)>((nil, nil))

  init(_ signal: Arguments?) {
    line = signal?.int("at_line").map(UInt64.init)
    time = signal?.duration("at")
    switch signal?.string("name") {
    case "INT": number = 2
    case "HUP": number = 1
    default: number = 15
    }
  }

  func open(_ clock: any TimerClock, _ deliver: @escaping @Sendable (Int32) -> Void) {
    state.withLock { $0.deliver = deliver }
    guard let time else { return }
    let timer = clock.schedule(at: clock.now + time, phase: .work) { [self] in send() }
    state.withLock { $0.timer = timer }
  }

  func send() { state.withLock { $0.deliver }?(number) }

  func close(_ clock: any TimerClock) {
    if let timer = state.withLock({ $0.timer }) { clock.cancel(timer) }
  }
}

extension Diagnostic {
  /// A parameter's value comes from the case, not from a command line.
  fileprivate func ofParameter(in testCase: TestCase) -> Diagnostic {
    var copy = self
    copy.message = "case '\(testCase.name)': \(message)"
    let isGiven = testCase.arguments.isGiven("params")
    copy.place = isGiven ? testCase.arguments.place("params") : testCase.place
    if code == "missing-parameter" { copy.remedy = "give it in the case: params: {NAME: VALUE}" }
    return copy
  }

  func placed(at place: Place) -> Diagnostic {
    var copy = self
    copy.place = copy.place ?? place
    return copy
  }
}
