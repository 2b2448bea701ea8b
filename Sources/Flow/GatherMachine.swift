import DequeModule

/// Input of a gather that has not been taken yet, handed out unit by unit.
package protocol Supply: Sendable {
  associatedtype Unit: Sendable
  var isEmpty: Bool { get }
  /// The next unit, of at most `lines` items but at least one, and how many items it has; none if it
  /// only accounts for dropped items.
  mutating func next(lines: Int) -> (unit: Unit, lines: Int)
}

/// What somebody who waits on a gather is told.
package enum GatherMessage<Unit: Sendable>: Sendable {
  case taken(id: Int, Unit)
  /// For a taker and the feeder: no more work.
  case over
  /// For the gatherer: look again.
  case look
  /// For one that emits: go on. For the feeder: give the next input.
  case proceed
  /// The slot's results are not wanted any more.
  case void
}

/// What the gatherer can hand on.
package enum GatherCollected<Output: Sendable, Cause: Sendable>: Sendable {
  case outputs([Output])
  /// Nothing is left behind these.
  case last([Output], Closing<Cause>)
  /// The ring was stopped: nothing leaves any more.
  case stopped
}

/// The bounds of a gather: how far others may run ahead of the oldest unfinished unit.
package struct GatherBounds: Sendable, Hashable {
  package var lines: Int
  package var bytes: Int
  /// Results may leave before their unit is finished.
  package var streams: Bool
  package var keepsOrder: Bool
  /// How much of the front's results may wait for the gatherer.
  package var frontBytes = 1 << 18

  package init(lines: Int, bytes: Int, streams: Bool, keepsOrder: Bool) {
    self.lines = lines
    self.bytes = bytes
    self.streams = streams
    self.keepsOrder = keepsOrder
  }
}

/// The decisions of an ordered gather: a ring of slots, one for each unit of work taken, emptied
/// from the front. It waits for nothing and wakes nobody; `takeWakes` tells whom the shell wakes.
///
///     slot:  working ─ no room, not front ─▶ parked ─ room or front ─▶ working
///            working ─ finish ─▶ done | failed(cause) ─ at the front, handed on ─▶ left
///            working, parked ─ cut ahead, stop, hard end ─▶ void (its worker learns it at its next call)
///     ring:  open ─▶ ended (input closed) | cutting (a slot failed) | stopped ─▶ closed
///
/// The front is exempt from the bound, else the results of later items could take all the room and
/// everybody would wait for everybody. Without order the slot that finishes first takes the exit.
package struct GatherMachine<
  Source: Supply, Output: Sendable, Cause: Sendable, Token, Waiter
> {
  package typealias Waiting = Waiter
  package typealias Message = GatherMessage<Source.Unit>
  package typealias Collected = GatherCollected<Output, Cause>

  fileprivate enum SlotState {
    case working
    /// Those who wait with results of the unit: several where it is worked on by a chain of its own.
    case parked([Waiter])
    case done
    case failed(Cause)
  }

  fileprivate struct Slot {
    let id: Int
    /// At least 1: a unit that only accounts for dropped items fills the window like one item.
    let lines: Int
    let token: Token
    var state = SlotState.working
    var outputs: [Output] = []
    var bytes = 0

    var isWorking: Bool {
      switch state {
      case .working, .parked: true
      case .done, .failed: false
      }
    }
  }

  fileprivate struct Taker {
    let waiter: Waiter
    let token: Token
  }

  fileprivate enum State {
    case open
    /// The input is closed; the ring empties itself.
    case ended(Closing<Cause>)
    /// A slot has failed; what is before it goes on.
    case cutting
    case closed
  }

  package let bounds: GatherBounds
  private var state = State.open
  private var pending: Source?
  private var slots = Deque<Slot>()
  private var nextID = 0
  /// How many slots at the front have the exit: without order those that finished, in that order.
  private var settled = 0
  private var lines = 0
  private var bytes = 0
  private var takers = Deque<Taker>()
  private var feeder: Waiter?
  private var gatherer: Waiter?
  private var wakes: [(Waiter, Message)] = []
  private var voided: [Token] = []

  package init(_ bounds: GatherBounds) {
    precondition(bounds.lines > 0 && bounds.bytes > 0 && bounds.frontBytes > 0)
    self.bounds = bounds
  }

  /// Whom to wake with what, after unlocking.
  package mutating func takeWakes() -> [(Waiter, Message)] {
    if wakes.isEmpty { return [] }
    defer { wakes = [] }
    return wakes
  }

  /// The work to cancel, after unlocking.
  package mutating func takeVoided() -> [Token] {
    if voided.isEmpty { return [] }
    defer { voided = [] }
    return voided
  }

  // MARK: Input

  /// New input; there is none pending. False when no more is wanted.
  package mutating func offer(_ source: Source) -> Bool {
    guard case .open = state else { return false }
    pending = source.isEmpty ? nil : source
    grant()
    return true
  }

  /// Whether the feeder should give more: nil means it has to wait, with `wait(feeder:)`.
  package func demand() -> Bool? {
    guard case .open = state else { return false }
    return pending == nil ? true : nil
  }

  package mutating func wait(feeder waiter: Waiter) -> Bool? {
    if let answer = demand() { return answer }
    feeder = waiter
    return nil
  }

  /// The input is over. What is in the ring leaves before the closing does.
  package mutating func closeInput(_ closing: Closing<Cause>) {
    guard case .open = state else { return }
    state = .ended(closing)
    dismissTakers()
    if slots.isEmpty && pending == nil { wakeGatherer() }
  }

  // MARK: Workers

  /// Takes a unit: nil means wait, with `wait(taker:)`; `.over` that there will be none.
  package mutating func take(_ token: Token) -> Message? {
    guard takers.isEmpty, canTake else { return isOver ? .over : nil }
    return takeNext(token)
  }

  package mutating func wait(taker waiter: Waiter, _ token: Token) -> Message? {
    if let message = take(token) { return message }
    takers.append(Taker(waiter: waiter, token: token))
    return nil
  }

  /// A result of a unit in work. True: go on. Nil: wait, with `wait(emitter:)`. False: not wanted.
  package mutating func emit(_ id: Int, _ output: Output, bytes weight: Int) -> Bool? {
    guard var position = position(of: id) else { return false }
    slots[position].outputs.append(output)
    slots[position].bytes += weight
    bytes += weight
    if isOvergrown { position = outgrow(position) }
    if hasExit(position), bounds.streams { wakeGatherer() }
    return hasRoom(position) ? true : nil
  }

  package mutating func wait(emitter waiter: Waiter, _ id: Int) -> Bool? {
    guard var position = position(of: id) else { return false }
    if isOvergrown {
      position = outgrow(position)
      if bounds.streams { wakeGatherer() }
    }
    if hasRoom(position) { return true }
    var waiters = [waiter]
    if case .parked(let others) = slots[position].state { waiters = others + waiters }
    slots[position].state = .parked(waiters)
    return nil
  }

  /// Takes back all results of a unit in work: the attempt that gave them does not count.
  package mutating func retract(_ id: Int) {
    guard let position = position(of: id) else { return }
    bytes -= slots[position].bytes
    slots[position].bytes = 0
    slots[position].outputs.removeAll()
    makeRoom()
  }

  /// The unit is finished, with a last output that is never refused.
  package mutating func finish(_ id: Int, _ output: Output, bytes weight: Int) {
    settle(id, .done, output, weight)
  }

  /// The unit has failed. What is behind it is void, and nothing more is taken.
  package mutating func fail(_ id: Int, _ output: Output, bytes weight: Int, _ cause: Cause) -> Bool
  {
    guard let position = settle(id, .failed(cause), output, weight) else { return false }
    while slots.count > position + 1 { void(slots.removeLast()) }
    settled = min(settled, position + 1)
    close(to: .cutting)
    makeRoom()
    return true
  }

  // MARK: The gatherer

  /// What can leave now; nil means wait, with `wait(gatherer:)`.
  package mutating func collect() -> Collected? {
    var collected: [Output] = []
    if case .closed = state { return .stopped }
    while true {
      passOnExit()
      guard !slots.isEmpty, hasExit(0) else { break }
      if slots[0].isWorking && !bounds.streams { break }
      bytes -= slots[0].bytes
      slots[0].bytes = 0
      if collected.isEmpty {
        swap(&collected, &slots[0].outputs)
      } else {
        collected.append(contentsOf: slots[0].outputs)
        slots[0].outputs.removeAll()
      }
      if slots[0].isWorking { break }
      let slot = slots.removeFirst()
      lines -= slot.lines
      settled = max(0, settled - 1)
      if case .failed(let cause) = slot.state {
        stop()
        return .last(collected, .cut(cause))
      }
    }
    makeRoom()
    if collected.isEmpty, case .ended(let closing) = state, slots.isEmpty, pending == nil {
      state = .closed
      return .last([], closing)
    }
    return collected.isEmpty ? nil : .outputs(collected)
  }

  package mutating func wait(gatherer waiter: Waiter) -> Collected? {
    if let collected = collect() { return collected }
    gatherer = waiter
    return nil
  }

  /// Nobody wants results any more, or the run ends here: everything in the ring is void.
  package mutating func stop() {
    while let slot = slots.popLast() { void(slot) }
    settled = 0
    close(to: .closed)
    wakeGatherer()
  }

  // MARK: Slots

  private func position(of id: Int) -> Int? {
    guard let first = slots.first else { return nil }
    let position =
      bounds.keepsOrder ? id - first.id : slots.firstIndex { $0.id == id } ?? -1
    guard slots.indices.contains(position), slots[position].isWorking else { return nil }
    return position
  }

  private func hasExit(_ position: Int) -> Bool {
    bounds.keepsOrder ? position == 0 : position < settled
  }

  /// What all but the front hold.
  private var laterBytes: Int {
    guard let front = slots.first, hasExit(0) else { return bytes }
    return bytes - front.bytes
  }

  private func hasRoom(_ position: Int) -> Bool {
    if hasExit(position) {
      return position > 0 || !bounds.streams || slots[0].bytes < bounds.frontBytes
    }
    return laterBytes <= bounds.bytes
  }

  /// Without order: nobody is at the exit and there is no room any more, so that nobody could go on.
  /// One of those in work then takes the exit alone until it ends.
  private var isOvergrown: Bool {
    !bounds.keepsOrder && settled == 0 && bytes > bounds.bytes
  }

  /// Puts a slot behind those that have the exit; where it then stands.
  private mutating func takeExit(from position: Int) -> Int {
    let slot = slots.remove(at: position)
    slots.insert(slot, at: settled)
    settled += 1
    return settled - 1
  }

  /// What holds the exit does not count in the room, so that others may go on; where it then stands.
  private mutating func outgrow(_ position: Int) -> Int {
    let exit = takeExit(from: position)
    makeRoom()
    return exit
  }

  /// The last that had the exit has left, and those who wait for room would wait for ever: the
  /// oldest of them takes it.
  private mutating func passOnExit() {
    guard isOvergrown else { return }
    let parked = slots.firstIndex { if case .parked = $0.state { true } else { false } }
    if let parked { _ = takeExit(from: parked) }
  }

  @discardableResult private mutating func settle(
    _ id: Int, _ outcome: SlotState, _ output: Output, _ weight: Int
  ) -> Int? {
    guard var position = position(of: id) else { return nil }
    slots[position].state = outcome
    slots[position].outputs.append(output)
    slots[position].bytes += weight
    bytes += weight
    if !bounds.keepsOrder && !hasExit(position) { position = takeExit(from: position) }
    if position == 0 { wakeGatherer() }
    return position
  }

  private mutating func void(_ slot: Slot) {
    lines -= slot.lines
    bytes -= slot.bytes
    if case .parked(let waiters) = slot.state { wakes += waiters.map { ($0, .void) } }
    if slot.isWorking { voided.append(slot.token) }
  }

  // MARK: Taking

  private var canTake: Bool {
    guard pending != nil else { return false }
    switch state {
    case .open, .ended: break
    case .cutting, .closed: return false
    }
    return slots.isEmpty || (lines < bounds.lines && laterBytes < bounds.bytes)
  }

  private var isOver: Bool {
    switch state {
    case .open: false
    case .ended: pending == nil
    case .cutting, .closed: true
    }
  }

  private mutating func takeNext(_ token: Token) -> Message {
    let room = max(1, bounds.lines - lines)
    guard let (unit, count) = pending?.next(lines: room) else { return .over }
    let slot = Slot(id: nextID, lines: max(1, count), token: token)
    nextID += 1
    lines += slot.lines
    slots.append(slot)
    if pending?.isEmpty != false { usedUp() }
    return .taken(id: slot.id, unit)
  }

  private mutating func usedUp() {
    pending = nil
    if let waiter = feeder {
      feeder = nil
      wakes.append((waiter, .proceed))
    }
    if case .ended = state { dismissTakers() }
  }

  private mutating func grant() {
    while canTake, let taker = takers.popFirst() {
      wakes.append((taker.waiter, takeNext(taker.token)))
    }
  }

  /// After something has left: earlier slots get room before later ones, and those before new work.
  private mutating func makeRoom() {
    for position in slots.indices {
      guard case .parked(let waiters) = slots[position].state, hasRoom(position) else { continue }
      slots[position].state = .working
      wakes += waiters.map { ($0, .proceed) }
    }
    grant()
  }

  private mutating func dismissTakers() {
    guard isOver else { return }
    while let taker = takers.popFirst() { wakes.append((taker.waiter, .over)) }
  }

  private mutating func close(to next: State) {
    state = next
    pending = nil
    if let waiter = feeder {
      feeder = nil
      wakes.append((waiter, .over))
    }
    dismissTakers()
  }

  private mutating func wakeGatherer() {
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
  package static func == (a: Self, b: Self) -> Bool {
    a.state == b.state && a.slots == b.slots && a.settled == b.settled && a.takers == b.takers
      && a.pending == b.pending && a.feeder == b.feeder && a.gatherer == b.gatherer
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(slots)
    hasher.combine(settled)
    hasher.combine(takers.count)
    hasher.combine(feeder)
    hasher.combine(gatherer)
  }
}

extension GatherMachine.SlotState: Hashable, Equatable where Waiter: Hashable, Cause: Hashable {}
extension GatherMachine.Slot: Hashable, Equatable
where Waiter: Hashable, Cause: Hashable, Token: Hashable, Output: Hashable {}
extension GatherMachine.Taker: Hashable, Equatable where Waiter: Hashable, Token: Hashable {}
extension GatherMachine.State: Hashable, Equatable where Cause: Hashable {}
