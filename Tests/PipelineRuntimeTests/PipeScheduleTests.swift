import Flow
import Lines
import Stages
import Synchronization
import TestSupport
import Testing
import VirtualTime

@testable import PipelineRuntime

/// Filters that keep back, stop reading, fail or hang, in virtual time.
struct PipeScheduleTests {
  static let runs = LongRun.isAsked ? 10_000 : 400

  @Test func `every schedule gives what the filter gives for the stream`() throws {
    for seed in 0..<UInt64(Self.runs) {
      if let problem = try PipeTrial(seed: seed).problem() {
        Issue.record("seed \(seed): \(problem)")
      }
    }
  }

  @Test func `blocks are cut by their lines, however these come`() {
    let lines = (1...200).map { String(repeating: "x", count: $0 % 13) }
    func cut(_ sizes: [Int], _ bytes: Int) -> [[String]] {
      var intake = BlockIntake(bytes: bytes)
      var blocks: [Block] = []
      func collect(_ supply: BlockSupply?) {
        var supply = supply
        while supply?.isEmpty == false {
          if let block = supply?.next(lines: 1).unit { blocks.append(block) }
        }
      }
      var first = 0
      var turn = 0
      while first < lines.count {
        let size = min(sizes[turn % sizes.count], lines.count - first)
        turn += 1
        collect(
          intake.take(Batch.of(Array(lines[first..<first + size]), firstNumber: UInt64(first) + 1)))
        first += size
      }
      collect(intake.rest())
      #expect(blocks.map(\.covered.upperBound).last == 201)
      for (one, next) in zip(blocks, blocks.dropFirst()) {
        #expect(one.covered.upperBound == next.covered.lowerBound)
      }
      return blocks.map { block in
        var block = block
        return String(decoding: block.takeBytes(endedBy: 0x0A), as: UTF8.self).split(
          separator: "\n", omittingEmptySubsequences: false
        ).dropLast().map(String.init)
      }
    }
    for bytes in [1, 2, 13, 14, 50, 10_000] {
      let whole = cut([200], bytes)
      #expect(whole.flatMap { $0 } == lines)
      for block in whole {
        #expect(block.count == 1 || block.reduce(0) { $0 + $1.utf8.count + 1 } <= bytes)
      }
      for sizes in [[1], [7], [3, 1, 40], [199]] { #expect(cut(sizes, bytes) == whole) }
    }
  }

  @Test func `an exit, a cut and a limit each close a pipe in their own way`() {
    func closing(_ change: (inout PipeState) -> Void, _ failure: Failure? = nil) -> String {
      var state = PipeState()
      change(&state)
      return "\(state.closing(failure))".prefix { $0 != "(" }.description
    }
    let bad = Failure(.exit, "exit status 3")
    #expect(closing({ $0.closeInput() }) == "ended")
    #expect(closing({ _ in }) == "ended")
    #expect(closing({ $0.closeInput() }, bad) == "failed")
    #expect(closing({ $0.cut(.ended) }, bad) == "cut")
    #expect(closing({ $0.isLate(bad) }) == "failed")
    #expect(closing({ $0.stop() }, bad) == "stopped")
    var state = PipeState()
    if case .ended(let early) = state.closing(nil) { #expect(early) }
    state.closeInput()
    if case .ended(let early) = state.closing(nil) { #expect(!early) }
  }
}

/// One filter under one random schedule: it writes what it reads, and then what it is told.
private struct PipeTrial {
  let seed: UInt64
  private var random: SplitMix64
  private let lines: [String]
  /// How many lines it keeps back until its input ends.
  private let holds: Int
  /// It reads no more after so many lines, and ends with this.
  private let reads: Int?
  private let status: Int32
  private let head: Int?
  /// A line at which the stage before it fails.
  private let fails: Int?

  init(seed: UInt64) {
    self.seed = seed
    random = SplitMix64(seed: seed)
    lines = (0..<random.next(below: 40)).map { "l\($0)" }
    holds = [0, 0, 1, 5, 1000][random.next(below: 5)]
    reads = random.next(below: 3) == 0 ? random.next(below: 20) : nil
    status = random.next(below: 3) == 0 ? 3 : 0
    head = random.next(below: 3) == 0 ? 1 + random.next(below: 10) : nil
    fails = random.next(below: 3) == 0 ? random.next(below: 30) : nil
  }

  private var yaml: String {
    """
    grace: 100000s
    stages:
      - {assert: 'this != "l\(fails ?? 999)"', queue: \(1 + Int(seed % 4))}
      - {pipe: [x], queue: \(1 + Int(seed / 4 % 4))}
    \(head.map { "  - {head: \($0), queue: \(1 + Int(seed / 16 % 4))}" } ?? "")
    """
  }

  /// What an undisturbed run writes.
  private var whole: [String] {
    var output = lines
    if let reads, reads < output.count { output = Array(output.prefix(reads)) }
    if let head { output = Array(output.prefix(head)) }
    return output
  }

  func problem() throws -> String? {
    var random = random
    let executor = StepExecutor(seed: random.next())
    let pauses = (0..<4).map { _ in Duration.milliseconds(Int64(random.next(below: 5))) }
    let children = PlayedChildren(executor) { [self] child in
      let state = Mutex((held: [String](), read: 0, isOver: false))
      child.takes(toEnd: pauses[0])
      child.reads { bytes in
        let (text, ends) = state.withLock { state -> (String, Bool) in
          if state.isOver { return ("", false) }
          guard let bytes else {
            state.isOver = true
            return (state.held.joined(), true)
          }
          for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            if let reads, state.read >= reads { break }
            state.held.append("\(line)\n")
            state.read += 1
          }
          if let reads, state.read >= reads {
            state.isOver = true
            return (state.held.joined(), true)
          }
          let given = state.held.prefix(max(state.held.count - holds, 0)).joined()
          state.held = Array(state.held.suffix(holds))
          return (given, false)
        }
        if ends { child.stopReading() }
        child.isFull(true)
        // A pause, so that it takes and gives when it likes; then both.
        child.after(pauses[1]) {
          if !text.isEmpty { child.write(text) }
          child.isFull(false)
          if ends { child.after(pauses[2]) { child.exit(status) } }
        }
      }
      if reads == 0 { child.after(pauses[3]) { child.exit(status) } }
    }
    let plan = try Plan.of(yaml: yaml)
    let whole = whole
    let cuts = (0..<3).map { _ in 1 + random.next(below: 9) }
    let run = WatchedRun(plan, lines, cuts: cuts, wanted: whole, launcher: children, on: executor)
    guard let outcome = run.outcome else { return "\(run.flaw)\n\(yaml)" }
    if children.alive > 0 { return "\(children.alive) processes left" }
    if outcome.exitStatus == 0, run.written != whole {
      return "written \(run.written)\nwanted \(whole)\n\(yaml)"
    }
    let mayFail = status != 0 || (fails.map { $0 < lines.count } ?? false)
    if outcome.exitStatus != 0, !mayFail { return "exit \(outcome.exitStatus)\n\(yaml)" }
    if outcome.exitStatus == 0, head == nil, status != 0 {
      return "a filter that failed was a success\n\(yaml)"
    }
    return nil
  }
}
