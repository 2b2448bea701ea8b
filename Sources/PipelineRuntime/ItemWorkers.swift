import Flow
import Lines
import PipelineModel
import Stages

/// Workers of an asynchronous stage: each takes an item and keeps it through all its attempts.
struct ItemWorkers: Workers {
  let lane: Lane
  let body: any ItemBody
  private let inHand: WorkInHand
  /// Set where the work is awaited elsewhere: there a failure takes its place.
  private let isStarted: Bool
  private let turnstiles: Turnstiles
  private var stage: PlannedStage { lane.stage }
  private var policy: Policy { lane.stage.policy }
  private let takesErrors: Bool

  init(lane: Lane, body: any ItemBody, isStarted: Bool = false) {
    self.isStarted = isStarted
    self.lane = lane
    self.body = body
    takesErrors = lane.stage.definition.manual.takesOnlyErrors
    inHand = WorkInHand(workers: lane.stage.workers)
    turnstiles = Turnstiles(for: lane.stage)
  }

  func endHard() { inHand.endHard() }

  func work(_ number: Int, _ gather: Gather<ItemSupply, Output, Cause>, _ lane: Lane) async {
    var predicate = stage.makePredicate?()
    var token = Cancellation()
    let track = lane.enter()
    while case (let id, let unit)? = await gather.take(token) {
      let begun = track == nil ? nil : lane.course.clock.now
      inHand.set(token, number)
      // However it ends, and also where it never began.
      defer { turnstiles.pass(id) }
      var end: Output?
      do throws(Failure) {
        if try passesBy(unit, &predicate) {
          end = unit.account(Output(batch: unit.item.batch))
        }
      } catch {
        let failed = stage.failure(error, at: unit.number)
        end = conclude(id, unit, failed, attempts: 0, gather)
        if end == nil { continue }
      }
      if end == nil { end = await attempts(id, unit, token, gather, track) }
      if let end { gather.finish(id, end, bytes: end.bytes) }
      if let begun { await track?.span(unit, from: begun, to: lane.course.clock.now) }
      token = Cancellation()
    }
    await track?.leave(at: lane.course.clock.now)
  }

  private func passesBy(
    _ unit: ItemUnit, _ predicate: inout (any Predicate)?
  ) throws(Failure) -> Bool {
    let isError = unit.batch.kind(unit.index) == .error
    if unit.batch.bypass(unit.index) > 0 || isError != takesErrors { return true }
    guard predicate != nil else { return false }
    return try predicate?.holds(unit.batch, unit.index) == false
  }

  // MARK: Attempts

  /// All attempts at one item: what it leaves with, or nil if it has failed or become void.
  private func attempts(
    _ id: Int, _ unit: ItemUnit, _ token: Cancellation, _ gather: Gather<ItemSupply, Output, Cause>,
    _ track: TraceTrack?
  ) async -> Output? {
    let item = unit.item
    let begun = lane.course.clock.now
    stage.counters.update { counters in
      counters.busy.enter(begun)
      counters.inFlight += 1
      counters.mostInFlight = max(counters.mostInFlight, counters.inFlight)
    }
    defer {
      let ended = lane.course.clock.now
      stage.counters.update { counters in
        counters.inFlight -= 1
        counters.busy.leave(ended)
        counters.latency.add(ended.nanoseconds - begun.nanoseconds)
      }
    }
    let limits = policy.limits == Limits() ? nil : LimitTimers(lane.course.clock)
    if let length = policy.limits.item { limits?.start(.item, length) }
    defer { if policy.limits.item != nil { limits?.stop(.item) } }
    var attempt = 1
    while true {
      let tried = track == nil || policy.attempts == 1 ? nil : lane.course.clock.now
      let failed = await self.attempt(attempt, id, item, token, limits, gather)
      if let tried {
        await track?.span("attempt \(attempt)", "attempt", from: tried, to: lane.course.clock.now)
      }
      if isVoid(token) { return nil }
      guard let failed else {
        return unit.account(Output(batch: policy.emitsInput ? item.batch : Batch()))
      }
      guard attempt < policy.attempts, policy.retries(failed.failure),
        limits?.itemLimitPassed != true
      else { return conclude(id, unit, failed, attempts: attempt, gather) }
      gather.retract(id)
      stage.counters.update { $0.retries += 1 }
      let drawn = policy.pause(before: attempt + 1, number: unit.number ?? UInt64(id))
      let pause = max(drawn, failed.failure.retryAfter ?? .zero)
      await rest(pause, token, limits)
      if isVoid(token) { return nil }
      if limits?.itemLimitPassed == true, let late = limits?.failure {
        stage.counters.update { $0.limitsPassed.note(limits?.passed) }
        return conclude(
          id, unit, stage.failure(late, at: unit.number), attempts: attempt, gather)
      }
      attempt += 1
    }
  }

  /// One attempt; its failure, or nil.
  private func attempt(
    _ number: Int, _ id: Int, _ item: Item, _ token: Cancellation, _ limits: LimitTimers?,
    _ gather: Gather<ItemSupply, Output, Cause>
  ) async -> StageFailure? {
    let cancellation = cancellation(under: token)
    if let limiter = policy.limiter {
      let permit = limiter.reserve(lane.course.clock.now)
      _ = await lane.course.clock.sleep(until: permit, phase: .work, cancellation)
    }
    limits?.aim(at: cancellation)
    if let length = policy.limits.attempt { limits?.start(.attempt, length) }
    if let length = policy.limits.idle { limits?.start(.idle, length) }
    let attempt = ItemAttempt(
      number, at: id, of: item.number, gather, lane, cancellation, limits, turnstiles)
    stage.counters.update { $0.attempts += 1 }
    var failed: StageFailure?
    do {
      if !cancellation.isCancelled { try await body.attempt(item, attempt) }
    } catch {
      switch error {
      case .own(let failure): failed = stage.failure(failure, at: item.number)
      case .inner(let failure): failed = failure
      }
    }
    if policy.limits.attempt != nil { limits?.stop(.attempt) }
    if policy.limits.idle != nil { limits?.stop(.idle) }
    token.onCancel(nil)
    // Once a limit has been decided, what the work says afterwards does not count.
    if cancellation.reason == .limit, let late = limits?.failure {
      stage.counters.update { $0.limitsPassed.note(limits?.passed) }
      return stage.failure(late, at: item.number)
    }
    if attempt.isTooLarge { return stage.failure(.tooLargeResult, at: item.number) }
    return failed
  }

  /// What ends the attempt: the token itself where no attempt comes after it.
  private func cancellation(under token: Cancellation) -> Cancellation {
    guard policy.attempts > 1 else { return token }
    let cancellation = Cancellation()
    token.onCancel { cancellation.cancel($0) }
    return cancellation
  }

  /// The unit is not wanted any more. A limit that passed is told as its outcome.
  private func isVoid(_ token: Cancellation) -> Bool {
    guard let reason = token.reason else { return false }
    return reason != .limit
  }

  private func rest(_ pause: Duration, _ token: Cancellation, _ limits: LimitTimers?) async {
    let clock = lane.course.clock
    let cancellation = Cancellation()
    token.onCancel { cancellation.cancel($0) }
    limits?.aim(at: cancellation)
    _ = await clock.sleep(until: clock.now + pause, phase: .work, cancellation)
    token.onCancel(nil)
  }

  // MARK: The outcome

  /// An item that has failed for good: what takes its place, or nil where the stage fails with it.
  private func conclude(
    _ id: Int, _ unit: ItemUnit, _ failed: StageFailure, attempts: Int,
    _ gather: Gather<ItemSupply, Output, Cause>
  ) -> Output? {
    if policy.holdsResults { gather.retract(id) }
    var last = failed
    if policy.absorbs && failed.failure.isAbsorbable {
      do {
        let output = try policy.replacement(
          for: failed, unit.item, attempts: max(attempts, 1), lane.course.delimiter)
        return unit.account(output)
      } catch {
        last = stage.failure(error, at: unit.number)
      }
    }
    if isStarted { return unit.account(Output(failure: last)) }
    if gather.fail(id, unit.before, bytes: 0, .failure(last)) { _ = lane.fail(last, order: id) }
    return nil
  }
}

extension Failure {
  fileprivate static let tooLargeResult = Failure(
    .tooLarge, "its results are larger than the 16MiB that may wait for the end of an attempt",
    remedy: "without 'retry' and 'on_error' results leave as they come")
}

extension Policy {
  var attempts: Int { retry?.attempts ?? 1 }

  func retries(_ failure: Failure) -> Bool {
    guard failure.isAbsorbable, let retry else { return false }
    if retry.causes.isEmpty { return true }
    return retry.causes.contains { cause in
      switch cause {
      case .kind(let kind): failure.kind.rawValue == kind
      case .status(let status): failure.status == status
      case .statusClass(let hundred): failure.status.map { $0 / 100 } == hundred
      }
    }
  }

  /// Exponential from `backoff`, at most `max_backoff`; with jitter a draw between 0 and that.
  func pause(before attempt: Int, number: UInt64) -> Duration {
    guard let retry else { return .zero }
    let factor = Int64(1) << min(Int64(attempt - 2), 40)
    let (full, overflow) = retry.backoff.nanoseconds.multipliedReportingOverflow(by: factor)
    let most = min(overflow ? .max : full, retry.maxBackoff.nanoseconds)
    guard retry.jitter, most > 0 else { return .nanoseconds(most) }
    return .nanoseconds(Int64(draw(seed, number, attempt) % UInt64(most + 1)))
  }
}
