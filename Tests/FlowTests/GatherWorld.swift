import Flow

/// Numbered units of work, handed out in order; each is one item or, for `chunk` above 1, several.
struct Numbers: Supply, Hashable {
  var next: Int
  var end: Int
  var chunk = 1

  var isEmpty: Bool { next == end }

  mutating func next(lines: Int) -> (unit: Range<Int>, lines: Int) {
    let count = min(chunk, lines, end - next)
    defer { next += count }
    return (next..<next + count, count)
  }
}

/// What a unit gives: `unit` and its place among the unit's results; the last says that it is done.
struct Given: Hashable, Sendable {
  var unit: Int
  var index: Int
  var weight: Int
  var isLast = false
}

/// What a worker does with one unit.
enum Deed: Hashable, Sendable {
  case emit(Int)
  case retract
  case finish(Int)
  case fail(Int)
}

/// What a gather world is made of; it never changes while it moves.
final class GatherCase: Hashable, Sendable, CustomStringConvertible {
  let bounds: GatherBounds
  let workers: Int
  /// By unit, after the number of its first item.
  let deeds: [[Deed]]
  /// How many items each offer has.
  let offers: [Int]
  let chunk: Int
  let closing: Closing<Int>
  /// Whether the feeder closes with the last offer, before that has been taken.
  let closesEarly: Bool
  /// Whether others may come between learning that one has to wait and waiting.
  let hasGaps: Bool

  init(
    _ bounds: GatherBounds, workers: Int, deeds: [[Deed]], offers: [Int]? = nil, chunk: Int = 1,
    closing: Closing<Int> = .end, closesEarly: Bool = false, hasGaps: Bool = false
  ) {
    self.bounds = bounds
    self.workers = workers
    self.deeds = deeds
    self.offers = offers ?? [deeds.count]
    self.chunk = chunk
    self.closing = closing
    self.closesEarly = closesEarly
    self.hasGaps = hasGaps
  }

  static func == (a: GatherCase, b: GatherCase) -> Bool { a === b }
  func hash(into hasher: inout Hasher) {}

  var description: String {
    """
    \(bounds), \(workers) workers, \(deeds), offers \(offers), chunk \(chunk), \(closing), \
    \(closesEarly ? "closes early" : "")
    """
  }

  /// The heaviest single result.
  var block: Int {
    deeds.joined().reduce(0) { heaviest, deed in
      switch deed {
      case .emit(let weight), .finish(let weight), .fail(let weight): max(heaviest, weight)
      case .retract: heaviest
      }
    }
  }

  /// What a run that does one unit after another gives, and how it ends.
  var reference: (given: [Given], closing: Closing<Int>) {
    var all: [Given] = []
    for (unit, deeds) in deeds.enumerated() {
      all += results(unit)
      if case .fail? = deeds.last { return (all, .cut(unit)) }
    }
    return (all, closing)
  }

  /// What counts of all that a unit gives.
  func results(_ unit: Int) -> [Given] {
    var results: [Given] = []
    for (index, deed) in deeds[unit].enumerated() {
      switch deed {
      case .emit(let weight): results.append(Given(unit: unit, index: index, weight: weight))
      case .retract: results = []
      case .finish(let weight), .fail(let weight):
        results.append(Given(unit: unit, index: index, weight: weight, isLast: true))
      }
    }
    return results
  }
}

/// A gather machine with a feeder, workers who follow their deeds and a gatherer, and a run that may
/// stop it at any point.
struct GatherWorld: Explorable {
  typealias Machine = GatherMachine<Numbers, Given, Int, Int, Int>

  enum Move {
    case demand, parkFeeder, offer
    case take(Int), parkTaker(Int), act(Int), parkEmitter(Int)
    case collect, parkGatherer
    case stop
  }

  enum Feeder: Hashable { case ready, full, waiting, allowed, gone }

  enum Work: Hashable {
    case idle, empty, waiting, gone
    case working(unit: Int, id: Int, deed: Int)
    case full(unit: Int, id: Int, deed: Int)
    case parked(unit: Int, id: Int, deed: Int)

    var unit: Int? {
      switch self {
      case .working(let unit, _, _), .full(let unit, _, _), .parked(let unit, _, _): unit
      case .idle, .empty, .waiting, .gone: nil
      }
    }
  }

  struct Worker: Hashable {
    var work = Work.idle
    var isCancelled = false
  }

  enum Gatherer: Hashable {
    case ready, empty, waiting
    case ended(Closing<Int>)
    case stopped
  }

  static let feederWaiter = 100
  static let gathererWaiter = 200

  let plan: GatherCase
  var machine: Machine
  var feeder = Feeder.ready
  var workers: [Worker]
  var gatherer = Gatherer.ready
  /// How many offers were made, and how many units were taken of all of them.
  var offered = 0
  var taken = 0
  var collected: [Given] = []
  /// By unit: what it has given that counts and has not left.
  var held: [Int: [Given]] = [:]
  /// Units in the ring by the order they were taken.
  var ring: [Int] = []
  var failures: [Int] = []
  var isStopped = false

  init(_ plan: GatherCase) {
    self.plan = plan
    machine = Machine(plan.bounds)
    workers = Array(repeating: Worker(), count: plan.workers)
  }

  func hash(into hasher: inout Hasher) {
    hasher.combine(feeder)
    hasher.combine(workers)
    hasher.combine(gatherer)
    hasher.combine(collected.count)
    hasher.combine(collected.last)
    hasher.combine(ring)
  }

  var isOver: Bool {
    switch gatherer {
    case .ended, .stopped: break
    default: return false
    }
    return feeder == .gone && workers.allSatisfy { $0.work == .gone }
  }

  var disturbances: [Move] { isStopped || isOver ? [] : [.stop] }

  var moves: [Move] {
    var moves: [Move] = []
    switch feeder {
    case .ready: moves.append(.demand)
    case .full: moves.append(.parkFeeder)
    case .allowed: moves.append(.offer)
    case .waiting, .gone: break
    }
    for (index, worker) in workers.enumerated() {
      switch worker.work {
      case .idle: moves.append(.take(index))
      case .empty: moves.append(.parkTaker(index))
      case .working: moves.append(.act(index))
      case .full: moves.append(.parkEmitter(index))
      case .waiting, .parked, .gone: break
      }
    }
    switch gatherer {
    case .ready: moves.append(.collect)
    case .empty: moves.append(.parkGatherer)
    case .waiting, .ended, .stopped: break
    }
    return moves
  }

  mutating func make(_ move: Move) -> String? {
    let flaw: String? =
      switch move {
      case .demand: demand()
      case .parkFeeder: fed(machine.wait(feeder: Self.feederWaiter), otherwise: .waiting)
      case .offer: offer()
      case .take(let worker): take(worker)
      case .parkTaker(let worker):
        took(worker, machine.wait(taker: worker, worker), otherwise: .waiting)
      case .act(let worker): act(worker)
      case .parkEmitter(let worker): parkEmitter(worker)
      case .collect: collect()
      case .parkGatherer: gathered(machine.wait(gatherer: Self.gathererWaiter), else: .waiting)
      case .stop: stop()
      }
    return flaw ?? carryOut()
  }

  private mutating func stop() -> String? {
    machine.stop()
    isStopped = true
    ring = []
    held = [:]
    return nil
  }

  // MARK: The feeder

  private mutating func demand() -> String? {
    if let flaw = fed(machine.demand(), otherwise: .full) { return flaw }
    guard feeder == .full, !plan.hasGaps else { return nil }
    return fed(machine.wait(feeder: Self.feederWaiter), otherwise: .waiting)
  }

  private mutating func fed(_ answer: Bool?, otherwise: Feeder) -> String? {
    feeder = answer.map { $0 ? .allowed : .gone } ?? otherwise
    return feeder == .gone && !isOverForTakers ? "the feeder was sent away without reason" : nil
  }

  private mutating func offer() -> String? {
    guard offered < plan.offers.count else {
      machine.closeInput(plan.closing)
      feeder = .gone
      return nil
    }
    let start = plan.offers.prefix(offered).reduce(0, +)
    let count = plan.offers[offered]
    let isWanted = machine.offer(Numbers(next: start, end: start + count, chunk: plan.chunk))
    if !isWanted {
      feeder = .gone
      return isOverForTakers ? nil : "an offer was refused without reason"
    }
    offered += 1
    feeder = .ready
    guard plan.closesEarly, offered == plan.offers.count else { return nil }
    machine.closeInput(plan.closing)
    feeder = .gone
    return nil
  }

  // MARK: Workers

  private mutating func take(_ worker: Int) -> String? {
    let answer = machine.take(worker)
    if answer == nil && !plan.hasGaps {
      return took(worker, machine.wait(taker: worker, worker), otherwise: .waiting)
    }
    return took(worker, answer, otherwise: .empty)
  }

  private mutating func took(
    _ worker: Int, _ message: Machine.Message?, otherwise: Work
  ) -> String? {
    switch message {
    case nil: workers[worker].work = otherwise
    case .over?: workers[worker].work = .gone
    case .taken(let id, let unit)?:
      if isStopped || !failures.isEmpty { return "work was taken behind a failure or a stop" }
      if unit.lowerBound != taken { return "unit \(unit) was taken in place of \(taken)" }
      workers[worker].work = .working(unit: unit.lowerBound, id: id, deed: 0)
      workers[worker].isCancelled = false
      taken = unit.upperBound
      ring.append(unit.lowerBound)
      held[unit.lowerBound] = []
    default: return "a taker was told something else"
    }
    return nil
  }

  private mutating func act(_ worker: Int) -> String? {
    guard case .working(let unit, let id, let deed) = workers[worker].work else { return nil }
    let isVoid = workers[worker].isCancelled
    switch plan.deeds[unit][deed] {
    case .emit(let weight):
      let given = Given(unit: unit, index: deed, weight: weight)
      if !isVoid { held[unit]?.append(given) }
      return emitted(worker, machine.emit(id, given, bytes: weight))
    case .retract:
      machine.retract(id)
      if !isVoid { held[unit] = [] }
      workers[worker].work = .working(unit: unit, id: id, deed: deed + 1)
    case .finish(let weight):
      let given = Given(unit: unit, index: deed, weight: weight, isLast: true)
      if !isVoid { held[unit]?.append(given) }
      machine.finish(id, given, bytes: weight)
      workers[worker].work = .idle
    case .fail(let weight):
      let given = Given(unit: unit, index: deed, weight: weight, isLast: true)
      let isReal = machine.fail(id, given, bytes: weight, unit)
      workers[worker].work = .idle
      if isReal == isVoid { return "a failure of \(unit) was \(isReal ? "" : "not ")taken as real" }
      if isReal { return failed(unit, given) }
    }
    return nil
  }

  private mutating func emitted(_ worker: Int, _ answer: Bool?) -> String? {
    guard case .working(let unit, let id, let deed) = workers[worker].work else { return nil }
    if answer == false {
      workers[worker].work = .idle
      return workers[worker].isCancelled ? nil : "a result was refused without reason"
    }
    if workers[worker].isCancelled { return "a void result was taken" }
    if answer == true {
      workers[worker].work = .working(unit: unit, id: id, deed: deed + 1)
    } else {
      workers[worker].work = .full(unit: unit, id: id, deed: deed)
      if !plan.hasGaps { return parkEmitter(worker) }
    }
    return nil
  }

  private mutating func parkEmitter(_ worker: Int) -> String? {
    guard case .full(let unit, let id, let deed) = workers[worker].work else { return nil }
    switch machine.wait(emitter: worker, id) {
    case nil: workers[worker].work = .parked(unit: unit, id: id, deed: deed)
    case true?: workers[worker].work = .working(unit: unit, id: id, deed: deed + 1)
    case false?: workers[worker].work = .idle
    }
    return nil
  }

  private mutating func failed(_ unit: Int, _ given: Given) -> String? {
    failures.append(unit)
    held[unit]?.append(given)
    if plan.bounds.keepsOrder {
      let behind = ring.filter { $0 > unit }
      ring.removeAll { $0 > unit }
      for unit in behind { held[unit] = nil }
    }
    return nil
  }

  // MARK: The gatherer

  private mutating func collect() -> String? {
    let answer = machine.collect()
    if answer == nil && !plan.hasGaps {
      return gathered(machine.wait(gatherer: Self.gathererWaiter), else: .waiting)
    }
    return gathered(answer, else: .empty)
  }

  private mutating func gathered(_ what: Machine.Collected?, else otherwise: Gatherer) -> String? {
    switch what {
    case nil: gatherer = otherwise
    case .outputs(let given)?:
      gatherer = .ready
      if given.isEmpty { return "nothing was collected" }
      return receive(given)
    case .last(let given, let closing)?:
      gatherer = .ended(closing)
      if let flaw = receive(given) { return flaw }
      return ended(closing)
    case .stopped?:
      gatherer = .stopped
      return isStopped ? nil : "it stopped by itself"
    }
    return nil
  }

  private mutating func receive(_ given: [Given]) -> String? {
    if isStopped { return "results came after the stop" }
    for one in given {
      guard held[one.unit]?.first == one else { return "\(one) came, which counts no more" }
      held[one.unit]?.removeFirst()
      collected.append(one)
      if one.isLast {
        ring.removeAll { $0 == one.unit }
        held[one.unit] = nil
      }
    }
    return misplaced
  }

  // MARK: Waking

  private mutating func carryOut() -> String? {
    for token in machine.takeVoided() {
      if workers[token].isCancelled { return "worker \(token) was cancelled twice" }
      guard let unit = workers[token].work.unit else { return "idle worker \(token) was cancelled" }
      workers[token].isCancelled = true
      ring.removeAll { $0 == unit }
      held[unit] = nil
    }
    for (waiter, message) in machine.takeWakes() {
      if let flaw = wake(waiter, message) { return flaw }
    }
    return nil
  }

  private mutating func wake(_ waiter: Int, _ message: Machine.Message) -> String? {
    switch (waiter, message) {
    case (Self.feederWaiter, .proceed), (Self.feederWaiter, .over):
      guard feeder == .waiting else { return "the feeder was woken but did not wait" }
      if case .proceed = message { return fed(true, otherwise: .waiting) }
      return fed(false, otherwise: .waiting)
    case (Self.gathererWaiter, .look):
      guard gatherer == .waiting else { return "the gatherer was woken but did not wait" }
      gatherer = .ready
      return nil
    case (let worker, .taken), (let worker, .over):
      guard workers[worker].work == .waiting else { return "worker \(worker) did not wait" }
      return took(worker, message, otherwise: .waiting)
    case (let worker, .proceed), (let worker, .void):
      guard case .parked(let unit, let id, let deed) = workers[worker].work else {
        return "worker \(worker) was woken but did not wait"
      }
      if case .proceed = message {
        workers[worker].work = .working(unit: unit, id: id, deed: deed + 1)
        return workers[worker].isCancelled ? "a void worker was told to go on" : nil
      }
      workers[worker].work = .idle
      return workers[worker].isCancelled ? nil : "a worker was told it is void but is not"
    default: return "\(waiter) was told \(message)"
    }
  }
}
