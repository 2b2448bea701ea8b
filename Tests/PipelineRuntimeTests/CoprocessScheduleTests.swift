import Flow
import Stages
import Synchronization
import TestSupport
import Testing
import VirtualTime

@testable import PipelineRuntime

/// Pools of processes that die, answer twice, late or never, in virtual time: whatever the schedule,
/// every answer stands in the place of its line, and no process is left or one too many.
struct CoprocessScheduleTests {
  static let runs = LongRun.isAsked ? 10_000 : 400

  @Test func `every schedule keeps answers with their lines`() throws {
    for seed in 0..<UInt64(Self.runs) {
      if let problem = try CoprocessTrial(seed: seed).problem() {
        Issue.record("seed \(seed): \(problem)")
      }
    }
  }

  @Test func `waiting for a process to be up is no part of the limit`() throws {
    let executor = StepExecutor(seed: 1)
    let children = PlayedChildren(executor) { child in
      child.after(.seconds(40)) { child.write("up\n") }
      child.reads { if let line = $0 { child.write(String(decoding: line, as: UTF8.self)) } }
      child.reads { line in
        guard let line else { return child.exit(0) }
        child.after(.milliseconds(900)) { child.write(String(decoding: line, as: UTF8.self)) }
      }
    }
    let plan = try Plan.of(
      yaml: """
        stages:
          - coprocess: {command: [model], ready: up, start_timeout: 1m}
            timeout: {attempt: 1s, item: 1s}
        """)
    let sink = ListSink()
    let runner = Runner(
      plan,
      RunPorts(
        source: ListSource(["a", "b"]), sink: sink, launcher: children, clock: executor))
    let outcome = executor.run { await runner.run() }
    #expect(outcome?.exitStatus == 0)
    #expect(sink.lines == ["a", "b"])
    #expect(executor.now == Instant(nanoseconds: 0) + .milliseconds(41_800))
    #expect(executor.timerCount == 0)
  }

  @Test func `a process that is lost again and again is started more and more seldom`() throws {
    let executor = StepExecutor(seed: 1)
    let children = PlayedChildren(executor) { child in
      child.stopReading()
      child.after(.zero) { child.exit(3) }
    }
    let plan = try Plan.of(
      yaml: """
        stages:
          - coprocess: {command: [x], restart: {max: 5, backoff: 100ms}}
            on_error: skip
        """)
    let sink = ListSink()
    let runner = Runner(
      plan,
      RunPorts(source: ListSource(["a", "b"]), sink: sink, launcher: children, clock: executor))
    let outcome = executor.run { await runner.run() }
    guard case .failure(let failure)? = outcome?.causes.first else {
      Issue.record("no failure")
      return
    }
    #expect(failure.failure.kind == .stage)
    #expect(failure.number == 1)
    // At once, then after 100, 200, 400 and 800 ms.
    #expect(executor.now == Instant(nanoseconds: 0) + .milliseconds(1500))
    #expect(children.alive == 0)
  }

  @Test func `no answer to the first line within five seconds brings one hint`() throws {
    let executor = StepExecutor(seed: 1)
    let said = Mutex<[String]>([])
    let children = PlayedChildren(executor) { child in
      child.reads { line in
        guard let line else { return child.exit(0) }
        child.after(.seconds(7)) { child.write(String(decoding: line, as: UTF8.self)) }
      }
    }
    let plan = try Plan.of(yaml: "stages: [{coprocess: [x], fanout: 2}]")
    let sink = ListSink()
    var ports = RunPorts(
      source: ListSource(["a", "b", "c"]), sink: sink, launcher: children, clock: executor)
    ports.onErrorLine = { stage, _, line in
      said.withLock { $0.append("\(stage): \(String(decoding: line, as: UTF8.self))") }
    }
    let runner = Runner(plan, ports)
    #expect(executor.run { await runner.run() }?.exitStatus == 0)
    #expect(said.withLock { $0 }.count == 1)
    #expect(said.withLock { $0 }.first?.contains("stdbuf -oL") == true)
  }
}

/// One pool under one random schedule.
private struct CoprocessTrial {
  enum Reaction {
    case answer(Duration)
    /// It ends without having read the line.
    case unread(Duration)
    case dies(Duration)
    case twice(Duration)
    case hangs
  }

  let seed: UInt64
  private var random: SplitMix64
  private let lines: [String]
  private let fanout: Int
  private let attempts: Int
  private let policy: String
  private let framing: String
  private let isGrouped: Bool
  private let head: Int?
  /// How much of what can happen is bad.
  private let evil: Int

  private static let limit = Duration.milliseconds(20)

  init(seed: UInt64) {
    self.seed = seed
    random = SplitMix64(seed: seed)
    lines = (0..<random.next(below: 25)).map { "l\($0)" }
    fanout = 1 + random.next(below: 6)
    attempts = 1 + random.next(below: 3)
    policy = ["fail", "fail", "skip", "pass"][random.next(below: 4)]
    framing = ["lines", "nul", "length", "numbered"][random.next(below: 4)]
    isGrouped = random.next(below: 3) == 0
    head = random.next(below: 4) == 0 ? 1 + random.next(below: 12) : nil
    evil = [4, 12, 60][random.next(below: 3)]
  }

  /// What a process does with a line the n-th time that it is sent to one: no line knows of another.
  private func reaction(_ line: String, _ time: Int) -> Reaction {
    let dice = draw(seed, line.utf8.reduce(7) { $0 &* 31 &+ UInt64($1) }, time)
    // No sum of them meets the limit to the microsecond.
    let pause = Duration.microseconds(Int64(dice >> 8 & 15) * 1000 + 300)
    switch Int(dice % UInt64(evil)) {
    case 0: return .unread(pause)
    case 1: return .dies(pause)
    case 2: return .twice(pause)
    case 3: return dice >> 20 & 1 == 0 ? .hangs : .answer(.milliseconds(30))
    default: return .answer(pause)
    }
  }

  /// What a line gives: its answer, or nil if it fails.
  private func answer(_ line: String) -> String? {
    var time = 0
    for _ in 0..<attempts {
      var spent = Duration.zero
      attempt: while true {
        time += 1
        switch reaction(line, time) {
        case .answer(let pause):
          if spent + pause > Self.limit { break attempt }
          return line + "!"
        case .unread(let pause):
          spent += pause
          if spent > Self.limit { break attempt }
        case .dies, .twice, .hangs: break attempt
        }
      }
    }
    return nil
  }

  /// Output, and the number of the line that fails the run.
  private var reference: (output: [String], failed: UInt64?) {
    var output: [String] = []
    for (index, line) in lines.enumerated() {
      if let head, output.count >= head { break }
      if let answer = answer(line) {
        output.append(answer)
      } else if policy == "pass" {
        output.append(line)
      } else if policy == "fail" {
        return (output, UInt64(index) + 1)
      }
    }
    return (output, nil)
  }

  private var yaml: String {
    let stage = """
      {coprocess: {command: [x], framing: \(framing), restart: {max: 1000000, backoff: 1ms}}, \
      fanout: \(fanout), timeout: 20ms, on_error: \(policy), \
      retry: {attempts: \(attempts), backoff: 7ms, jitter: false}}
      """
    return """
      grace: 100000s
      stages:
        - \(isGrouped ? "{stages: [\(stage)], fanout: 5}" : stage)
      \(head.map { "  - head: \($0)" } ?? "")
      """
  }

  func problem() throws -> String? {
    var random = random
    let executor = StepExecutor(seed: random.next())
    let dying = Duration.milliseconds(Int64(random.next(below: 3)) * 11)
    let times = Mutex<[String: Int]>([:])
    let children = PlayedChildren(executor) { [self] child in
      child.takes(toEnd: dying)
      child.reads { bytes in
        guard let bytes else { return child.exit(0) }
        let request = Request(bytes, framing)
        let time = times.withLock { times in
          times[request.text, default: 0] += 1
          return times[request.text] ?? 1
        }
        play(reaction(request.text, time), request, child, bytes.count)
      }
    }
    let plan = try Plan.of(yaml: yaml)
    let (wanted, failed) = reference
    let cuts = (0..<3).map { _ in 1 + random.next(below: 9) }
    let run = WatchedRun(
      plan, lines, cuts: cuts, wanted: wanted, launcher: children, on: executor)
    guard let outcome = run.outcome else { return "\(run.flaw)\n\(yaml)" }
    if run.written != wanted { return "written \(run.written)\nwanted \(wanted)\n\(yaml)" }
    if children.alive > 0 { return "\(children.alive) processes left\n\(yaml)" }
    if children.mostAlive > fanout { return "\(children.mostAlive) processes at once\n\(yaml)" }
    var number: UInt64?
    if case .failure(let failure)? = outcome.causes.first { number = failure.number }
    if number != failed {
      return "failed at \(number as Any), wanted \(failed as Any)\n\(outcome.causes)\n\(yaml)"
    }
    return nil
  }

  private func play(
    _ reaction: Reaction, _ request: Request, _ child: PlayedChild, _ size: Int
  ) {
    switch reaction {
    case .answer(let pause): child.after(pause) { child.write(request.answer) }
    case .twice(let pause): child.after(pause) { child.write(request.answer + request.answer) }
    case .dies(let pause): child.after(pause) { child.exit(9) }
    case .unread(let pause):
      child.stopReading()
      child.send([UInt8](repeating: 0, count: size))
      child.after(pause) { child.exit(0) }
    case .hangs: break
    }
  }
}

/// A line as a coprocess is given it.
private struct Request {
  var text: String
  var answer: String

  init(_ bytes: [UInt8], _ framing: String) {
    var text = String(
      decoding: framing == "length" ? bytes.dropFirst(4) : bytes.dropLast(), as: UTF8.self)
    switch framing {
    case "length":
      answer = "\0\0\0\(Character(Unicode.Scalar(UInt8(text.utf8.count + 1))))\(text)!"
    case "numbered":
      let parts = text.split(separator: "\t", maxSplits: 1)
      text = String(parts[1])
      answer = "\(parts[0])\t\(text)!\n"
    case "nul": answer = text + "!\0"
    default: answer = text + "!\n"
    }
    self.text = text
  }
}
