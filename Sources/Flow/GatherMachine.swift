public import DequeModule

/// The decisions of an ordered gather: a ring of slots, one for each unit of work taken, emptied
/// from the front. It waits for nothing and wakes nobody; `takeWakes` tells whom the shell wakes.
///
///     slot:  working ─ no room, not front ─▶ parked ─ room or front ─▶ working
///            working ─ finish ─▶ done | failed(cause) ─ at the front, handed on ─▶ left
///            working, parked ─ cut ahead, stop, hard end ─▶ void (its worker learns it at its next call)
///     ring:  open ─▶ ended (input closed) | cutting (a slot failed) | stopped ─▶ closed
@usableFromInline
package struct GatherMachine<
  Source: Supply, Output: Gathered, Cause: Sendable, Token, Waiter
> {
  @usableFromInline package typealias Waiting = Waiter
  @usableFromInline package typealias Message = GatherMessage<Source.Unit>
  @usableFromInline package typealias Collected = GatherCollected<Output, Cause>

  @usableFromInline struct Taker {
    @usableFromInline let waiter: Waiter
    @usableFromInline let token: Token

    @inlinable init(waiter: Waiter, token: Token) {
      self.waiter = waiter
      self.token = token
    }
  }

  @usableFromInline enum State {
    case open
    /// The input is closed; the ring empties itself.
    case ended(Closing<Cause>)
    /// A slot has failed; what is before it goes on.
    case cutting
    case closed
  }

  @usableFromInline var state = State.open
  @usableFromInline var pending: Source?
  @usableFromInline var ring: GatherRing<Output, Cause, Token, Waiter>
  @usableFromInline var takers = Deque<Taker>()
  @usableFromInline var feeder: Waiter?
  @usableFromInline var gatherer: Waiter?
  @usableFromInline var wakes: [(Waiter, Message)] = []
  @usableFromInline var voided: [Token] = []

  @inlinable package init(_ bounds: GatherBounds) { ring = GatherRing(bounds) }

  /// Whom to wake with what, after unlocking.
  @inlinable package mutating func takeWakes() -> [(Waiter, Message)] {
    if wakes.isEmpty { return [] }
    defer { wakes = [] }
    return wakes
  }

  /// The work to cancel, after unlocking.
  @inlinable package mutating func takeVoided() -> [Token] {
    if voided.isEmpty { return [] }
    defer { voided = [] }
    return voided
  }

  // MARK: Input

  /// New input; there is none pending. False when no more is wanted.
  @inlinable package mutating func offer(_ source: Source) -> Bool {
    guard case .open = state else { return false }
    pending = source.isEmpty ? nil : source
    grant()
    return true
  }

  /// Whether the feeder should give more: nil means it has to wait, with `wait(feeder:)`.
  @inlinable package func demand() -> Bool? {
    guard case .open = state else { return false }
    return pending == nil ? true : nil
  }

  @inlinable package mutating func wait(feeder waiter: Waiter) -> Bool? {
    if let answer = demand() { return answer }
    feeder = waiter
    return nil
  }

  /// The input is over. What is in the ring leaves before the closing does.
  @inlinable package mutating func closeInput(_ closing: Closing<Cause>) {
    guard case .open = state else { return }
    state = .ended(closing)
    dismissTakers()
    if ring.isEmpty && pending == nil { wakeGatherer() }
  }

  // MARK: Workers

  /// Takes a unit: nil means wait, with `wait(taker:)`; `.over` that there will be none.
  @inlinable package mutating func take(_ token: Token) -> Message? {
    guard takers.isEmpty, canTake else { return isOver ? .over : nil }
    return takeNext(token)
  }

  @inlinable package mutating func wait(taker waiter: Waiter, _ token: Token) -> Message? {
    if let message = take(token) { return message }
    takers.append(Taker(waiter: waiter, token: token))
    return nil
  }

  /// A result of a unit in work. True: go on. Nil: wait, with `wait(emitter:)`. False: not wanted.
  @inlinable package mutating func emit(_ id: Int, _ output: Output, bytes: Int) -> Bool? {
    guard let position = ring.position(of: id) else { return false }
    ring.put(output, bytes: bytes, at: position)
    return hasRoom(position).room ? true : nil
  }

  @inlinable package mutating func wait(emitter waiter: Waiter, _ id: Int) -> Bool? {
    guard let start = ring.position(of: id) else { return false }
    let (position, room) = hasRoom(start)
    if room { return true }
    ring.park(waiter, at: position)
    return nil
  }

  /// Takes back all results of a unit in work: the attempt that gave them does not count.
  @inlinable package mutating func retract(_ id: Int) {
    guard let position = ring.position(of: id) else { return }
    ring.clear(position)
    makeRoom()
  }

  /// What ends a unit in work; nil for one that is void or whose outcome is final.
  @inlinable package func token(of id: Int) -> Token? {
    ring.position(of: id).map { ring.slots[$0].token }
  }

  /// The unit is finished, with a last output that is never refused.
  @inlinable package mutating func finish(_ id: Int, _ output: Output, bytes: Int) {
    settle(id, .done, output, bytes, .proceed)
  }

  /// The unit has failed. What is behind it is void, and nothing more is taken.
  @inlinable package mutating func fail(_ id: Int, _ output: Output, bytes: Int, _ cause: Cause)
    -> Bool
  {
    guard let position = settle(id, .failed(cause), output, bytes, .void) else { return false }
    void(from: position + 1)
    close(to: .cutting)
    makeRoom()
    return true
  }

  // MARK: The gatherer

  /// What can leave now; nil means wait, with `wait(gatherer:)`.
  @inlinable package mutating func collect() -> Collected? {
    if case .closed = state { return .stopped }
    let (outputs, failed) = ring.drain()
    if let failed {
      stop()
      return .last(outputs, .cut(failed))
    }
    makeRoom()
    if outputs.isEmpty, case .ended(let closing) = state, ring.isEmpty, pending == nil {
      state = .closed
      return .last([], closing)
    }
    return outputs.isEmpty ? nil : .outputs(outputs)
  }

  @inlinable package mutating func wait(gatherer waiter: Waiter) -> Collected? {
    if let collected = collect() { return collected }
    gatherer = waiter
    return nil
  }

  /// Nobody wants results any more, or the run ends here: everything in the ring is void.
  @inlinable package mutating func stop() {
    void(from: 0)
    close(to: .closed)
    wakeGatherer()
  }

  // MARK: Room

  /// Whether a unit that has just given something may go on, and where it then stands: without order
  /// it may come to the exit by that.
  @inlinable mutating func hasRoom(_ start: Int) -> (position: Int, room: Bool) {
    var position = start
    if let exit = ring.outgrow(start) {
      position = exit
      makeRoom()
    }
    if ring.streams(position) { wakeGatherer() }
    return (position, ring.hasRoom(position))
  }

  @discardableResult @inlinable mutating func settle(
    _ id: Int, _ outcome: GatherRing<Output, Cause, Token, Waiter>.SlotState, _ output: Output,
    _ bytes: Int, _ message: Message
  ) -> Int? {
    guard let start = ring.position(of: id) else { return nil }
    ring.putLast(output, bytes: bytes, at: start)
    let (position, waiters) = ring.settle(start, outcome)
    wakes += waiters.map { ($0, message) }
    if position == 0 { wakeGatherer() }
    return position
  }

  @inlinable mutating func void(from position: Int) {
    let (waiters, tokens) = ring.void(from: position)
    wakes += waiters.map { ($0, .void) }
    voided += tokens
  }

  /// After something has left: earlier slots get room before later ones, and those before new work.
  @inlinable mutating func makeRoom() {
    wakes += ring.unpark().map { ($0, .proceed) }
    grant()
  }

  // MARK: Taking

  @inlinable var canTake: Bool {
    guard pending != nil else { return false }
    switch state {
    case .open, .ended: return ring.isOpen
    case .cutting, .closed: return false
    }
  }

  @inlinable var isOver: Bool {
    switch state {
    case .open: false
    case .ended: pending == nil
    case .cutting, .closed: true
    }
  }

  @inlinable mutating func takeNext(_ token: Token) -> Message {
    guard let (unit, count) = pending?.next(lines: ring.roomLines) else { return .over }
    let id = ring.append(lines: count, token)
    if pending?.isEmpty != false { usedUp() }
    return .taken(id: id, unit)
  }

  @inlinable mutating func usedUp() {
    pending = nil
    if let waiter = feeder {
      feeder = nil
      wakes.append((waiter, .proceed))
    }
    if case .ended = state { dismissTakers() }
  }

  @inlinable mutating func grant() {
    while canTake, let taker = takers.popFirst() {
      wakes.append((taker.waiter, takeNext(taker.token)))
    }
  }

  @inlinable mutating func dismissTakers() {
    guard isOver else { return }
    while let taker = takers.popFirst() { wakes.append((taker.waiter, .over)) }
  }

  @inlinable mutating func close(to next: State) {
    state = next
    pending = nil
    if let waiter = feeder {
      feeder = nil
      wakes.append((waiter, .over))
    }
    dismissTakers()
  }

  @inlinable mutating func wakeGatherer() {
    guard let waiter = gatherer else { return }
    gatherer = nil
    wakes.append((waiter, .look))
  }
}

/// By value, so that all states of a small gather can be told apart and visited. Wakes belong to no
/// state: they are taken before the next event.
extension GatherMachine: Hashable, Equatable
where
  Source: Hashable, Output: Hashable, Cause: Hashable, Token: Hashable, Waiter: Hashable
{
  @inlinable package static func == (a: Self, b: Self) -> Bool {
    a.state == b.state && a.ring == b.ring && a.takers == b.takers && a.pending == b.pending
      && a.feeder == b.feeder && a.gatherer == b.gatherer
  }

  @inlinable package func hash(into hasher: inout Hasher) {
    hasher.combine(ring)
    hasher.combine(takers.count)
    hasher.combine(feeder)
    hasher.combine(gatherer)
  }
}

extension GatherMachine.Taker: Hashable, Equatable where Waiter: Hashable, Token: Hashable {}
extension GatherMachine.State: Hashable, Equatable where Cause: Hashable {}
