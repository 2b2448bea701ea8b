import Flow
import Lines
import PipelineModel
import Records
import Stages

/// How `await` makes an item of its result.
struct AwaitPlan: Sendable {
  /// The stage that begins the work.
  let start: String
  let level: Int
  let form: ResultsForm
  let field: ItemField?
  /// What goes wrong in a test with the items it is given.
  var faults: [Fault] = []
}

/// An `await` at work: the items between two marks are given the result of the work that was begun
/// for them, which is waited for; at a mark, work whose result nobody has asked for is cancelled.
struct AwaitRun: Sendable {
  private let lane: Lane
  private let plan: AwaitPlan
  private let work: StartedWork

  init(_ lane: Lane, _ plan: AwaitPlan, _ work: StartedWork) {
    self.lane = lane
    self.plan = plan
    self.work = work
  }

  func run() async {
    lane.output.onStop { [lane, work] in
      lane.course.shutdown.voidFailures(before: lane.position + 1)
      lane.input.stop()
      work.gather.stop()
    }
    lane.course.shutdown.onHardEnd { [lane, work] _, cause in
      lane.input.breakOff(cause)
      work.gather.stop()
    }
    lane.begin(.busy)
    var awaiter = Awaiter(lane, plan, work)
    var closing: Closing<Cause>?
    loop: while true {
      switch await lane.receive(in: .busy) {
      case .element(let batch):
        closing = await awaiter.pass(batch)
        if closing != nil || awaiter.isStopped { break loop }
      case .closed(let end):
        closing = end
        break loop
      case .stopped: break loop
      }
    }
    if case .end? = closing {
      if let failure = await failureAtEnd() {
        closing = lane.fail(failure, order: .max) ? .cut(.failure(failure)) : nil
      }
    } else {
      work.end(nil)
    }
    let broken = lane.course.shutdown.firstFailure.map(Cause.failure) ?? .ended
    await awaiter.outlet.close(closing ?? .cut(broken))
    // What is begun and was never asked for.
    work.gather.stop()
    lane.end(.busy)
  }

  /// All items have left: what is wrong with this stage or with the work as a whole, such as how a
  /// process has ended that stayed up for it.
  private func failureAtEnd() async -> StageFailure? {
    lane.wait(true)
    defer { lane.wait(false) }
    // What was never asked for is not waited for to end by itself.
    work.gather.stop()
    let failure = await work.failureAtEnd()
    if lane.course.isInner { return nil }
    return work.stage.failureAtEnd ?? lane.stage.failureAtEnd ?? failure
  }
}

/// The state of an `await` between items.
private struct Awaiter {
  var outlet: Outlet
  /// Nobody reads any more.
  private(set) var isStopped = false
  private let lane: Lane
  private let plan: AwaitPlan
  private let work: StartedWork
  private let results: ItemResults
  private var predicate: (any Predicate)?
  /// How many works have been collected: those below it.
  private var collected = 0
  /// The result of the work before that, until its mark.
  private var current: Collected?
  /// What the ring has given beyond it.
  private var ahead: [Output] = []
  private var outputs: [Output] = []

  private struct Collected {
    var results: [Batch] = []
    var failure: StageFailure?
  }

  init(_ lane: Lane, _ plan: AwaitPlan, _ work: StartedWork) {
    self.lane = lane
    self.plan = plan
    self.work = work
    outlet = Outlet(lane.stage, lane.output, lane.course, isWorker: true)
    results = ItemResults(plan.form, for: "'await'")
    predicate = lane.stage.makePredicate?()
  }

  /// How the output is to be closed before the input is, or nil.
  mutating func pass(_ batch: Batch) async -> Closing<Cause>? {
    var i = 0
    while i < batch.count, !isStopped {
      if batch.isMark(i, level: plan.level) {
        await passMark()
      } else {
        var failed: StageFailure?
        do {
          if try await replace(batch, i) { add(batch.slice(i..<i + 1)) }
        } catch { failed = error }
        if let failed {
          let isReal = lane.fail(failed, order: 0)
          await hand()
          isStopped = isStopped || !isReal
          return isReal && !isStopped ? .cut(.failure(failed)) : nil
        }
      }
      i += 1
    }
    var account = Output(batch: Batch(covering: batch.covered))
    account.counts.taken = batch.itemCount
    outputs.append(account)
    await hand()
    if isStopped, let failure = outlet.failure, lane.fail(failure, order: -1) {
      return .cut(.failure(failure))
    }
    return nil
  }

  private mutating func passMark() async {
    if let id = work.current, id == collected {
      work.cancel(id)
      // The effects of work that nobody asked for do not take place.
      _ = await collect()
    }
    current = nil
    work.passMark()
  }

  private mutating func add(_ batch: Batch) {
    var output = Output(batch: batch)
    output.batch.covered = 0..<0
    output.counts.given = batch.itemCount
    outputs.append(output)
  }

  private mutating func hand() async {
    if outputs.isEmpty || isStopped { return }
    isStopped = await !outlet.hand(outputs)
    outputs = []
  }

  // MARK: One item

  /// Puts the result into the item's place. True where the item goes by.
  private mutating func replace(_ batch: Batch, _ i: Int) async throws(StageFailure) -> Bool {
    if batch.bypass(i) > 0 || batch.kind(i) == .error { return true }
    guard let id = work.current else { return true }
    let item = batch.item(i)
    do throws(Failure) {
      if try predicate?.holds(batch, i) == false { return true }
    } catch {
      try conclude(lane.stage.failure(error, at: batch.number(i)), item)
      return false
    }
    if let fault = plan.faults.first(where: { $0.line == item.number }) {
      switch fault.action {
      case .fail(let failure):
        try conclude(lane.stage.failure(failure, at: batch.number(i)), item)
        return false
      case .delay(let duration):
        await hand()
        _ = await lane.wait(until: lane.course.clock.now + duration)
      }
    }
    if id == collected, await !collectForItem() { return false }
    guard let current else { return false }
    if let failure = current.failure {
      try conclude(failure, item)
      return false
    }
    do throws(Failure) { add(try result(current.results, item)) } catch {
      try conclude(lane.stage.failure(error, at: batch.number(i)), item)
    }
    return false
  }

  private func result(_ batches: [Batch], _ item: Item) throws(Failure) -> Batch {
    var out = BatchBuilder(viewing: item.batch, delimiter: lane.course.delimiter)
    if let field = plan.field, field.takesResult {
      try field.worker().put(batches, for: item.batch, 0, into: &out)
      return out.take(covering: 0..<0)
    }
    let given = batches.filter { !$0.isEmpty }
    if plan.form == .one, given.count == 1, let only = given.first, only.count == 1 { return only }
    out.inherit(from: item.batch)
    out.append(try results.row(batches))
    out.noteInnerDelimiters()
    out.endLine(like: item.batch, 0, kind: .record)
    return out.take(covering: 0..<0)
  }

  private mutating func conclude(_ failed: StageFailure, _ item: Item) throws(StageFailure) {
    let policy = lane.stage.policy
    guard policy.absorbs, failed.failure.isAbsorbable else { throw failed }
    do throws(Failure) {
      var output = try policy.replacement(for: failed, item, attempts: 1, lane.course.delimiter)
      output.counts.given = output.batch.count
      output.number = item.number
      outputs.append(output)
    } catch { throw lane.stage.failure(error, at: item.number ?? 0) }
  }

  // MARK: Results

  /// False when nobody wants items any more.
  private mutating func collectForItem() async -> Bool {
    // What is finished is not held back by what is not.
    await hand()
    guard !isStopped, let (found, effects) = await collect() else {
      isStopped = true
      return false
    }
    current = found
    if !effects.isEmpty { outputs.append(Output(effects: effects)) }
    return true
  }

  /// The next work in order, waited for; nil when there will be none.
  private mutating func collect() async -> (Collected, [Effect])? {
    var found = Collected()
    var effects: [Effect] = []
    while true {
      while !ahead.isEmpty {
        let output = ahead.removeFirst()
        if !output.batch.isEmpty { found.results.append(output.batch) }
        effects += output.effects
        found.failure = output.failure ?? found.failure
        guard output.endsUnit else { continue }
        collected += 1
        effects.append(.count(work.stage, output.absorbed, number: output.number))
        return (found, effects)
      }
      lane.wait(true)
      defer { lane.wait(false) }
      switch await work.gather.collect() {
      case .outputs(let outputs), .last(let outputs, _):
        if outputs.isEmpty { return nil }
        ahead = outputs
      case .stopped: return nil
      }
    }
  }
}
