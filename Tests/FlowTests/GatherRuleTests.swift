import Flow
import Testing

extension String: @retroactive Gathered {}

/// The cases that SEMANTICS tells one by one, each as its own failing run would have shown it.
struct GatherRuleTests {
  typealias Machine = GatherMachine<Numbers, String, String, String, String>

  /// A machine in which `units` units have been taken, unit 0 by "a", 1 by "b" and so on.
  private func machine(
    units: Int, lines: Int = 8, bytes: Int = 4, streams: Bool = false, keepsOrder: Bool = true,
    more: Int = 0
  ) -> Machine {
    var bounds = GatherBounds(lines: lines, bytes: bytes, streams: streams, keepsOrder: keepsOrder)
    bounds.frontBytes = 4
    var machine = Machine(bounds)
    _ = machine.offer(Numbers(next: 0, end: units + more))
    for name in ["a", "b", "c", "d"].prefix(units) { _ = machine.take(name) }
    return machine
  }

  private func show(_ collected: Machine.Collected?) -> String {
    switch collected {
    case nil: "wait"
    case .outputs(let outputs)?: outputs.joined(separator: " ")
    case .last(let outputs, .end)?: (outputs + ["end"]).joined(separator: " ")
    case .last(let outputs, .cut(let cause))?: (outputs + ["cut", cause]).joined(separator: " ")
    case .stopped?: "stopped"
    }
  }

  private func show(_ wakes: [(String, Machine.Message)]) -> [String] {
    wakes.map { waiter, message in
      switch message {
      case .taken(let id, _): "\(waiter) takes \(id)"
      case .over: "\(waiter) is sent away"
      case .look: "\(waiter) looks"
      case .proceed: "\(waiter) goes on"
      case .void: "\(waiter) is void"
      }
    }
  }

  @Test(arguments: 0...2)
  func `what a unit says at its end leaves with its last result, if the two can be one`(given: Int)
  {
    struct Part: Gathered, Equatable {
      var results: [String]
      var accounts = 0
      var isApart = false
      mutating func join(_ last: Part) -> Bool {
        if isApart { return false }
        accounts += last.accounts
        return true
      }
    }
    for isApart in [false, true] {
      var machine = GatherMachine<Numbers, Part, String, String, String>(
        GatherBounds(lines: 4, bytes: 100, streams: false, keepsOrder: true))
      _ = machine.offer(Numbers(next: 0, end: 1))
      _ = machine.take("w")
      let results = ["a", "b"].prefix(given).map { Part(results: [$0], isApart: isApart) }
      for result in results { _ = machine.emit(0, result, bytes: 1) }
      machine.finish(0, Part(results: [], accounts: 1), bytes: 1)
      var expected = results
      if isApart || given == 0 {
        expected.append(Part(results: [], accounts: 1))
      } else {
        expected[given - 1].accounts = 1
      }
      guard case .outputs(let outputs)? = machine.collect() else {
        Issue.record("Nothing left.")
        return
      }
      #expect(outputs == expected && machine.ring.bytes == 0)
    }
  }

  @Test func `1.1: a failure waits for what is before it, and cancels what is behind it`() {
    var machine = machine(units: 3, more: 1)
    #expect(machine.fail(1, "half of 1", bytes: 1, "unit 1") == true)
    #expect(machine.takeVoided() == ["c"])
    #expect(show(machine.collect()) == "wait")
    machine.finish(2, "2", bytes: 1)
    machine.finish(0, "0", bytes: 1)
    #expect(show(machine.collect()) == "0 half of 1 cut unit 1")
    #expect(show(machine.collect()) == "stopped")
  }

  @Test func `1.1: if something before a failure fails too, that one is the first`() {
    var machine = machine(units: 3)
    #expect(machine.fail(2, "", bytes: 0, "unit 2") == true)
    #expect(machine.fail(0, "", bytes: 0, "unit 0") == true)
    #expect(machine.takeVoided() == ["b"])
    #expect(show(machine.collect()) == " cut unit 0")
  }

  @Test func `1.1: a failure behind a failure is void`() {
    var machine = machine(units: 2)
    #expect(machine.fail(0, "", bytes: 0, "unit 0") == true)
    #expect(machine.fail(1, "", bytes: 0, "unit 1") == false)
    #expect(show(machine.collect()) == " cut unit 0")
  }

  @Test func `1.1: nothing is taken and nothing asked for behind a failure`() {
    var machine = machine(units: 2, lines: 2, more: 2)
    #expect(machine.wait(feeder: "feeder") == nil)
    #expect(machine.wait(taker: "w", "d") == nil)
    #expect(machine.fail(1, "", bytes: 0, "unit 1") == true)
    #expect(show(machine.takeWakes()) == ["feeder is sent away", "w is sent away"])
    #expect(machine.offer(Numbers(next: 4, end: 5)) == false)
    if case .over? = machine.take("d") {} else { Issue.record("work was given out") }
  }

  @Test func `1.2: on a cut from upstream everything ahead of it is finished first`() {
    var machine = machine(units: 1, more: 1)
    machine.closeInput(.cut("upstream"))
    machine.finish(0, "0", bytes: 1)
    #expect(show(machine.collect()) == "0")
    #expect(show(machine.collect()) == "wait")
    _ = machine.take("a")
    machine.finish(1, "1", bytes: 1)
    #expect(show(machine.collect()) == "1")
    #expect(show(machine.collect()) == "cut upstream")
  }

  @Test func `1.6: what a failing unit gave before is written from every slot alike`() {
    for front in [true, false] {
      var machine = machine(units: 2, streams: true)
      if front { machine.finish(0, "0", bytes: 1) }
      _ = machine.emit(1, "a", bytes: 1)
      let early = front ? show(machine.collect()) : ""
      _ = machine.emit(1, "b", bytes: 1)
      #expect(machine.fail(1, "", bytes: 0, "unit 1") == true)
      if !front { machine.finish(0, "0", bytes: 1) }
      let all = [early, show(machine.collect())].filter { !$0.isEmpty }.joined(separator: " ")
      #expect(all == "0 a b  cut unit 1")
    }
  }

  @Test func `1.7: results of an attempt that is thrown away are never seen`() {
    var machine = machine(units: 1)
    _ = machine.emit(0, "first attempt", bytes: 1)
    #expect(show(machine.collect()) == "wait")
    machine.retract(0)
    machine.finish(0, "second attempt", bytes: 1)
    #expect(show(machine.collect()) == "second attempt")
  }

  @Test func `1.10: without order a failure cuts behind what has finished before it`() {
    var machine = machine(units: 4, keepsOrder: false)
    machine.finish(2, "2", bytes: 1)
    #expect(machine.fail(1, "", bytes: 0, "unit 1") == true)
    #expect(machine.takeVoided().sorted() == ["a", "d"])
    #expect(show(machine.collect()) == "2  cut unit 1")
  }

  @Test func `1.10: without order a unit that outgrew its share of the room leaves alone`() {
    var machine = machine(units: 2, streams: true, keepsOrder: false)
    #expect(machine.emit(0, "big", bytes: 5) == nil)
    machine.finish(1, "1", bytes: 1)
    #expect(show(machine.collect()) == "big")
    _ = machine.emit(0, "more", bytes: 1)
    #expect(show(machine.collect()) == "more")
    machine.finish(0, "end", bytes: 0)
    #expect(show(machine.collect()) == "end 1")
  }

  @Test func `1.10: without order the exit passes to one who waits for room`() {
    var machine = machine(units: 2, streams: true, keepsOrder: false)
    machine.finish(1, "1", bytes: 1)
    #expect(machine.emit(0, "big", bytes: 5) == nil)
    #expect(machine.wait(emitter: "a", 0) == nil)
    _ = machine.takeWakes()
    #expect(show(machine.collect()) == "1 big")
    #expect(show(machine.takeWakes()) == ["a goes on"])
  }

  @Test func `5.2: no unit is taken while the ring is over its bytes, one always when it is empty`()
  {
    var machine = machine(units: 2, bytes: 4, more: 2)
    machine.finish(1, "large", bytes: 4)
    #expect(machine.wait(taker: "w", "b") == nil)
    machine.finish(0, "0", bytes: 100)
    #expect(show(machine.collect()) == "0 large")
    #expect(show(machine.takeWakes()) == ["w takes 2"])
  }

  @Test func `5.2: no unit is taken while the ring is full of items`() {
    var machine = machine(units: 2, lines: 2, more: 1)
    #expect(machine.wait(taker: "w", "c") == nil)
    machine.finish(1, "1", bytes: 0)
    #expect(machine.takeWakes().isEmpty)
    machine.finish(0, "0", bytes: 0)
    _ = machine.collect()
    #expect(show(machine.takeWakes()) == ["w takes 2"])
  }

  @Test func `5.2: units that only account for dropped items fill the ring too`() {
    struct Nothing: Supply {
      let isEmpty = false
      mutating func next(lines: Int) -> (unit: Int, lines: Int) { (0, 0) }
    }
    var machine = GatherMachine<Nothing, String, String, String, String>(
      GatherBounds(lines: 2, bytes: 4, streams: false, keepsOrder: true))
    _ = machine.offer(Nothing())
    var taken = 0
    while taken < 10, machine.take("w") != nil { taken += 1 }
    #expect(taken == 2)
  }

  @Test func `5.3: a later unit waits with what has no room, until it is at the front`() {
    var machine = machine(units: 2, bytes: 2, streams: true)
    #expect(machine.emit(1, "x", bytes: 2) == true)
    #expect(machine.emit(1, "y", bytes: 2) == nil)
    #expect(machine.wait(emitter: "b", 1) == nil)
    #expect(show(machine.collect()) == "wait")
    machine.finish(0, "0", bytes: 1)
    #expect(show(machine.collect()) == "0 x y")
    #expect(show(machine.takeWakes()) == ["b goes on"])
  }

  @Test func `5.4: the front has room when later results have taken all of it`() {
    var machine = machine(units: 3, bytes: 2)
    machine.finish(1, "1", bytes: 3)
    machine.finish(2, "2", bytes: 3)
    #expect(machine.emit(0, "0", bytes: 1000) == true)
    #expect(machine.emit(0, "0", bytes: 1000) == true)
    machine.finish(0, "0", bytes: 1000)
    #expect(show(machine.collect()) == "0 0 0 1 2")
  }

  @Test func `5.4: the next front goes on where it waited for room`() {
    var machine = machine(units: 2, bytes: 2)
    #expect(machine.emit(1, "x", bytes: 3) == nil)
    #expect(machine.wait(emitter: "b", 1) == nil)
    machine.finish(0, "0", bytes: 1)
    #expect(show(machine.collect()) == "0")
    #expect(show(machine.takeWakes()) == ["b goes on"])
    #expect(machine.emit(1, "y", bytes: 1000) == true)
  }

  @Test func `5.4: room that is given back goes to those who wait for it`() {
    var machine = machine(units: 4, bytes: 3)
    #expect(machine.emit(3, "z", bytes: 3) == true)
    #expect(machine.emit(1, "y", bytes: 1) == nil)
    #expect(machine.wait(emitter: "b", 1) == nil)
    var failing = machine
    #expect(failing.fail(2, "", bytes: 0, "unit 2") == true)
    #expect(show(failing.takeWakes()) == ["b goes on"])
    machine.retract(3)
    #expect(show(machine.takeWakes()) == ["b goes on"])
  }

  @Test func `1.10: without order what takes the exit gives its room to new work`() {
    for parks in [false, true] {
      var machine = machine(units: 2, keepsOrder: false, more: 1)
      if parks { machine.finish(1, "1", bytes: 0) }
      #expect(machine.emit(0, "x", bytes: 4) == true)
      #expect(machine.wait(taker: "w", "c") == nil)
      #expect(machine.emit(0, "y", bytes: 1) == (parks ? nil : true))
      if parks {
        #expect(show(machine.collect()) == "1")
        #expect(machine.wait(emitter: "a", 0) == true)
      }
      #expect(show(machine.takeWakes()).contains("w takes 2"))
    }
  }

  @Test func `several who wait with results of one unit go on, or are void, together`() {
    var machine = machine(units: 2, bytes: 2)
    for (waiter, result) in [("b", "x"), ("beside b", "y")] {
      #expect(machine.emit(1, result, bytes: 3) == nil)
      #expect(machine.wait(emitter: waiter, 1) == nil)
    }
    var stopped = machine
    stopped.stop()
    #expect(show(stopped.takeWakes()) == ["b is void", "beside b is void"])
    var settled = machine
    settled.finish(1, "", bytes: 0)
    #expect(show(settled.takeWakes()) == ["b goes on", "beside b goes on"])
    machine.finish(0, "", bytes: 0)
    _ = machine.collect()
    #expect(show(machine.takeWakes()) == ["b goes on", "beside b goes on"])
  }

  @Test func `5.5: the front streams block by block and waits for whoever collects`() {
    var machine = machine(units: 1, bytes: 2, streams: true)
    for _ in 0..<1000 {
      #expect(machine.emit(0, "x", bytes: 3) == true)
      #expect(machine.emit(0, "y", bytes: 3) == nil)
      #expect(machine.wait(emitter: "a", 0) == nil)
      #expect(show(machine.collect()) == "x y")
      #expect(show(machine.takeWakes()) == ["a goes on"])
    }
  }

  @Test func `a stop voids everything and sends everybody away`() {
    var machine = machine(units: 2, lines: 2, bytes: 1, more: 1)
    #expect(machine.wait(taker: "w", "c") == nil)
    #expect(machine.wait(feeder: "feeder") == nil)
    #expect(machine.emit(1, "x", bytes: 2) == nil)
    #expect(machine.wait(emitter: "b", 1) == nil)
    if machine.wait(gatherer: "gatherer") != nil { Issue.record("there was something to collect") }
    machine.stop()
    #expect(machine.takeVoided().sorted() == ["a", "b"])
    #expect(
      show(machine.takeWakes()).sorted() == [
        "b is void", "feeder is sent away", "gatherer looks", "w is sent away",
      ])
    #expect(show(machine.collect()) == "stopped")
    #expect(machine.emit(0, "x", bytes: 1) == false)
  }
}
