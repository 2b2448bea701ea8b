import Flow

/// The moves of the workers.
extension GatherWorld {
  mutating func take(_ worker: Int) -> String? {
    let answer = machine.take(worker)
    if answer == nil && !plan.hasGaps {
      return took(worker, machine.wait(taker: worker, worker), otherwise: .waiting)
    }
    return took(worker, answer, otherwise: .empty)
  }

  mutating func took(
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

  mutating func act(_ worker: Int) -> String? {
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

  mutating func emitted(_ worker: Int, _ answer: Bool?) -> String? {
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

  mutating func parkEmitter(_ worker: Int) -> String? {
    guard case .full(let unit, let id, let deed) = workers[worker].work else { return nil }
    switch machine.wait(emitter: worker, id) {
    case nil: workers[worker].work = .parked(unit: unit, id: id, deed: deed)
    case true?: workers[worker].work = .working(unit: unit, id: id, deed: deed + 1)
    case false?: workers[worker].work = .idle
    }
    return nil
  }

  mutating func failed(_ unit: Int, _ given: Given) -> String? {
    failures.append(unit)
    held[unit]?.append(given)
    if plan.bounds.keepsOrder {
      let behind = ring.filter { $0 > unit }
      ring.removeAll { $0 > unit }
      for unit in behind { held[unit] = nil }
    }
    return nil
  }
}
