import Testing

@testable import Stages

private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

struct ConversationTests {
  private func asked(
    _ framing: CoprocessFraming = .lines, _ text: String = "a"
  ) -> Conversation {
    var conversation = Conversation(framing, limit: 100)
    _ = conversation.ask(bytes(text))
    return conversation
  }

  @Test func `a request is written as its framing says`() {
    for (framing, request) in [
      (CoprocessFraming.lines, "a b\n"), (.nul, "a b\0"), (.length, "\0\0\0\u{3}a b"),
      (.numbered, "1\ta b\n"),
    ] {
      var conversation = Conversation(framing, limit: 100)
      #expect(conversation.ask(bytes("a b")) == bytes(request))
      #expect(conversation.state == .asked)
    }
  }

  @Test func `an answer may come in any pieces`() {
    for (framing, whole) in [
      (CoprocessFraming.lines, "an answer\n"), (.nul, "an answer\0"),
      (.length, "\0\0\0\u{9}an answer"), (.numbered, "1\tan answer\n"),
    ] {
      let all = bytes(whole)
      for cut in 1..<all.count {
        var conversation = asked(framing)
        #expect(conversation.received(Array(all[..<cut])) == .nothing)
        #expect(conversation.received(Array(all[cut...])) == .answer(bytes("an answer")))
        #expect(conversation.state == .idle)
      }
    }
  }

  @Test func `an empty answer is one`() {
    for (framing, whole) in [
      (CoprocessFraming.lines, "\n"), (.nul, "\0"), (.length, "\0\0\0\0"), (.numbered, "1\t\n"),
    ] {
      var conversation = asked(framing)
      #expect(conversation.received(bytes(whole)) == .answer([]))
    }
  }

  @Test func `what stands behind an answer, or comes unasked, ends it`() {
    for (framing, whole) in [
      (CoprocessFraming.lines, "a\nb"), (.nul, "a\0\0"), (.length, "\0\0\0\u{1}ab"),
      (.numbered, "1\ta\n2\ta\n"),
    ] {
      var conversation = asked(framing)
      #expect(conversation.received(bytes(whole)) == .trouble(.twice))
      #expect(conversation.state == .over)
      #expect(conversation.received(bytes(whole)) == .nothing)
    }
    var idle = Conversation(.lines, limit: 100)
    #expect(idle.received(bytes("x")) == .trouble(.unasked))
    #expect(idle.state == .over)
  }

  @Test func `an answer out of step is seen by its number`() {
    var conversation = asked(.numbered)
    #expect(conversation.received(bytes("1\ta\n")) == .answer(bytes("a")))
    #expect(conversation.ask(bytes("b")) == bytes("2\tb\n"))
    #expect(
      conversation.received(bytes("1\ta\n"))
        == .trouble(.misaligned(asked: 2, answered: bytes("1"))))
    var bare = asked(.numbered)
    #expect(
      bare.received(bytes("answer\n"))
        == .trouble(.misaligned(asked: 1, answered: bytes("answer"))))
  }

  @Test func `an answer over the limit is too large, before it is all there`() {
    let long = String(repeating: "x", count: 101)
    for (framing, text) in [
      (CoprocessFraming.lines, long), (.nul, long), (.length, "\0\0\0\u{65}"), (.numbered, long),
    ] {
      var conversation = asked(framing)
      #expect(conversation.received(bytes(text)) == .trouble(.tooLarge(limit: 100)))
    }
    var fits = asked(.lines)
    #expect(
      fits.received(bytes(String(repeating: "x", count: 100) + "\n"))
        == .answer(bytes(String(repeating: "x", count: 100))))
    var huge = asked(.length)
    #expect(huge.received([0xFF, 0xFF, 0xFF, 0xFF]) == .trouble(.tooLarge(limit: 100)))
  }

  @Test func `it is up with the line that says so, whatever stands before`() {
    for framing in [CoprocessFraming.lines, .nul, .length, .numbered] {
      var conversation = Conversation(framing, limit: 100) { $0 == bytes("up") }
      #expect(conversation.state == .starting)
      #expect(conversation.received(bytes("loading\nup")) == .nothing)
      #expect(conversation.received(bytes("\n")) == .ready)
      #expect(conversation.state == .idle)
      _ = conversation.ask(bytes("a"))
      #expect(conversation.state == .asked)
    }
    var talks = Conversation(.lines, limit: 100) { $0 == bytes("up") }
    #expect(talks.received(bytes("up\nhello")) == .trouble(.unasked))
    var floods = Conversation(.lines, limit: 100) { $0 == bytes("up") }
    #expect(
      floods.received([UInt8](repeating: 0x78, count: 101)) == .trouble(.tooLarge(limit: 100)))
  }

  @Test func `one that closes its stdout can not answer any more`() {
    var conversation = asked()
    #expect(conversation.received([]) == .trouble(.closed))
    #expect(conversation.state == .over)
  }
}

struct PoolMachineTests {
  private typealias Machine = PoolMachine<String, Int>

  private func words(_ taking: Machine.Taking) -> String {
    switch taking {
    case .member(let member): member
    case .start(let losses): "start \(losses)"
    case .wait: "wait"
    case .exhausted(let failure): "exhausted: \(failure.message)"
    case .over: "over"
    }
  }

  private func words(_ handing: Machine.Handing) -> String {
    switch handing {
    case .member(let member, let waiter): "\(member) to \(waiter)"
    case .look(let waiter): "look \(waiter)"
    case .nobody: "nobody"
    }
  }

  private let died = Failure(.exit, "died")

  @Test func `no more are started than there are places, and the last one used is used first`() {
    var pool = Machine(most: 2, mostLosses: 5)
    #expect(words(pool.take()) == "start 0")
    #expect(words(pool.take()) == "start 0")
    #expect(words(pool.take()) == "wait")
    #expect(words(pool.giveBack("a")) == "nobody")
    #expect(words(pool.giveBack("b")) == "nobody")
    #expect(words(pool.take()) == "b")
    #expect(words(pool.take()) == "a")
    #expect(words(pool.take()) == "wait")
  }

  @Test func `those who wait are served in the order they came`() {
    var pool = Machine(most: 1, mostLosses: 5)
    _ = pool.take()
    for waiter in 1...4 { pool.wait(waiter) }
    #expect(words(pool.giveBack("a")) == "a to 1")
    let (waits, waited) = (pool.cancelWait(2), pool.cancelWait(1))
    #expect(waits)
    #expect(!waited)
    #expect(words(pool.lost(died)) == "look 3")
    #expect(words(pool.take()) == "start 1")
    #expect(words(pool.lost(nil)) == "look 4")
  }

  @Test func `a place is free only when its process has ended`() {
    var pool = Machine(most: 1, mostLosses: 5)
    _ = pool.take()
    #expect(words(pool.take()) == "wait")
    _ = pool.lost(nil)
    #expect(words(pool.take()) == "start 0")
  }

  @Test func `losses in a row are counted, and a good answer forgets them`() {
    var pool = Machine(most: 2, mostLosses: 2)
    for losses in 0...2 {
      #expect(words(pool.take()) == "start \(losses)")
      _ = pool.lost(died)
    }
    #expect(words(pool.take()) == "exhausted: died")
    pool.wait(7)
    #expect(words(pool.wakeNext()) == "look 7")
    var other = Machine(most: 2, mostLosses: 2)
    for _ in 0..<10 {
      _ = other.take()
      _ = other.take()
      _ = other.lost(died)
      _ = other.giveBack("a")
      guard case .member = other.take() else { return #expect(Bool(false)) }
      _ = other.lost(nil)
    }
    #expect(words(other.take()) == "start 0")
  }

  @Test func `when it is closed nothing is begun, and all that is idle is given out`() {
    var pool = Machine(most: 3, mostLosses: 2)
    for _ in 0..<3 { _ = pool.take() }
    pool.wait(1)
    _ = pool.returned("a")
    pool.wait(2)
    let closed = pool.close()
    #expect(closed.waiters == [2])
    #expect(words(pool.take()) == "over")
    #expect(words(pool.giveBack("b")) == "nobody")
    let (idle, none) = (pool.takeIdle(), pool.takeIdle())
    #expect(idle == ["b"])
    #expect(none == [])
  }
}
