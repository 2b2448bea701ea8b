public import Synchronization

/// A first-in first-out queue between one writer and one reader, bounded in lines and bytes. A full
/// queue suspends its writer, an empty one its reader; nothing spins and nothing polls.
///
/// Its members and those of what it is made of are inlinable, and so are the gather's: other modules
/// then get them specialised. Else a hop costs 4.4 µs instead of 0.3, an item of a gather 6 instead
/// of 1 (processor time, measured on 2 cores under load).
@usableFromInline package final class BoundedQueue<Element: Portion, Cause: Sendable>: Sendable {
  @usableFromInline typealias Machine = QueueMachine<
    Element, Cause, Waiter<Bool>, Waiter<Received<Element, Cause>>
  >
  @usableFromInline let machine: Mutex<Machine>
  /// Told once, when the reader has stopped the queue or the run has broken it off.
  @usableFromInline let onStop = Mutex<(@Sendable () -> Void)?>(nil)
  @usableFromInline package let capacity: (lines: Int, bytes: Int)

  /// Both capacities are at least 1. One line larger than `bytes` is let through alone.
  @inlinable package init(lines: Int, bytes: Int) {
    capacity = (lines, bytes)
    machine = Mutex(Machine(lines: lines, bytes: bytes))
  }

  /// How full it is, for showing.
  @inlinable package var fill: (lines: Int, bytes: Int) {
    machine.withLock { ($0.lines, $0.bytes) }
  }

  /// Puts all of `element` in, suspending while there is no room. A part that fits goes in at once.
  /// False once the reader has stopped the queue: what was sent is then dropped. `onWait` is called
  /// before it suspends.
  @inlinable package func send(
    _ element: consuming Element, onWait: () -> Void = {}
  ) async -> Bool {
    if let sent = trySend(element) { return sent }
    onWait()
    await SchedulePoint.pass()
    return await withUnsafeContinuation { park(sender: .task($0)) }
  }

  /// `send` for a thread that may block.
  @inlinable package func sendBlocking(_ element: consuming Element) -> Bool {
    if let sent = trySend(element) { return sent }
    let slot = BlockingSlot<Bool>()
    park(sender: .thread(slot))
    return slot.wait()
  }

  /// The next element, or how the queue was closed. Suspends while it is empty and open; `onWait` is
  /// called before it does.
  @inlinable package func receive(onWait: () -> Void = {}) async -> Received<Element, Cause> {
    if let received = tryReceive() { return received }
    onWait()
    await SchedulePoint.pass()
    return await withUnsafeContinuation { park(reader: .task($0)) }
  }

  /// `receive` for a thread that may block.
  @inlinable package func receiveBlocking() -> Received<Element, Cause> {
    if let received = tryReceive() { return received }
    let slot = BlockingSlot<Received<Element, Cause>>()
    park(reader: .thread(slot))
    return slot.wait()
  }

  /// What is there now, or nil if the reader would have to wait.
  @inlinable package func tryReceive() -> Received<Element, Cause>? {
    switch machine.withLock({ $0.receive() }) {
    case .received(let received, let sender):
      sender?.resume(returning: true)
      return received
    case .empty: return nil
    }
  }

  /// Wakes a reader that waits, or that is about to, with `element`, which stands outside of what the
  /// queue carries: a timer's way to say that there is something else to do.
  @inlinable package func call(_ element: Element) {
    if let (reader, received) = machine.withLock({ $0.call(element) }) {
      reader.resume(returning: received)
    }
  }

  /// The writer has no more; called once. What is queued can still be received.
  @inlinable package func close(_ closing: Closing<Cause>) {
    if let (reader, received) = machine.withLock({ $0.close(closing) }) {
      reader.resume(returning: received)
    }
  }

  /// What the writer's side does, at once and in the stopping call, when nobody reads any more: pass
  /// the stop on to its own input, even while it waits for something else. Set before the first
  /// send; called at once if the queue has been stopped before.
  @inlinable package func onStop(_ action: @escaping @Sendable () -> Void) {
    onStop.withLock { $0 = action }
    if machine.withLock({ $0.isRefusing }) { tellWriter() }
  }

  /// Both ends are done: nobody is told of a stop any more. What would have been told refers to the
  /// queue, and would keep it for ever.
  @inlinable package func disconnect() {
    let action = onStop.withLock { action in
      defer { action = nil }
      return action
    }
    // Let go here, not under the lock.
    _ = action
  }

  /// The reader has enough: what is queued is dropped, a writer that waits gets false.
  @inlinable package func stop() { resume(machine.withLock { $0.stop() }) }

  /// The run ends here: the writer gets false, the reader the cut, what is queued is dropped unless
  /// the reader still wants it.
  @inlinable package func breakOff(_ cause: Cause, keepsQueued: Bool = false) {
    resume(machine.withLock { $0.breakOff(cause, keepsQueued: keepsQueued) })
  }

  /// Nil if the writer has to wait.
  @inlinable func trySend(_ element: consuming Element) -> Bool? {
    // Moved into the queue: what is not copied has no references to count.
    var offered: Element? = element
    switch machine.withLock({ $0.send(&offered) }) {
    case .sent(let hand):
      if let (reader, received) = hand { reader.resume(returning: received) }
      return true
    case .full(let hand):
      if let (reader, received) = hand { reader.resume(returning: received) }
      return nil
    case .refused: return false
    }
  }

  @inlinable func park(sender: Waiter<Bool>) {
    if let answer = machine.withLock({ $0.wait(sender: sender) }) {
      sender.resume(returning: answer)
    }
  }

  @inlinable func park(reader: Waiter<Received<Element, Cause>>) {
    switch machine.withLock({ $0.wait(reader: reader) }) {
    case .received(let received, let sender):
      sender?.resume(returning: true)
      reader.resume(returning: received)
    case .empty: break
    }
  }

  /// The stop goes upstream before anybody wakes: nothing more is taken there (SEMANTICS 9, early
  /// end, step 3).
  @inlinable func resume(_ wakes: Machine.Wakes) {
    if wakes.isFirst { tellWriter() }
    wakes.refusedSender?.resume(returning: false)
    if let (reader, received) = wakes.reader { reader.resume(returning: received) }
  }

  @inlinable func tellWriter() {
    let action = onStop.withLock { action in
      defer { action = nil }
      return action
    }
    action?()
  }
}
