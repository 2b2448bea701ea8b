public import DequeModule

/// The slots of a gather, in the order in which they may leave, and who has room. It knows no input,
/// no takers and no ending.
///
/// The front is exempt from the bound, else the results of later units could take all the room and
/// everybody would wait for everybody. With order the oldest unit is the front; without it whoever
/// finishes takes the exit behind those that have it, and so does, alone, one that has outgrown the
/// room while nobody is there.
@usableFromInline struct GatherRing<Output: Gathered, Cause: Sendable, Token, Waiter> {
  @usableFromInline enum SlotState {
    case working
    /// Those who wait with results of the unit: several where it is worked on by a chain of its own.
    case parked([Waiter])
    case done
    case failed(Cause)
  }

  @usableFromInline struct Slot {
    @usableFromInline let id: Int
    /// At least 1: a unit that only accounts for dropped items fills the window like one item.
    @usableFromInline let lines: Int
    @usableFromInline let token: Token
    @usableFromInline var state = SlotState.working
    @usableFromInline var outputs: [Output] = []
    @usableFromInline var bytes = 0

    @inlinable init(id: Int, lines: Int, token: Token) {
      self.id = id
      self.lines = lines
      self.token = token
    }

    @inlinable var isWorking: Bool {
      switch state {
      case .working, .parked: true
      case .done, .failed: false
      }
    }

    @inlinable var waiters: [Waiter] {
      if case .parked(let waiters) = state { waiters } else { [] }
    }
  }

  @usableFromInline let bounds: GatherBounds
  @usableFromInline var slots = Deque<Slot>()
  @usableFromInline var nextID = 0
  /// How many slots at the front have the exit without order: those that finished, in that order.
  @usableFromInline var settled = 0
  @usableFromInline var parked = 0
  @usableFromInline var lines = 0
  @usableFromInline var bytes = 0

  @inlinable init(_ bounds: GatherBounds) {
    precondition(bounds.lines > 0 && bounds.bytes > 0 && bounds.frontBytes > 0)
    self.bounds = bounds
  }

  @inlinable var isEmpty: Bool { slots.isEmpty }

  /// Whether one more unit may be taken: one always when there is none.
  @inlinable var isOpen: Bool {
    slots.isEmpty || (lines < bounds.lines && laterBytes < bounds.bytes)
  }

  /// How many items the next unit may have.
  @inlinable var roomLines: Int { max(1, bounds.lines - lines) }

  /// Where a unit in work stands; nil if it is void or its outcome is final.
  @inlinable func position(of id: Int) -> Int? {
    if slots.isEmpty { return nil }
    let position =
      bounds.keepsOrder ? id - slots[0].id : slots.firstIndex { $0.id == id } ?? -1
    guard slots.indices.contains(position), slots[position].isWorking else { return nil }
    return position
  }

  /// Whether what stands there can leave at once.
  @inlinable func streams(_ position: Int) -> Bool { bounds.streams && hasExit(position) }

  @inlinable func hasRoom(_ position: Int) -> Bool {
    if hasExit(position) { return !bounds.streams || slots[position].bytes < bounds.frontBytes }
    return laterBytes <= bounds.bytes
  }

  /// Takes a place for a new unit; its number.
  @inlinable mutating func append(lines count: Int, _ token: Token) -> Int {
    let slot = Slot(id: nextID, lines: max(1, count), token: token)
    nextID += 1
    lines += slot.lines
    slots.append(slot)
    return slot.id
  }

  @inlinable mutating func put(_ output: Output, bytes weight: Int, at position: Int) {
    slots[position].outputs.append(output)
    slots[position].bytes += weight
    bytes += weight
  }

  /// The same with the last output of the unit, which mostly only says what the unit accounts for.
  @inlinable mutating func putLast(_ output: Output, bytes weight: Int, at position: Int) {
    let given = slots[position].outputs.count
    guard given > 0, slots[position].outputs[given - 1].join(output) else {
      return put(output, bytes: weight, at: position)
    }
    slots[position].bytes += weight
    bytes += weight
  }

  @inlinable mutating func clear(_ position: Int) {
    bytes -= slots[position].bytes
    slots[position].bytes = 0
    slots[position].outputs.removeAll()
  }

  @inlinable mutating func park(_ waiter: Waiter, at position: Int) {
    if slots[position].waiters.isEmpty { parked += 1 }
    slots[position].state = .parked(slots[position].waiters + [waiter])
  }

  /// The outcome of a unit is final: where it then stands, and who still waits with results of it.
  @inlinable mutating func settle(_ position: Int, _ outcome: SlotState) -> (
    position: Int, waiters: [Waiter]
  ) {
    let waiters = resume(position)
    slots[position].state = outcome
    if bounds.keepsOrder || hasExit(position) { return (position, waiters) }
    return (takeExit(from: position), waiters)
  }

  /// Wakes those parked who have room now, the earliest first.
  @inlinable mutating func unpark() -> [Waiter] {
    guard parked > 0 else { return [] }
    var waiters: [Waiter] = []
    for position in slots.indices where hasRoom(position) { waiters += resume(position) }
    return waiters
  }

  /// Everything from `position` on is void: who waits with results of it, and the work to cancel.
  @inlinable mutating func void(from position: Int) -> (waiters: [Waiter], tokens: [Token]) {
    var waiters: [Waiter] = []
    var tokens: [Token] = []
    while slots.count > position, let slot = slots.popLast() {
      lines -= slot.lines
      bytes -= slot.bytes
      if !slot.waiters.isEmpty { parked -= 1 }
      waiters += slot.waiters
      if slot.isWorking { tokens.append(slot.token) }
    }
    settled = min(settled, position)
    return (waiters, tokens)
  }

  /// Takes out what can leave now, and the cause if that ends with a unit that failed.
  @inlinable mutating func drain() -> (outputs: [Output], failed: Cause?) {
    var outputs: [Output] = []
    while true {
      passOnExit()
      // Asked of the slot where it lies: a copy of it costs more than all the rest.
      if slots.isEmpty || !hasExit(0) { break }
      let isWorking = slots[0].isWorking
      if isWorking, !bounds.streams { break }
      takeOutputs(&outputs)
      if isWorking { break }
      let left = slots.removeFirst()
      lines -= left.lines
      settled = max(0, settled - 1)
      if case .failed(let cause) = left.state { return (outputs, cause) }
    }
    return (outputs, nil)
  }

  /// Without order, and while nobody is at the exit: this one takes it if there is no room any more.
  /// It does not count in the room then, so that others may go on. Nil if it does not.
  @inlinable mutating func outgrow(_ position: Int) -> Int? {
    isOvergrown ? takeExit(from: position) : nil
  }

  @inlinable func hasExit(_ position: Int) -> Bool {
    bounds.keepsOrder ? position == 0 : position < settled
  }

  /// What all but the front hold.
  @inlinable var laterBytes: Int {
    slots.isEmpty || !hasExit(0) ? bytes : bytes - slots[0].bytes
  }

  @inlinable var isOvergrown: Bool { !bounds.keepsOrder && settled == 0 && bytes > bounds.bytes }

  /// The last that had the exit has left, and those who wait for room would wait for ever: the
  /// oldest of them takes it.
  @inlinable mutating func passOnExit() {
    guard isOvergrown, parked > 0 else { return }
    if let oldest = slots.firstIndex(where: { !$0.waiters.isEmpty }) {
      _ = takeExit(from: oldest)
    }
  }

  /// Puts a slot behind those that have the exit; where it then stands.
  @inlinable mutating func takeExit(from position: Int) -> Int {
    let slot = slots.remove(at: position)
    slots.insert(slot, at: settled)
    settled += 1
    return settled - 1
  }

  @inlinable mutating func takeOutputs(_ outputs: inout [Output]) {
    if outputs.isEmpty {
      swap(&outputs, &slots[0].outputs)
    } else {
      outputs += slots[0].outputs
    }
    clear(0)
  }

  @inlinable mutating func resume(_ position: Int) -> [Waiter] {
    guard case .parked(let waiters) = slots[position].state else { return [] }
    slots[position].state = .working
    parked -= 1
    return waiters
  }
}

extension GatherRing.SlotState: Hashable, Equatable where Waiter: Hashable, Cause: Hashable {}
extension GatherRing.Slot: Hashable, Equatable
where Waiter: Hashable, Cause: Hashable, Token: Hashable, Output: Hashable {}
extension GatherRing: Hashable, Equatable
where Waiter: Hashable, Cause: Hashable, Token: Hashable, Output: Hashable {}
