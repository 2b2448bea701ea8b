/// All timers of a clock, earliest first; those of one instant by phase and then in the order they
/// were set. Adding and taking back cost the logarithm of their number.
///
/// Its members are inlinable, so that the clocks of other modules get it specialised: else an added
/// and removed timer costs 10 µs instead of 0.1.
@usableFromInline package struct DeadlineHeap<Action> {
  @usableFromInline struct Entry {
    @usableFromInline let instant: Instant
    @usableFromInline let phase: TimerPhase
    @usableFromInline let sequence: UInt64
    /// Which place of `slots` knows where this entry stands in the heap.
    @usableFromInline let slot: Int

    @inlinable init(instant: Instant, phase: TimerPhase, sequence: UInt64, slot: Int) {
      self.instant = instant
      self.phase = phase
      self.sequence = sequence
      self.slot = slot
    }

    @inlinable func precedes(_ other: Entry) -> Bool {
      if instant != other.instant { return instant < other.instant }
      if phase != other.phase { return phase < other.phase }
      return sequence < other.sequence
    }
  }

  @usableFromInline struct Slot {
    @usableFromInline var generation: UInt32 = 0
    /// Where the entry stands in the heap; -1 when the slot is free.
    @usableFromInline var position = -1
    @usableFromInline var action: Action?

    @inlinable init() {}
  }

  @usableFromInline var heap: [Entry] = []
  @usableFromInline var slots: [Slot] = []
  @usableFromInline var free: [Int] = []
  @usableFromInline var sequence: UInt64 = 0

  @inlinable package init() {}

  @inlinable package var count: Int { heap.count }
  @inlinable package var isEmpty: Bool { heap.isEmpty }

  /// The next timer's instant and phase.
  @inlinable package var next: (instant: Instant, phase: TimerPhase)? {
    heap.first.map { ($0.instant, $0.phase) }
  }

  /// The earliest instant of a timer that is no tick.
  @inlinable package var nextButTicks: Instant? {
    heap.lazy.filter { $0.phase != .tick }.map(\.instant).min()
  }

  @inlinable package mutating func add(_ instant: Instant, _ phase: TimerPhase, _ action: Action)
    -> TimerID
  {
    let slot = free.popLast() ?? newSlot()
    slots[slot].action = action
    heap.append(Entry(instant: instant, phase: phase, sequence: sequence, slot: slot))
    sequence += 1
    rise(heap.count - 1)
    return TimerID(value: UInt64(slots[slot].generation) << 32 | UInt64(slot))
  }

  /// Takes a timer back; its action, or nil if it is not set any more.
  @inlinable package mutating func remove(_ timer: TimerID) -> Action? {
    let slot = Int(timer.value & 0xFFFF_FFFF)
    guard slots.indices.contains(slot), slots[slot].position >= 0,
      slots[slot].generation == UInt32(timer.value >> 32)
    else { return nil }
    return remove(at: slots[slot].position)
  }

  /// Takes the next timer out if its instant is not after `now`.
  @inlinable package mutating func popDue(_ now: Instant) -> Action? {
    guard let first = heap.first, first.instant <= now else { return nil }
    return remove(at: 0)
  }

  @inlinable mutating func newSlot() -> Int {
    slots.append(Slot())
    return slots.count - 1
  }

  @inlinable mutating func remove(at position: Int) -> Action? {
    let entry = heap[position]
    let last = heap.removeLast()
    if position < heap.count {
      heap[position] = last
      slots[last.slot].position = position
      rise(position)
      sink(slots[last.slot].position)
    }
    defer {
      slots[entry.slot].action = nil
      slots[entry.slot].position = -1
      slots[entry.slot].generation &+= 1
      free.append(entry.slot)
    }
    return slots[entry.slot].action
  }

  @inlinable mutating func rise(_ start: Int) {
    var position = start
    let entry = heap[position]
    while position > 0 {
      let parent = (position - 1) / 2
      guard entry.precedes(heap[parent]) else { break }
      place(heap[parent], at: position)
      position = parent
    }
    place(entry, at: position)
  }

  @inlinable mutating func sink(_ start: Int) {
    var position = start
    let entry = heap[position]
    while true {
      var child = 2 * position + 1
      guard child < heap.count else { break }
      if child + 1 < heap.count, heap[child + 1].precedes(heap[child]) { child += 1 }
      guard heap[child].precedes(entry) else { break }
      place(heap[child], at: position)
      position = child
    }
    place(entry, at: position)
  }

  @inlinable mutating func place(_ entry: Entry, at position: Int) {
    heap[position] = entry
    slots[entry.slot].position = position
  }
}
