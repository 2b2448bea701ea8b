import CCurl
import Stages
import Synchronization

/// How one transfer left the loop.
enum TransferEnd: Sendable { case finished, brokenOff, refused }

/// What reaches the thread that carries out requests.
enum CurlMessage: Sendable {
  case begin(id: UInt64, CurlTransfer, Waiter<TransferEnd>)
  case breakOff(id: UInt64)
  /// No request will be sent any more: break off those that are left, and tell.
  case finish(@Sendable () -> Void)
}

/// How news reach that thread. It is woken only where it sleeps, so that what comes while it works is
/// taken together.
///
/// Unchecked for libcurl's pointer: it never changes, only the thread works with what it points to, and
/// waking is the one call that libcurl allows from any thread (curl_multi_wakeup(3)).
@safe
final class CurlMailbox: @unchecked Sendable {
  /// libcurl's; belongs to the thread, but for being woken.
  let loop: OpaquePointer
  private let state = Mutex<(messages: [CurlMessage], isAsleep: Bool)>(([], false))

  /// - Parameter connections: the most that are kept open when nobody uses them.
  /// Nil without memory or descriptors.
  init?(connections: Int) {
    guard let loop = unsafe CCurlLoopMake(connections) else { return nil }
    unsafe self.loop = loop
  }

  func post(_ message: CurlMessage) {
    let isAsleep = state.withLock { state in
      state.messages.append(message)
      defer { state.isAsleep = false }
      return state.isAsleep
    }
    if isAsleep { unsafe CCurlLoopWake(loop) }
  }

  func take() -> [CurlMessage] {
    state.withLock { state in
      state.isAsleep = false
      defer { state.messages.removeAll(keepingCapacity: true) }
      return state.messages
    }
  }

  /// Sleeps until there is something to do, unless there is already.
  func sleep() {
    let isIdle = state.withLock { state in
      state.isAsleep = state.messages.isEmpty
      return state.isAsleep
    }
    if isIdle { unsafe CCurlLoopWait(loop) }
  }
}

/// The one thread that carries out all requests. Everything in here belongs to it.
struct CurlLoop {
  private let mailbox: CurlMailbox
  private var running: [UInt64: (transfer: CurlTransfer, waiter: Waiter<TransferEnd>)] = [:]

  init(_ mailbox: CurlMailbox) { self.mailbox = mailbox }

  /// Runs until it was told to finish.
  mutating func run() {
    while true {
      for message in mailbox.take() {
        switch message {
        case .begin(let id, let transfer, let waiter): begin(id, transfer, waiter)
        case .breakOff(let id): breakOff(id)
        case .finish(let tell):
          for id in running.keys { breakOff(id) }
          unsafe CCurlLoopFree(mailbox.loop)
          return tell()
        }
      }
      unsafe CCurlLoopWork(mailbox.loop)
      finishThoseThatEnded()
      mailbox.sleep()
    }
  }

  private mutating func begin(
    _ id: UInt64, _ transfer: CurlTransfer, _ waiter: Waiter<TransferEnd>
  ) {
    guard unsafe CCurlLoopAdd(mailbox.loop, transfer.pointer, id) != 0 else {
      return waiter.resume(returning: .refused)
    }
    running[id] = (transfer, waiter)
  }

  private mutating func breakOff(_ id: UInt64) {
    guard let (transfer, waiter) = running.removeValue(forKey: id) else { return }
    unsafe CCurlLoopRemove(mailbox.loop, transfer.pointer)
    waiter.resume(returning: .brokenOff)
  }

  private mutating func finishThoseThatEnded() {
    var id: UInt64 = 0
    while unsafe CCurlLoopFinished(mailbox.loop, &id) != 0 {
      running.removeValue(forKey: id)?.waiter.resume(returning: .finished)
    }
  }
}
