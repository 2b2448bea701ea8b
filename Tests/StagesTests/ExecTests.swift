import Flow
import Lines
import PipelineModel
import Stages
import Synchronization
import Testing

/// A launcher that starts nothing: each child plays the events it is given.
private final class Played: Launcher {
  let events: [ChildEvent]
  let started = Mutex<[ChildCommand]>([])
  let wasEnded = Mutex(false)

  init(_ events: [ChildEvent]) { self.events = events }

  func locate(_ command: String, directory: String?, path: String?) throws(Failure) -> String {
    if command == "missing" { throw Failure(.spawn, "no command 'missing'") }
    return "/found/" + command
  }

  func start(
    _ command: ChildCommand, cancellation: Cancellation
  ) async throws(Failure) -> any Child {
    started.withLock { $0.append(command) }
    return PlayedChild(launcher: self, cancellation: cancellation)
  }
}

private final class PlayedChild: Child {
  let launcher: Played
  let cancellation: Cancellation
  let next = Mutex(0)

  init(launcher: Played, cancellation: Cancellation) {
    self.launcher = launcher
    self.cancellation = cancellation
  }

  func next() async -> ChildEvent {
    if cancellation.isCancelled {
      launcher.wasEnded.withLock { $0 = true }
      return .exited(ChildExit(status: nil, signal: 15))
    }
    let index = next.withLock { next in
      next += 1
      return next - 1
    }
    return launcher.events[index]
  }

  func send(_ bytes: [UInt8]) {}
  func drained() async -> Bool { true }
  func endInput() {}
  func closeOutput() {}
  var isQuiet: Bool { true }
}

private final class OneAttempt: Attempt {
  let cancellation = Cancellation()
  let launcher: any Launcher
  let client: any HTTPClient = NoHTTPClient()
  let stage = "exec"
  let number = 1
  let ordinal = 0
  let given = Mutex<[[UInt8]]>([])
  let slept = Mutex<[Duration]>([])
  /// How many batches are wanted.
  let wanted: Int

  init(_ launcher: any Launcher, wanted: Int = .max) {
    self.launcher = launcher
    self.wanted = wanted
  }

  var clock: any TimerClock { fatalError("no clock is needed") }

  func emit(_ results: Batch) async -> Bool {
    given.withLock { given in
      given += results.lines
      return given.count < wanted
    }
  }

  func progress() {}
  var countsSilence: Bool { false }
  func forward(errorLine: [UInt8]) {}
  func standStill(_ stands: Bool) {}

  func sleep(for duration: Duration) async -> Bool {
    slept.withLock { $0.append(duration) }
    return !cancellation.isCancelled
  }
}

private struct Outcome {
  var lines: [String]
  var failure: Failure?
  var command: ChildCommand?
  var wasEnded: Bool
}

private func perform(
  _ yaml: String, _ item: String, _ events: [ChildEvent], _ setting: Setting = Setting(),
  wanted: Int = .max
) async throws -> Outcome {
  guard case .perform(let performer) = try StageRun(yaml, setting).work else {
    throw Diagnostic("does not perform")
  }
  let launcher = Played(events)
  let attempt = OneAttempt(launcher, wanted: wanted)
  var failure: Failure?
  do throws(Failure) {
    try performer.prepare(launcher)
    try await performer.perform(Batch.of([item]).item(0), attempt)
  } catch { failure = error }
  return Outcome(
    lines: attempt.given.withLock { $0 }.map { String(decoding: $0, as: UTF8.self) },
    failure: failure, command: launcher.started.withLock { $0.first },
    wasEnded: launcher.wasEnded.withLock { $0 })
}

private func printed(_ text: String) -> ChildEvent { .output(Array(text.utf8)) }

private func exited(_ status: Int32, _ errors: String = "") -> ChildEvent {
  .exited(ChildExit(status: status, signal: nil, errorTail: Array(errors.utf8)))
}

extension ChildCommand {
  fileprivate var texts: [String] { arguments.map { String(decoding: $0, as: UTF8.self) } }
  fileprivate var inputText: String? { input.map { String(decoding: $0, as: UTF8.self) } }
}

@Test func `the lines a command prints are its results, a last one without newline too`()
  async throws
{
  let outcome = try await perform(
    "exec: [cmd]", "x", [printed("a\nb"), printed("c\n\nd"), exited(0)])
  #expect(outcome.lines == ["a", "bc", "", "d"] && outcome.failure == nil)
}

@Test func `of a command that fails whole lines stand and its last error line is told`()
  async throws
{
  let outcome = try await perform(
    "exec: [cmd]", "x", [printed("a\nhalf"), exited(3, "one\nlast words\n\n")])
  #expect(outcome.lines == ["a"])
  #expect(outcome.failure == Failure(.exit, "exit status 3: last words", status: 3))
  let killed = try await perform(
    "exec: [cmd]", "x", [.exited(ChildExit(status: nil, signal: 9))])
  #expect(killed.failure == Failure(.exit, "killed by signal 9 (KILL)"))
  let good = try await perform("exec: {command: [cmd], success: [0, 3]}", "x", [exited(3)])
  #expect(good.failure == nil)
}

@Test func `each template fills one argument, and the line is stdin unless a template used it`()
  async throws
{
  let used = try await perform("exec: [cmd, 'a {} b', '{nr}', '{{}}']", "x  y", [exited(0)])
  #expect(used.command?.texts == ["cmd", "a x  y b", "1", "{}"] && used.command?.input == nil)
  #expect(used.command?.executable == "/found/cmd")
  let unused = try await perform("exec: [cmd, '$1']", "x", [exited(0)])
  #expect(unused.command?.texts == ["cmd", "$1"] && unused.command?.inputText == "x\n")
  let shell = try await perform("exec: 'echo \"$1\" {}'", "x", [exited(0)])
  #expect(shell.command?.texts == ["/bin/sh", "-c", "echo \"$1\" {}", "sh", "x"])
  #expect(shell.command?.inputText == "x\n")
  let given = try await perform("exec: {command: [cmd], stdin: '<{}>'}", "x", [exited(0)])
  #expect(given.command?.inputText == "<x>\n")
  let none = try await perform("exec: {command: [cmd], stdin: false}", "x", [exited(0)])
  #expect(none.command?.input == nil)
}

@Test func `folder and environment are templates`() async throws {
  let setting = Setting(environment: ["B": "2", "A": "1"])
  let outcome = try await perform(
    "exec: {command: [cmd], dir: '/in/{}', env: {B: '{nr}', C: x}}", "d", [exited(0)], setting)
  #expect(outcome.command?.directory == "/in/d")
  let environment = outcome.command?.environment?.map { String(decoding: $0, as: UTF8.self) }
  #expect(environment == ["A=1", "B=1", "C=x"])
}

@Test func `what can be no argument fails the line with a way out`() async throws {
  let long = String(repeating: "x", count: 128 << 10)
  for (stage, item) in [
    ("exec: [cmd, '{}']", "a\0b"), ("exec: [cmd, '{}']", long), ("exec: 'echo $1'", long),
  ] {
    let outcome = try await perform(stage, item, [exited(0)])
    #expect(outcome.failure?.kind == .spawn && outcome.failure?.remedy != nil)
    #expect(outcome.command == nil)
  }
  // A text that can not ask for the line gets it by stdin only.
  let outcome = try await perform("exec: 'wc -c'", long, [exited(0)])
  #expect(outcome.failure == nil && outcome.command?.arguments.count == 4)
}

@Test func `a command that is not there is found out before the first line`() async throws {
  guard case .perform(let performer) = try StageRun("exec: [missing]").work else { return }
  #expect(throws: Failure.self) { try performer.prepare(Played([])) }
}

@Test func `a result over max_line ends the command and fails the line, lines before it stand`()
  async throws
{
  let setting = Setting(maxLine: 4)
  for output in [[printed("ok\nabcde\nmore\n")], [printed("ok\nabc"), printed("de")]] {
    let outcome = try await perform("exec: [cmd]", "x", output, setting)
    #expect(outcome.lines == ["ok"] && outcome.failure?.kind == .tooLarge && outcome.wasEnded)
  }
  let text = try await perform(
    "exec: {command: [cmd], decode: text}", "x", [printed("abcdef")], setting)
  #expect(text.failure?.kind == .tooLarge && text.wasEnded)
}

@Test func `as text all that is printed is one result without its last newline`() async throws {
  let stage = "exec: {command: [cmd], decode: text}"
  #expect(try await perform(stage, "x", [printed("a\nb\n\n"), exited(0)]).lines == ["a\nb\n"])
  #expect(try await perform(stage, "x", [exited(0)]).lines == [""])
}

@Test func `a command whose results nobody wants is ended`() async throws {
  let outcome = try await perform(
    "exec: [cmd]", "x", [printed("a\n"), printed("b\n"), printed("c\n")], wanted: 2)
  #expect(outcome.wasEnded && outcome.lines == ["a", "b"])
}

@Test func `delay passes its line on after the time`() async throws {
  guard case .perform(let performer) = try StageRun("delay: 2s").work else { return }
  let attempt = OneAttempt(Played([]))
  try await performer.perform(Batch.of(["x"]).item(0), attempt)
  #expect(attempt.slept.withLock { $0 } == [.seconds(2)])
  #expect(attempt.given.withLock { $0 } == [Array("x".utf8)])
}
