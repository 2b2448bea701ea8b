public import DequeModule

/// What a reader gets from a queue.
@usableFromInline package enum Received<Element: Sendable, Cause: Sendable>: Sendable {
  case element(Element)
  /// The writer closed it and everything before that has been received.
  case closed(Closing<Cause>)
  /// The reader's own side stopped it.
  case stopped
}

/// The decisions of a bounded queue between one writer and one reader. It waits for nothing and
/// wakes nobody: each event returns what the shell has to do.
///
///     open ─ close(end | cut) ─▶ closing ─ drained ─▶ closed
///     any  ─ stop ─▶ stopped (the reader has enough; what is queued is dropped)
///     any  ─ breakOff ─▶ closing with a cut; what is queued is dropped, unless it is to be kept
@usableFromInline package struct QueueMachine<Element: Portion, Cause: Sendable, Sender, Reader> {
  @usableFromInline package enum SendAction {
    /// All of it is in. The reader, if it waited, gets what it is handed.
    case sent(hand: (Reader, Received<Element, Cause>)?)
    /// A part of it may be in; the writer calls `wait` next. The reader, if it waited, gets what it
    /// is handed.
    case full(hand: (Reader, Received<Element, Cause>)?)
    /// Nobody reads any more.
    case refused
  }

  @usableFromInline package enum ReceiveAction {
    /// Here it is. The writer, if its last part found room, goes on.
    case received(Received<Element, Cause>, resume: Sender?)
    case empty
  }

  /// Whom a closing event wakes: the writer with a refusal, the reader with what it now gets.
  @usableFromInline package struct Wakes {
    @usableFromInline package var refusedSender: Sender?
    @usableFromInline package var reader: (Reader, Received<Element, Cause>)?
    /// The writer is to be told; only the first of several stops does.
    @usableFromInline package var isFirst = false

    @inlinable init() {}
  }

  @usableFromInline enum State {
    case open
    case closing(Closing<Cause>)
    case stopped
  }

  @usableFromInline var state = State.open
  @usableFromInline var broken = false
  @usableFromInline var queued = Deque<Element>()
  /// What the writer still holds while it waits, and who it is.
  @usableFromInline var rest: Element?
  @usableFromInline var sender: Sender?
  @usableFromInline var reader: Reader?
  /// What the reader gets where it would else begin to wait.
  @usableFromInline var call: Element?
  @usableFromInline let capacityLines: Int
  @usableFromInline let capacityBytes: Int
  /// Weight of what is queued. An empty portion counts as one line, so that they are bounded too.
  @usableFromInline package internal(set) var lines = 0
  @usableFromInline package internal(set) var bytes = 0

  /// Capacities are at least 1.
  @inlinable package init(lines: Int, bytes: Int) {
    precondition(lines > 0 && bytes > 0, "a queue without room could never pass anything on")
    capacityLines = lines
    capacityBytes = bytes
  }

  @inlinable package mutating func send(_ element: Element) -> SendAction {
    var offered: Element? = element
    return send(&offered)
  }

  /// Takes what is offered.
  @inlinable package mutating func send(_ offered: inout Element?) -> SendAction {
    guard case .open = state else { return .refused }
    precondition(!hasRest, "one writer, one send at a time")
    swap(&rest, &offered)
    // Who waits finds the queue empty, and what fits need not go through it.
    if hasReader, restFits, let waiter = takeReader(), let element = rest.take() {
      return .sent(hand: (waiter, .element(element)))
    }
    refill()
    let hand = handOver()
    refill()
    return hasRest ? .full(hand: hand) : .sent(hand: hand)
  }

  /// The writer suspends after `full`. An answer instead if it came in the meantime: true when all
  /// is in, false when nobody reads any more.
  @inlinable package mutating func wait(sender waiter: Sender) -> Bool? {
    guard hasRest else {
      if case .open = state { return true }
      return false
    }
    sender = waiter
    return nil
  }

  @inlinable package mutating func receive() -> ReceiveAction {
    if let first = queued.popFirst() {
      remove(first)
      refill()
      return .received(.element(first), resume: resumedSender())
    }
    switch state {
    case .open:
      guard let call else { return .empty }
      self.call = nil
      return .received(.element(call), resume: nil)
    case .closing(let closing): return .received(.closed(closing), resume: nil)
    case .stopped: return .received(.stopped, resume: nil)
    }
  }

  /// The reader suspends after `empty`, unless something came in the meantime.
  @inlinable package mutating func wait(reader waiter: Reader) -> ReceiveAction {
    let action = receive()
    if case .empty = action { reader = waiter }
    return action
  }

  /// Somebody else than the writer calls the reader: one that waits gets `element` at once, and one
  /// that does not when it next would.
  @inlinable package mutating func call(_ element: Element) -> (
    Reader, Received<Element, Cause>
  )? {
    guard case .open = state else { return nil }
    if let waiter = takeReader() { return (waiter, .element(element)) }
    call = element
    return nil
  }

  /// The writer has no more. The first closing counts.
  @inlinable package mutating func close(_ closing: Closing<Cause>) -> (
    Reader, Received<Element, Cause>
  )? {
    guard case .open = state else { return nil }
    state = .closing(closing)
    guard queued.isEmpty, let waiter = takeReader() else { return nil }
    return (waiter, .closed(closing))
  }

  /// It was stopped or broken off: nothing that is sent gets in any more.
  @inlinable package var isRefusing: Bool { broken }

  /// The reader has enough.
  @inlinable package mutating func stop() -> Wakes {
    breakOff(to: .stopped, .stopped, keepsQueued: false)
  }

  /// The run ends here and now: what is queued is dropped unless the reader still wants it.
  @inlinable package mutating func breakOff(_ cause: Cause, keepsQueued: Bool) -> Wakes {
    breakOff(to: .closing(.cut(cause)), .closed(.cut(cause)), keepsQueued: keepsQueued)
  }

  @inlinable mutating func breakOff(
    to next: State, _ received: Received<Element, Cause>, keepsQueued: Bool
  ) -> Wakes {
    if case .stopped = state { return Wakes() }
    switch (state, next) {
    case (.closing(.cut), .closing): break  // A queue closes once: the first cut tells the cause.
    default: state = next
    }
    if !keepsQueued {
      queued.removeAll()
      (lines, bytes) = (0, 0)
    }
    rest = nil
    defer { (sender, reader, broken) = (nil, nil, true) }
    var wakes = Wakes()
    wakes.refusedSender = sender
    wakes.reader = reader.map { ($0, received) }
    wakes.isFirst = !broken
    return wakes
  }

  // MARK: Room

  /// Whether the writer holds something back; asked without a copy of it.
  @inlinable var hasRest: Bool { if case .some = rest { true } else { false } }

  /// Puts in the rest as soon as there is room for all of it, or else each full queue would leave
  /// ever smaller portions behind it. Of a rest too large for the queue a part goes in once a quarter
  /// of it is free; where nothing is queued one line is always let in, however large.
  @inlinable mutating func refill() {
    guard hasRest else { return }
    let roomLines = capacityLines - lines
    let roomBytes = capacityBytes - bytes
    let fitsEmpty = restFits
    guard var element = rest.take() else { return }
    if weight(element) <= roomLines && element.bytes <= roomBytes {
      add(element)
      return
    }
    let isRoomy = roomLines >= capacityLines.quarter && roomBytes >= capacityBytes.quarter
    guard queued.isEmpty || (!fitsEmpty && isRoomy && element.firstBytes <= roomBytes) else {
      rest = element
      return
    }
    add(element.takePrefix(lines: max(1, roomLines), bytes: max(0, roomBytes)))
    if element.lines > 0 { rest = element }
  }

  @inlinable mutating func resumedSender() -> Sender? {
    guard !hasRest, let waiter = sender else { return nil }
    sender = nil
    return waiter
  }

  @inlinable mutating func handOver() -> (Reader, Received<Element, Cause>)? {
    guard !queued.isEmpty, let waiter = takeReader() else { return nil }
    let first = queued.removeFirst()
    remove(first)
    return (waiter, .element(first))
  }

  /// Whether an empty queue has room for what the writer holds.
  @inlinable var restFits: Bool {
    max(1, rest?.lines ?? 0) <= capacityLines && rest?.bytes ?? 0 <= capacityBytes
  }

  @inlinable var hasReader: Bool { if case .some = reader { true } else { false } }

  @inlinable mutating func takeReader() -> Reader? {
    defer { reader = nil }
    return reader
  }

  @inlinable func weight(_ element: Element) -> Int { max(1, element.lines) }

  @inlinable mutating func add(_ element: consuming Element) {
    lines += weight(element)
    bytes += element.bytes
    queued.append(element)
  }

  @inlinable mutating func remove(_ element: Element) {
    lines -= weight(element)
    bytes -= element.bytes
  }
}

extension Int {
  /// At least 1.
  @inlinable var quarter: Int { Swift.max(1, self / 4) }
}

extension Received: Equatable where Element: Equatable, Cause: Equatable {}

/// By value, so that all states of a small queue can be told apart and visited.
extension QueueMachine.State: Hashable, Equatable where Cause: Hashable {}
extension QueueMachine: Hashable, Equatable
where Element: Hashable, Cause: Hashable, Sender: Hashable, Reader: Hashable {}
