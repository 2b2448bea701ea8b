import Flow
import Synchronization
import TestSupport
import VirtualTime

/// What one run of a small lane is made of: writer, queue, gather with workers, queue, reader.
struct LaneCase: Sendable, CustomStringConvertible {
  enum Disturbance: Sendable, Equatable {
    case none
    /// The reader has enough after so many lines.
    case stop(lines: Int)
    /// The run ends by force when the clock has come so far, in nanoseconds.
    case breakOff(at: Int)
  }

  var plan: GatherCase
  /// Lines and bytes of both queues.
  var capacity: Int
  var disturbance: Disturbance
  var seed: UInt64
  /// How long each deed takes, in nanoseconds of the clock: none where there is no clock.
  var pause: Int

  var description: String { "\(plan), queues of \(capacity), \(disturbance), seed \(seed)" }

  /// A lane drawn from a seed.
  static func drawn(
    _ seed: UInt64, capacity: Int, workers: Int, keepsOrder: Bool, timed: Bool
  ) -> LaneCase {
    var random = SplitMix64(seed: seed)
    let streams = random.next(below: 2) == 0
    var bounds = GatherBounds(
      lines: 1 + random.next(below: 6), bytes: 1 + random.next(below: 6), streams: streams,
      keepsOrder: keepsOrder)
    bounds.frontBytes = 1 + random.next(below: 4)
    let units = random.next(below: 9)
    let failing = random.next(below: 3)
    let deeds = (0..<units).map { _ in
      Self.deeds(&random, streams: streams, fails: failing == 0 && random.next(below: 3) == 0)
    }
    let disturbance: Disturbance =
      switch random.next(below: timed ? 4 : 2) {
      case 0: .stop(lines: random.next(below: 12))
      case 1, 2: .none
      default: .breakOff(at: random.next(below: 20))
      }
    return LaneCase(
      plan: GatherCase(bounds, workers: workers, deeds: deeds), capacity: capacity,
      disturbance: disturbance, seed: seed, pause: timed ? 3 : 0)
  }

  private static func deeds(_ random: inout SplitMix64, streams: Bool, fails: Bool) -> [Deed] {
    var deeds: [Deed] = []
    for _ in 0..<random.next(below: 4) { deeds.append(.emit(1 + random.next(below: 4))) }
    if !streams, random.next(below: 4) == 0 {
      deeds += [.retract, .emit(1 + random.next(below: 4))]
    }
    deeds.append(fails ? .fail(1) : .finish(random.next(below: 3)))
    return deeds
  }
}

/// What came of a run.
struct LaneOutcome: Sendable, Equatable {
  var written: [Given] = []
  var closing: Closing<Int>?
  /// The closing came to the reader, or the reader stopped.
  var readerEnds = 0
  /// The most attempts that ran at once.
  var busiest = 0
  /// The last failure that was taken as real.
  var failure: Int?
  var flaw: String?
}

/// The lane itself, built as the runtime builds one: each part a task that knows only its neighbours.
final class Lane: Sendable {
  private struct State {
    var outcome = LaneOutcome()
    var busy = 0
    var random: SplitMix64
  }
  private let setup: LaneCase
  private let clock: (any TimerClock)?
  private let input: BoundedQueue<Piece, Int>
  private let gather: Gather<Numbers, Given, Int>
  private let output: BoundedQueue<Results, Int>
  private let state: Mutex<State>

  init(_ setup: LaneCase, clock: (any TimerClock)?) {
    self.setup = setup
    self.clock = clock
    input = BoundedQueue(lines: setup.capacity, bytes: setup.capacity)
    gather = Gather(setup.plan.bounds)
    output = BoundedQueue(lines: setup.capacity, bytes: setup.capacity)
    state = Mutex(State(random: SplitMix64(seed: setup.seed &+ 1)))
  }

  /// Runs it to its end; every task has ended then.
  func run() async -> LaneOutcome {
    output.onStop { [self] in
      gather.stop()
      input.stop()
    }
    let timer = setBreak()
    await withTaskGroup { group in
      group.addTask { await self.write() }
      group.addTask { await self.feed() }
      for _ in 0..<self.setup.plan.workers { group.addTask { await self.work() } }
      group.addTask { await self.collect() }
      group.addTask { await self.read() }
    }
    if let timer { clock?.cancel(timer) }
    checkQueues()
    return state.withLock { $0.outcome }
  }

  /// Called after every step: the bounds hold at each of them.
  func checkQueues() {
    for (fill, name) in [(input.fill, "input"), (output.fill, "output")]
    where fill.lines > 1 && (fill.lines > setup.capacity || fill.bytes > setup.capacity) {
      note("the \(name) queue holds \(fill)")
    }
  }

  private func note(_ flaw: String) {
    state.withLock { $0.outcome.flaw = $0.outcome.flaw ?? flaw }
  }

  private func setBreak() -> TimerID? {
    guard let clock, case .breakOff(let moment) = setup.disturbance else { return nil }
    return clock.schedule(at: Instant(nanoseconds: Int64(moment)), phase: .grace) { [self] in
      input.breakOff(999)
      gather.stop()
      output.breakOff(999, keepsQueued: true)
    }
  }

  // MARK: The tasks

  private func write() async {
    var left = Piece.script([Array(repeating: 1, count: setup.plan.deeds.count)])[0]
    while !left.content.isEmpty {
      let count = state.withLock { 1 + $0.random.next(below: 3) }
      guard await input.send(left.takePrefix(lines: count, bytes: .max)) else { return }
    }
    input.close(setup.plan.closing)
  }

  private func feed() async {
    while await gather.waitForDemand() {
      switch await input.receive() {
      case .element(let piece):
        guard let first = piece.content.first?.number else { continue }
        if !gather.offer(Numbers(next: first, end: first + piece.lines)) { return input.stop() }
      case .closed(let closing): return gather.closeInput(closing)
      case .stopped: return
      }
    }
    input.stop()
  }

  private func work() async {
    let token = Cancellation()
    while let (id, unit) = await gather.take(token) {
      let busy = state.withLock { state in
        state.busy += 1
        state.outcome.busiest = max(state.outcome.busiest, state.busy)
        return state.busy
      }
      if busy > setup.plan.workers { note("\(busy) attempts at once") }
      await attempt(unit.lowerBound, id, token)
      state.withLock { $0.busy -= 1 }
    }
  }

  private func attempt(_ unit: Int, _ id: Int, _ token: Cancellation) async {
    for (index, deed) in setup.plan.deeds[unit].enumerated() {
      await pause(token)
      switch deed {
      case .emit(let weight):
        let given = Given(unit: unit, index: index, weight: weight)
        guard await gather.emit(id, given, bytes: weight) else {
          // Between threads the cancellation may come a moment later.
          if setup.pause > 0, !token.isCancelled { note("unit \(unit) was void but not cancelled") }
          return
        }
      case .retract: gather.retract(id)
      case .finish(let weight):
        let given = Given(unit: unit, index: index, weight: weight, isLast: true)
        gather.finish(id, given, bytes: weight)
      case .fail(let weight):
        let given = Given(unit: unit, index: index, weight: weight, isLast: true)
        // Upstream learns of a stop, and nothing else: what is in the ring before this goes on.
        if gather.fail(id, given, bytes: weight, unit) {
          state.withLock { $0.outcome.failure = unit }
          input.stop()
        }
      }
    }
  }

  /// Work takes its time, unless it is cancelled; without a clock others may at least come between.
  private func pause(_ token: Cancellation) async {
    let length = state.withLock { $0.random.next(below: setup.pause + 1) }
    guard let clock, length > 0 else { return await Task.yield() }
    await withUnsafeContinuation { continuation in
      let wake = Once(continuation)
      let moment = clock.now + .nanoseconds(length)
      let timer = clock.schedule(at: moment, phase: .work) { wake() }
      token.onCancel { _ in
        clock.cancel(timer)
        wake()
      }
    }
    token.onCancel(nil)
  }

  private func collect() async {
    while true {
      switch await gather.collect() {
      case .outputs(let given):
        guard await output.send(Results(given: given)) else { return }
      case .last(let given, let closing):
        if !given.isEmpty, !(await output.send(Results(given: given))) { return }
        return output.close(closing)
      case .stopped: return
      }
    }
  }

  private func read() async {
    var limit = Int.max
    if case .stop(let lines) = setup.disturbance { limit = lines }
    while true {
      if state.withLock({ $0.outcome.written.count >= limit }) {
        output.stop()
        return state.withLock { $0.outcome.readerEnds += 1 }
      }
      switch await output.receive() {
      case .element(let results):
        state.withLock {
          $0.outcome.written += results.given.prefix(limit - $0.outcome.written.count)
        }
      case .closed(let closing):
        return state.withLock { state in
          state.outcome.closing = closing
          state.outcome.readerEnds += 1
        }
      case .stopped: return note("the reader was stopped by somebody else")
      }
    }
  }
}

/// Results on their way, each a line.
struct Results: Portion {
  var given: [Given]
  var lines: Int { given.count }
  var bytes: Int { given.reduce(0) { $0 + $1.weight } }
  var firstBytes: Int { given.first?.weight ?? 0 }

  mutating func takePrefix(lines: Int, bytes: Int) -> Results {
    var piece = Piece(content: given.map { Piece.Line(number: $0.unit, weight: $0.weight) })
    let count = piece.takePrefix(lines: lines, bytes: bytes).lines
    defer { given.removeFirst(count) }
    return Results(given: Array(given.prefix(count)))
  }
}

/// Resumes a continuation the first time it is called.
private final class Once: Sendable {
  private let waiting: Mutex<UnsafeContinuation<Void, Never>?>

  init(_ continuation: UnsafeContinuation<Void, Never>) { waiting = Mutex(continuation) }

  func callAsFunction() {
    let continuation = waiting.withLock { waiting in
      defer { waiting = nil }
      return waiting
    }
    continuation?.resume()
  }
}
