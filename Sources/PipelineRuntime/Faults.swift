import Flow
import Lines
import PipelineModel
import Stages

extension PlannedStage.Running {
  /// The same work with faults. What works item by item meets them in each attempt, so that limits see
  /// a late one; a computation without attempts is late in one task, whatever its fan-out.
  func disturbed(by faults: [Fault]) -> PlannedStage.Running {
    switch self {
    case .items(let body): return .items(FaultyBody(body: body, faults: faults))
    case .start(let body, let level):
      return .start(FaultyBody(body: body, faults: faults), level: level)
    case .await(var plan):
      plan.faults = faults
      return .await(plan)
    case .branches(var plan):
      plan.faults = faults
      return .branches(plan)
    case .side(var stream):
      stream.faults = faults
      return .side(stream)
    case .serial(let make): return .serial { FaultySerial(make($0), faults, $0) }
    case .batches(let make):
      let failures = faults.compactMap { fault in
        if case .fail(let failure) = fault.action { (fault.line, failure) } else { nil }
      }
      let delays = faults.filter { if case .delay = $0.action { true } else { false } }
      let failing = { @Sendable (stage: PlannedStage) in make(stage).failing(failures) }
      if delays.isEmpty { return .batches(failing) }
      return .serial { FaultySerial(failing($0.stage), delays, $0) }
    // Its items go through the command together: none of them can fail by itself.
    case .pipe, .blocks: return self
    }
  }
}

/// The work of a stage item by item, with faults: limits, attempts and policies meet them as they
/// meet what goes wrong by itself.
struct FaultyBody: ItemBody {
  let body: any ItemBody
  let faults: [Fault]

  func attempt(_ item: Item, _ attempt: any ItemScope) async throws(ItemError) {
    for fault in faults where fault.line == item.number && attempt.number <= fault.attempts {
      switch fault.action {
      case .fail(let failure): throw .own(failure)
      case .delay(let duration): guard await attempt.sleep(for: duration) else { return }
      }
    }
    try await body.attempt(item, attempt)
  }
}

/// The work of a stage that goes through the stream in one task, with faults.
struct FaultySerial: SerialWork {
  var work: any SerialWork
  let faults: [Fault]
  let lane: Lane
  /// The faults that have been met, by their place in `faults`.
  private var met: [Int] = []

  init(_ work: any SerialWork, _ faults: [Fault], _ lane: Lane) {
    self.work = work
    self.faults = faults
    self.lane = lane
  }

  mutating func step(_ batch: Batch, _ cursor: inout Cursor) async -> Step {
    while let fault = fault(at: cursor, in: batch) {
      met.append(fault)
      switch faults[fault].action {
      case .fail(let failure):
        let failed = lane.stage.failure(failure, at: batch.number(cursor.item))
        return Step(outputs: [], status: .failed(failed))
      case .delay(let duration):
        let clock = lane.course.clock
        _ = await lane.wait(until: clock.now + duration)
      }
    }
    guard
      let next = (cursor.item + 1..<max(cursor.item + 1, batch.count)).first(where: { item in
        faults.contains { $0.line == batch.number(item) }
      })
    else { return await work.step(batch, &cursor) }
    return await part(batch, &cursor, upTo: next)
  }

  var goesByClock: Bool { work.goesByClock }
  func wakeUp(_ clock: any TimerClock) -> Instant? { work.wakeUp(clock) }
  mutating func tick(_ clock: any TimerClock) async -> Step { await work.tick(clock) }
  mutating func finish() async -> Step { await work.finish() }

  /// A step over the items before the next that may meet a fault.
  private mutating func part(_ batch: Batch, _ cursor: inout Cursor, upTo end: Int) async -> Step {
    let first = cursor.item
    var inner = cursor
    inner.item = 0
    var step = await work.step(batch.slice(first..<end), &inner)
    inner.item += first
    cursor = inner
    if case .used = step.status { step.status = .more }
    return step
  }

  private func fault(at cursor: Cursor, in batch: Batch) -> Int? {
    guard cursor.item < batch.count, cursor.inner == 0 else { return nil }
    return faults.indices.first { index in
      faults[index].line == batch.number(cursor.item) && !met.contains(index)
    }
  }
}

/// A computation that fails at the items of some input lines, so that the policies of its stage see
/// it as they see any failure.
struct FaultyTransform: Transform {
  var transform: any Transform
  let failures: [(line: UInt64, failure: Failure)]

  mutating func process(
    _ batch: Batch, _ cursor: inout Cursor, upTo end: Int, into out: inout BatchBuilder
  ) throws(Failure) -> Progress {
    let next = (cursor.item..<end).first { item in
      failures.contains { $0.line == batch.number(item) }
    }
    guard let next else { return try transform.process(batch, &cursor, upTo: end, into: &out) }
    if next > cursor.item || cursor.inner > 0 {
      let end = max(next, cursor.item + 1)
      return try transform.process(batch, &cursor, upTo: end, into: &out)
    }
    for one in failures where one.line == batch.number(next) { throw one.failure }
    return .done
  }

  var isRepeatable: Bool { transform.isRepeatable }
  var goesByClock: Bool { transform.goesByClock }
  var wakeUp: Int64? { transform.wakeUp }

  mutating func tick(_ now: Int64, into out: inout BatchBuilder) throws(Failure) -> Progress {
    try transform.tick(now, into: &out)
  }

  mutating func finish(into out: inout BatchBuilder) throws(Failure) -> Progress {
    try transform.finish(into: &out)
  }
}
