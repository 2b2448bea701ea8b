public import Synchronization

/// An ordered gather at work: one feeder, any number of workers, one gatherer, each a task of its
/// own. `GatherMachine` decides, this waits and wakes.
@usableFromInline
package final class Gather<Source: Supply, Output: Gathered, Cause: Sendable>: Sendable {
  @usableFromInline package typealias Machine = GatherMachine<
    Source, Output, Cause, Cancellation, UnsafeContinuation<GatherMessage<Source.Unit>, Never>
  >
  @usableFromInline let machine: Mutex<Machine>

  @inlinable package init(_ bounds: GatherBounds) { machine = Mutex(Machine(bounds)) }

  // MARK: The feeder

  /// Suspends until the workers have taken all input. False when no more is wanted.
  @inlinable package func waitForDemand() async -> Bool {
    if let answer = machine.withLock({ $0.demand() }) { return answer }
    let message = await suspend { machine, waiter in
      machine.wait(feeder: waiter).map { $0 ? .proceed : .over }
    }
    if case .proceed = message { return true }
    return false
  }

  /// Gives new input after `waitForDemand`. False when no more is wanted.
  @inlinable package func offer(_ source: Source) -> Bool { act { $0.offer(source) } }

  /// The input is over; what was offered is still worked on.
  @inlinable package func closeInput(_ closing: Closing<Cause>) { act { $0.closeInput(closing) } }

  // MARK: Workers

  /// The next unit of work, or nil when there will be none. `token` is cancelled if the unit becomes
  /// void while it is worked on.
  @inlinable package func take(_ token: Cancellation) async -> (id: Int, unit: Source.Unit)? {
    let first = act { $0.take(token) }
    let message: GatherMessage<Source.Unit>
    if let first {
      message = first
    } else {
      message = await suspend { $0.wait(taker: $1, token) }
    }
    if case .taken(let id, let unit) = message { return (id, unit) }
    return nil
  }

  /// Puts a result of a unit in work into its place. Suspends while there is no room for it. False
  /// when it is not wanted any more; the unit's token is then cancelled, or about to be by whoever
  /// made it void. `onWait` is called before it suspends.
  @inlinable package func emit(_ id: Int, _ output: Output, bytes: Int, onWait: () -> Void = {})
    async -> Bool
  {
    if let answer = act({ $0.emit(id, output, bytes: bytes) }) { return answer }
    onWait()
    let message = await suspend { machine, waiter in
      machine.wait(emitter: waiter, id).map { $0 ? .proceed : .void }
    }
    if case .proceed = message { return true }
    return false
  }

  /// Takes back what the unit in work has given so far.
  @inlinable package func retract(_ id: Int) { act { $0.retract(id) } }

  /// What ends the unit while it is worked on.
  @inlinable package func token(of id: Int) -> Cancellation? { act { $0.token(of: id) } }

  /// The unit is done.
  @inlinable package func finish(_ id: Int, _ output: Output, bytes: Int) {
    act { $0.finish(id, output, bytes: bytes) }
  }

  /// The unit has failed: what is behind it is cancelled. False if the failure is void, because the
  /// unit was cancelled before.
  @inlinable package func fail(_ id: Int, _ output: Output, bytes: Int, _ cause: Cause) -> Bool {
    act { $0.fail(id, output, bytes: bytes, cause) }
  }

  // MARK: The gatherer

  /// What can leave, in order. Suspends while there is nothing.
  @inlinable package func collect() async -> GatherCollected<Output, Cause> {
    while true {
      if let collected = act({ $0.collect() }) { return collected }
      var found: GatherCollected<Output, Cause>?
      _ = await suspend { machine, waiter in
        found = machine.wait(gatherer: waiter)
        return found == nil ? nil : .look
      }
      if let found { return found }
    }
  }

  /// Nobody wants results any more: all work is cancelled, everybody who waits is told.
  @inlinable package func stop() { act { $0.stop() } }

  // MARK: Waking

  @discardableResult @inlinable func act<R: Sendable>(_ event: (inout Machine) -> R) -> R {
    let (result, wakes, voided) = machine.withLock { machine in
      (event(&machine), machine.takeWakes(), machine.takeVoided())
    }
    carryOut(wakes, voided)
    return result
  }

  @inlinable func suspend(
    _ park: (inout Machine, Machine.Waiting) -> GatherMessage<Source.Unit>?
  ) async -> GatherMessage<Source.Unit> {
    await SchedulePoint.pass()
    return await withUnsafeContinuation { continuation in
      let (answer, wakes, voided) = machine.withLock { machine in
        (park(&machine, continuation), machine.takeWakes(), machine.takeVoided())
      }
      if let answer { continuation.resume(returning: answer) }
      carryOut(wakes, voided)
    }
  }

  @inlinable func carryOut(
    _ wakes: [(Machine.Waiting, GatherMessage<Source.Unit>)], _ voided: [Cancellation]
  ) {
    for token in voided { token.cancel(.stop) }
    for (waiter, message) in wakes { waiter.resume(returning: message) }
  }
}
