import Flow

/// A queue machine with one writer who follows a script, one reader who reads to the end, and a run
/// that may stop it or break it off at any point. It knows what has to come out and checks the
/// invariants 6, 7, 9, 13 and 17 of SEMANTICS 11 after each move.
struct QueueWorld: Explorable {
  typealias Machine = QueueMachine<Piece, Int, Int, Int>

  enum Move {
    case send, parkWriter, close, receive, parkReader
    case call, stop
    case breakOff(keepsQueued: Bool)
  }

  enum Writer: Hashable {
    case ready, full
    case waiting(Int)
    case refused, closed
  }

  enum Ending: Hashable {
    case end
    case cut(Int)
    case stopped
  }

  enum Reader: Hashable {
    case ready, empty
    case waiting(Int)
    case ended(Ending)
  }

  let capacity: Piece.Line  // lines in `number`, bytes in `weight`
  let script: [Piece]
  let closing: Closing<Int>
  var machine: Machine
  var writer = Writer.ready
  var reader = Reader.ready
  var sends = 0
  var received: [Int] = []
  /// How the reader's side has to see the queue end, as far as that is known.
  var ending: Ending?
  /// How many numbers the reader may come to see; nil while nothing was dropped.
  var due: Int?
  var disturbed = 0
  var told = 0
  /// Whether somebody has called the reader, and whether it has heard that.
  var called = false
  var hasHeard = false

  init(lines: Int, bytes: Int, script: [[Int]], closing: Closing<Int>) {
    capacity = Piece.Line(number: lines, weight: bytes)
    self.script = Piece.script(script)
    self.closing = closing
    machine = Machine(lines: lines, bytes: bytes)
  }

  /// What tells most states apart; equality compares everything.
  func hash(into hasher: inout Hasher) {
    hasher.combine(sends)
    hasher.combine(received.count)
    hasher.combine(machine.lines)
    hasher.combine(writer)
    hasher.combine(reader)
    hasher.combine(ending)
  }

  var isOver: Bool {
    guard case .ended = reader else { return false }
    return writer == .closed
  }

  var moves: [Move] {
    var moves: [Move] = []
    switch writer {
    case .ready: moves.append(sends < script.count ? .send : .close)
    case .full: moves.append(.parkWriter)
    case .refused: moves.append(.close)
    case .waiting, .closed: break
    }
    switch reader {
    case .ready: moves.append(.receive)
    case .empty: moves.append(.parkReader)
    case .waiting, .ended: break
    }
    return moves
  }

  /// Two of them, one after the other, only where the script is short.
  var disturbances: [Move] {
    let endings: [Move] =
      disturbed < (script.count < 2 ? 2 : 1)
      ? [.stop, .breakOff(keepsQueued: true), .breakOff(keepsQueued: false)] : []
    return called ? endings : endings + [.call]
  }

  mutating func make(_ move: Move) -> String? {
    switch move {
    case .send: send()
    case .parkWriter: parkWriter()
    case .close: close()
    case .receive: receive(machine.receive(), parks: false)
    case .parkReader: receive(machine.wait(reader: received.count), parks: true)
    case .call: call()
    case .stop: disturb(machine.stop(), .stopped, keepsQueued: false)
    case .breakOff(let keepsQueued):
      disturb(
        machine.breakOff(100 + disturbed, keepsQueued: keepsQueued), .cut(100 + disturbed),
        keepsQueued: keepsQueued)
    }
  }

  // MARK: The writer

  private mutating func send() -> String? {
    let piece = script[sends]
    sends += 1
    switch machine.send(piece) {
    case .sent(let hand):
      if disturbed > 0 { return "a send after the end was accepted" }
      return wakeReader(hand)
    case .full(let hand):
      writer = .full
      if disturbed > 0 { return "a send after the end was accepted" }
      return wakeReader(hand)
    case .refused:
      writer = .refused
      return disturbed == 0 ? "a send was refused without reason" : nil
    }
  }

  private mutating func parkWriter() -> String? {
    switch machine.wait(sender: sends) {
    case nil: writer = .waiting(sends)
    case true?: writer = .ready
    case false?: writer = .refused
    }
    if disturbed > 0, writer != .refused { return "a writer was not told that nobody reads" }
    return nil
  }

  private mutating func close() -> String? {
    writer = .closed
    if ending == nil {
      ending = closing == .end ? .end : .cut(7)
    }
    return wakeReader(machine.close(closing))
  }

  private mutating func wakeWriter(_ waiter: Int?, accepted: Bool) -> String? {
    guard let waiter else { return nil }
    guard writer == .waiting(waiter) else { return "a writer was woken that did not wait" }
    writer = accepted ? .ready : .refused
    return nil
  }

  // MARK: The reader

  private mutating func receive(_ action: Machine.ReceiveAction, parks: Bool) -> String? {
    switch action {
    case .received(let what, let sender):
      reader = .ready
      return take(what) ?? wakeWriter(sender, accepted: true)
    case .empty:
      reader = parks ? .waiting(received.count) : .empty
      return nil
    }
  }

  private mutating func wakeReader(_ hand: (Int, Received<Piece, Int>)?) -> String? {
    guard let (waiter, what) = hand else { return nil }
    guard reader == .waiting(waiter) else { return "a reader was woken that did not wait" }
    reader = .ready
    return take(what)
  }

  private mutating func take(_ what: Received<Piece, Int>) -> String? {
    switch what {
    case .element(Self.calling):
      if hasHeard || !called { return "a call was heard that was not made" }
      hasHeard = true
      return nil
    case .element(let piece):
      if piece.numbers.isEmpty { return "a portion of nothing was received" }
      received += piece.numbers
      return nil
    case .closed(.end): return end(.end)
    case .closed(.cut(let cause)): return end(.cut(cause))
    case .stopped: return end(.stopped)
    }
  }

  private mutating func end(_ seen: Ending) -> String? {
    reader = .ended(seen)
    if seen != ending { return "the queue ended as \(seen), not as \(String(describing: ending))" }
    let all = script.prefix(sends).flatMap(\.numbers).count
    return received.count == due ?? all ? nil : "the end came before the last line"
  }

  // MARK: From outside

  private static let calling = Piece(empty: -1)

  private mutating func call() -> String? {
    called = true
    let hand = machine.call(Self.calling)
    if let flaw = wakeReader(hand) { return flaw }
    if case .waiting = reader { return "a reader waits though it was called" }
    return nil
  }

  private mutating func disturb(
    _ wakes: Machine.Wakes, _ how: Ending, keepsQueued: Bool
  ) -> String? {
    let wasStopped = ending == .stopped
    switch (ending, how) {
    case (.stopped, _), (.cut, .cut): break
    default: ending = how
    }
    if !wasStopped {
      let queued = machine.lines
      if !keepsQueued, queued > 0 { return "what was to be dropped is still queued" }
      due = received.count + queued
    }
    if wakes.isFirst { told += 1 }
    disturbed += 1
    if told != 1 { return "the writer's side was told \(told) times" }
    if let flaw = wakeWriter(wakes.refusedSender, accepted: false) { return flaw }
    if case .waiting = writer { return "a writer was left waiting" }
    if let flaw = wakeReader(wakes.reader) { return flaw }
    if case .waiting = reader { return "a reader was left waiting" }
    return nil
  }

  // MARK: What holds in every state

  var broken: String? {
    let sent = script.prefix(sends).flatMap(\.numbers)
    if received != Array(sent.prefix(received.count)) { return "out of order: \(received)" }
    if let due, received.count > due { return "a line came that was dropped" }
    let isWithin = machine.lines <= capacity.number && machine.bytes <= capacity.weight
    if !isWithin, machine.lines != 1 { return "over the bounds: \(machine.lines) lines" }
    guard disturbed == 0 else { return nil }
    return unaccounted(sent) ?? idle(sent)
  }

  /// Nothing is lost and nothing counted that is not there: while the writer holds nothing, what was
  /// sent and not received is queued.
  private func unaccounted(_ sent: [Int]) -> String? {
    guard writer == .ready || writer == .closed else { return nil }
    let queued = script.prefix(sends).flatMap(weights).dropFirst(received.count)
    if machine.lines != queued.count { return "\(machine.lines) lines for \(queued.count)" }
    return machine.bytes == queued.reduce(0, +) ? nil : "\(machine.bytes) bytes for \(queued)"
  }

  private func weights(_ piece: Piece) -> [Int] {
    piece.content.isEmpty ? [0] : piece.content.map(\.weight)
  }

  /// Whoever waits has a reason to.
  private func idle(_ sent: [Int]) -> String? {
    if case .waiting = reader, machine.lines > 0 || writer == .closed {
      return "a reader waits although there is something"
    }
    if case .waiting = reader, called, !hasHeard { return "a reader waits and was not told" }
    guard case .waiting = writer else { return nil }
    let weights = script.prefix(sends).flatMap(weights)
    let next = received.count + machine.lines
    guard next < weights.count else { return "a writer waits although all is in" }
    let room = (capacity.number - machine.lines, capacity.weight - machine.bytes)
    let rest = (weights.count - next, weights[next...].reduce(0, +))
    let fits = rest.0 <= room.0 && rest.1 <= room.1
    let isTooLarge = rest.0 > capacity.number || rest.1 > capacity.weight
    let isRoomy = room.0 >= max(1, capacity.number / 4) && room.1 >= max(1, capacity.weight / 4)
    let hasRoom =
      machine.lines == 0 || fits || (isTooLarge && isRoomy && weights[next] <= room.1)
    return hasRoom ? "a writer waits although there is room" : nil
  }
}
