import Flow

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
