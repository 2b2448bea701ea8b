import Flow
import TestSupport
import Testing
import VirtualTime

/// What CPython's tests of `asyncio.Queue` ask for, as far as a queue between one writer and one
/// reader has it too. Each names the tests it takes over, for `AsyncioSemantics` to find.
struct AsyncioQueueTests {
  typealias Queue = BoundedQueue<Piece, Int>

  private func line(_ number: Int) -> Piece {
    Piece(content: [Piece.Line(number: number, weight: 1)])
  }

  private func queue(_ lines: Int) -> Queue { Queue(lines: lines, bytes: 1000) }

  /// Sends each number as a line of its own, then closes. How many were taken.
  private func write(_ numbers: [Int], to queue: Queue) async -> Int {
    for (index, number) in numbers.enumerated() {
      guard await queue.send(line(number)) else { return index }
    }
    queue.close(.end)
    return numbers.count
  }

  private func readAll(_ queue: Queue) async -> [Int] {
    var all: [Int] = []
    while case .element(let piece) = await queue.receive() { all += piece.numbers }
    return all
  }

  private func closing(_ received: Received<Piece, Int>?) -> Closing<Int>? {
    if case .closed(let closing)? = received { closing } else { nil }
  }

  /// QueueBasicTests.test_empty, QueueBasicTests.test_full
  @Test func `a queue knows how full it is`() async {
    let queue = queue(1)
    #expect(queue.fill == (0, 0))
    #expect(await queue.send(line(1)))
    #expect(queue.fill == (1, 1))
    #expect(queue.tryReceive() == .element(line(1)))
    #expect(queue.fill == (0, 0))
  }

  /// QueueBasicTests.test_order, QueueGetTests.test_blocking_get, QueueGetTests.test_nonblocking_get,
  /// QueuePutTests.test_nonblocking_put, QueuePutTests.test_put_cancelled
  @Test func `first in, first out, and what fits waits for nobody`() {
    let executor = StepExecutor(seed: 1)
    let numbers = executor.run {
      let queue = queue(3)
      for number in [1, 3, 2] { #expect(await queue.send(line(number))) }
      #expect(executor.steps == 1)
      queue.close(.end)
      return await readAll(queue)
    }
    #expect(numbers == [1, 3, 2])
  }

  /// QueueGetTests.test_nonblocking_get_exception
  @Test func `a look into an empty queue finds nothing and leaves nobody waiting`() async {
    let queue = queue(1)
    #expect(queue.tryReceive() == nil)
    #expect(await queue.send(line(1)))
    #expect(queue.tryReceive() == .element(line(1)))
  }

  /// QueueBasicTests.test_maxsize, QueuePutTests.test_blocking_put_wait,
  /// QueueGetTests.test_get_with_putters
  @Test func `a writer is never further ahead than the queue has room`() {
    for seed in UInt64(0)..<50 {
      // Only a fair schedule lets a task wait by giving way.
      let ended: Bool? = StepExecutor(seed: seed, strategy: .random).run {
        let queue = queue(2)
        async let sent = write([1, 2, 3], to: queue)
        while queue.fill.lines < 2 { await Task.yield() }
        for _ in 0..<5 { await Task.yield() }
        #expect(queue.fill.lines == 2)
        #expect(await queue.receive() == .element(line(1)))
        #expect(await sent == 3)
        #expect(await readAll(queue) == [2, 3])
        return true
      }
      #expect(ended == true, "seed \(seed)")
    }
  }

  /// QueueGetTests.test_blocking_get_wait, QueuePutTests.test_put_with_waiting_getters
  @Test func `a reader of an empty queue waits for the next line and gets it`() {
    for seed in UInt64(0)..<50 {
      let received = StepExecutor(seed: seed).run {
        let queue = queue(1)
        async let received = queue.receive()
        await Task.yield()
        #expect(await queue.send(line(7)))
        return await received
      }
      #expect(received == .element(line(7)), "seed \(seed)")
    }
  }

  /// QueueGetTests.test_why_are_getters_waiting, QueuePutTests.test_why_are_putters_waiting,
  /// QueueGetTests.test_get_with_waiting_putters
  @Test(arguments: [1, 2]) func `small queues pass on everything in order and end`(capacity: Int) {
    for seed in UInt64(0)..<100 {
      let numbers = StepExecutor(seed: seed).run {
        let queue = queue(capacity)
        async let sent = write([5, 4, 3, 2, 1], to: queue)
        let numbers = await readAll(queue)
        #expect(await sent == 5)
        return numbers
      }
      #expect(numbers == [5, 4, 3, 2, 1], "seed \(seed)")
    }
  }

  /// Here waits end by stops and limits only; a task that is cancelled while it waits goes on waiting.
  ///
  /// QueueGetTests.test_get_cancelled_race, QueuePutTests.test_get_cancel_drop_one_pending_reader,
  /// QueueGetTests.test_cancelled_getters_not_being_held_in_self_getters
  @Test func `a cancelled receive loses no line`() {
    for seed in UInt64(0)..<50 {
      let numbers = StepExecutor(seed: seed).run {
        let queue = queue(2)
        return await withTaskGroup(of: [Int].self) { group in
          group.addTask { await readAll(queue) }
          await Task.yield()
          group.cancelAll()
          #expect(await write([1, 2, 3], to: queue) == 3)
          return await group.next() ?? []
        }
      }
      #expect(numbers == [1, 2, 3], "seed \(seed)")
    }
  }

  /// QueuePutTests.test_put_cancel_drop,
  /// QueuePutTests.test_cancelled_puts_not_being_held_in_self_putters
  @Test func `a cancelled send neither loses nor doubles a line`() {
    for seed in UInt64(0)..<50 {
      let numbers = StepExecutor(seed: seed).run {
        let queue = queue(1)
        return await withTaskGroup(of: Int.self) { group in
          group.addTask { await write([1, 2, 3], to: queue) }
          await Task.yield()
          group.cancelAll()
          let numbers = await readAll(queue)
          #expect(await group.next() == 3)
          return numbers
        }
      }
      #expect(numbers == [1, 2, 3], "seed \(seed)")
    }
  }

  /// _QueueJoinTestMixin.test_join_empty_queue, _QueueShutdownTestMixin.test_shutdown_empty,
  /// _QueueShutdownTestMixin.test_shutdown_put
  @Test func `an empty queue that is closed says so every time and takes nothing`() async {
    let queue = queue(1)
    queue.close(.end)
    #expect(closing(await queue.receive()) == .end)
    #expect(closing(await queue.receive()) == .end)
    #expect(await queue.send(line(1)) == false)
  }

  /// _QueueShutdownTestMixin.test_shutdown_nonempty, _QueueShutdownTestMixin.test_shutdown_get,
  /// _QueueShutdownTestMixin.test_shutdown_all_methods_in_one_task
  @Test func `what is queued when the queue is closed is received first, then the end`() async {
    let queue = queue(2)
    for number in [1, 2] { #expect(await queue.send(line(number))) }
    queue.close(.cut(5))
    #expect(await queue.send(line(3)) == false)
    #expect(await queue.receive() == .element(line(1)))
    #expect(await queue.receive() == .element(line(2)))
    #expect(closing(await queue.receive()) == .cut(5))
  }

  /// _QueueShutdownTestMixin.test_shutdown_immediate,
  /// _QueueShutdownTestMixin.test_shutdown_immediate_all_methods_in_one_task
  @Test func `a queue that is stopped or broken off drops what it holds`() async {
    for stops in [true, false] {
      let queue = queue(2)
      #expect(await queue.send(line(1)))
      if stops { queue.stop() } else { queue.breakOff(9) }
      #expect(queue.fill == (0, 0))
      #expect(await queue.receive() == (stops ? .stopped : .closed(.cut(9))))
      #expect(await queue.send(line(2)) == false)
    }
  }

  /// _QueueShutdownTestMixin.test_shutdown_allowed_transitions
  @Test func `an end may turn into a break or a stop, never back`() async {
    let queue = queue(1)
    queue.close(.end)
    queue.breakOff(1)
    queue.close(.end)
    #expect(await queue.receive() == .closed(.cut(1)))
    queue.stop()
    queue.breakOff(2)
    queue.close(.end)
    #expect(await queue.receive() == .stopped)
  }

  /// _QueueShutdownTestMixin.test_shutdown_putters_deque
  @Test func `a writer that waits is woken when the queue is stopped or broken off`() {
    for seed in UInt64(0)..<50 {
      for stops in [true, false] {
        let sent = StepExecutor(seed: seed, strategy: .random).run {
          let queue = queue(1)
          async let sent = write([1, 2], to: queue)
          while queue.fill.lines == 0 { await Task.yield() }
          if stops { queue.stop() } else { queue.breakOff(9, keepsQueued: true) }
          return await sent
        }
        #expect(sent == 1, "seed \(seed)")
      }
    }
  }

  /// _QueueShutdownTestMixin.test_shutdown_getters_deque
  @Test func `a reader that waits is woken by every way a queue can end`() {
    for seed in UInt64(0)..<50 {
      for ending in 0..<4 {
        let received = StepExecutor(seed: seed).run {
          let queue = queue(1)
          async let received = queue.receive()
          await Task.yield()
          switch ending {
          case 0: queue.close(.end)
          case 1: queue.close(.cut(1))
          case 2: queue.breakOff(2)
          default: queue.stop()
          }
          return await received
        }
        let wanted: [Received<Piece, Int>] = [
          .closed(.end), .closed(.cut(1)), .closed(.cut(2)), .stopped,
        ]
        #expect(received == wanted[ending], "seed \(seed)")
      }
    }
  }
}
