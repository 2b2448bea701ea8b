import Flow
import Synchronization
import Testing

struct CancellationTests {
  /// What actions were told, in order.
  private final class Log: Sendable {
    private let entries = Mutex<[CancelReason]>([])
    var told: [CancelReason] { entries.withLock { $0 } }
    func note(_ reason: CancelReason) { entries.withLock { $0.append(reason) } }
  }

  @Test(arguments: [CancelReason.limit, .stop, .hard])
  func `the first reason stays and is told once`(first: CancelReason) {
    let cancellation = Cancellation()
    let log = Log()
    cancellation.onCancel { log.note($0) }
    #expect(!cancellation.isCancelled)
    for reason in [first, .limit, .stop] { cancellation.cancel(reason) }
    #expect(cancellation.reason == first)
    #expect(log.told == [first])
  }

  @Test func `a hard one is passed on once even after another, which stays the reason`() {
    let cancellation = Cancellation()
    let log = Log()
    cancellation.onCancel { log.note($0) }
    for reason in [CancelReason.limit, .hard, .hard, .stop] { cancellation.cancel(reason) }
    #expect(cancellation.reason == .limit)
    #expect(log.told == [.limit, .hard])
  }

  @Test func `an action registered late is told at once, once, and as urgently as it has become`() {
    let cancellation = Cancellation()
    cancellation.cancel(.stop)
    let first = Log()
    cancellation.onCancel { first.note($0) }
    #expect(first.told == [.stop])
    cancellation.cancel(.hard)
    #expect(first.told == [.stop, .hard])
    let second = Log()
    cancellation.onCancel { second.note($0) }
    #expect(second.told == [.hard])
    #expect(cancellation.reason == .stop)
  }

  @Test func `an action that was replaced or taken back is not called`() {
    let cancellation = Cancellation()
    let replaced = Log()
    let last = Log()
    cancellation.onCancel { replaced.note($0) }
    cancellation.onCancel { last.note($0) }
    cancellation.onCancel(nil)
    cancellation.cancel(.stop)
    #expect(replaced.told.isEmpty && last.told.isEmpty)
  }

  @Test func `an action may use the cancellation it is called by`() {
    let cancellation = Cancellation()
    let log = Log()
    cancellation.onCancel { reason in
      // Under the lock each of these would wait for ever.
      cancellation.cancel(.hard)
      if cancellation.isCancelled { cancellation.onCancel(nil) }
      log.note(reason)
    }
    cancellation.cancel(.stop)
    #expect(log.told == [.hard, .stop])
  }

  @Test func `of many threads that cancel one decides and the action is called once`() async {
    for _ in 0..<200 {
      let cancellation = Cancellation()
      let log = Log()
      await withTaskGroup { group in
        for reason in [CancelReason.limit, .stop, .limit, .stop] {
          group.addTask { cancellation.cancel(reason) }
        }
        group.addTask { cancellation.onCancel { log.note($0) } }
      }
      #expect(log.told.count == 1)
      #expect(log.told.first == cancellation.reason)
    }
  }
}
