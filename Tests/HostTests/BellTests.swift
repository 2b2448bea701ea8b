import Testing

@testable import Host

@Suite struct BellTests {
  @Test func `whoever is awake is not rung for, however much is posted`() {
    var bell = Bell()
    let rings = (1...100).filter { _ in bell.posted() }
    #expect(rings.isEmpty)
    #expect(bell.next(mayRest: true) == .goOn)
    bell.taken()
    #expect(bell.next(mayRest: true) == .sleep)
  }

  @Test func `whoever sleeps is rung for once, and not when the kernel has woken him`() {
    var bell = Bell()
    #expect(bell.next(mayRest: true) == .sleep)
    #expect((1...100).filter { _ in bell.posted() } == [1])
    bell.woke()
    bell.taken()
    #expect(bell.next(mayRest: true) == .sleep)
    bell.woke()
    #expect(bell.posted() == false)
  }

  @Test func `the kernel is asked although tasks never run out`() {
    var bell = Bell()
    var asked: [Int] = []
    for round in 1...100 {
      #expect(bell.posted() == false)
      if bell.next(mayRest: true) == .ask { asked.append(round) }
      bell.taken()
    }
    #expect(asked == [33, 66, 99])
  }

  @Test func `whoever has work left asks and does not sleep`() {
    var bell = Bell()
    #expect(bell.next(mayRest: false) == .ask)
    #expect(bell.posted() == false)
  }
}
