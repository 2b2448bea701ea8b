import CLinux
import Glibc
import Synchronization

/// Where something of a child happened.
struct ChildEventSource: Sendable, Equatable {
  enum Kind: UInt64, Sendable { case process, output, error, input }
  var child: UInt64
  var kind: Kind
  /// Nothing is left to read, and nobody can write any more.
  var isEnd = false

  init(child: UInt64, kind: Kind) {
    self.child = child
    self.kind = kind
  }

  init(_ event: linux_event) {
    child = event.token >> 2
    kind = Kind(rawValue: event.token & 3) ?? .process
    isEnd = event.is_end != 0
  }

  var token: UInt64 { child << 2 | kind.rawValue }
}

/// How news reach the loop of children: messages of other threads, tasks to run, and what the kernel
/// tells.
///
/// The tasks that deal with children run on the loop's thread: what a child wrote is read, and the
/// next one asked for or started, by the thread that was woken for it. With the pool of tasks between
/// them each item wakes more threads (measured: 5.7 futex calls for a line to a coprocess, none so;
/// 12.6 for the child of an exec, 3.7 so).
final class ChildMailbox: TaskExecutor {
  /// No child has this number.
  private static let wakeToken = UInt64.max

  struct Post: Sendable {
    var messages: [ChildMessage] = []
    var jobs: [UnownedJob] = []
  }

  private struct State {
    var post = Post()
    var bell = Bell()
  }

  private let poll: FileDescriptor
  private let wake: FileDescriptor
  private let state = Mutex(State())

  init() throws(SystemError) {
    let poll = linux_epoll_create()
    guard poll >= 0 else { throw .last }
    let wake = linux_eventfd()
    guard wake >= 0, linux_epoll_add(poll, wake, Self.wakeToken, 0) == 0 else {
      let error = SystemError.last
      FileDescriptor(number: poll).close()
      throw error
    }
    self.poll = FileDescriptor(number: poll)
    self.wake = FileDescriptor(number: wake)
  }

  /// Leaves a message; the loop looks at it at once.
  func post(_ message: ChildMessage) { tell { $0.messages.append(message) } }

  /// Leaves a message that can wait until the loop wakes for another reason.
  func leave(_ message: ChildMessage) { state.withLock { $0.post.messages.append(message) } }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    tell { $0.jobs.append(job) }
  }

  private func tell(_ add: (inout Post) -> Void) {
    let mustWake = state.withLock { state in
      add(&state.post)
      return state.bell.posted()
    }
    guard mustWake else { return }
    var one: UInt64 = 1
    _ = unsafe write(wake.number, &one, 8)
  }

  /// What there is by now, taken by the loop.
  func take() -> Post {
    state.withLock { state in
      state.bell.taken()
      defer { state.post = Post() }
      return state.post
    }
  }

  /// Watches a descriptor for data, or for room where it is a child's input.
  ///
  /// It need not be taken back before the descriptor is closed: a copy that another child holds
  /// until its exec may still bring an event, which is then about nobody.
  func watch(_ file: FileDescriptor, _ source: ChildEventSource) {
    if source.kind == .process {
      // It would be told once more when the process is reaped, where a copy is held then.
      _ = linux_epoll_add_once(poll.number, file.number, source.token)
    } else {
      _ = linux_epoll_add(poll.number, file.number, source.token, source.kind == .input ? 1 : 0)
    }
  }

  /// Waits for news, or for what the kernel has to tell.
  func wait(patiently: Bool) -> [ChildEventSource] {
    let next = state.withLock { $0.bell.next(mayRest: patiently) }
    if next == .goOn { return [] }
    var events = [linux_event](repeating: linux_event(), count: 64)
    let count = unsafe linux_epoll_wait(poll.number, &events, 64, next == .sleep ? -1 : 0)
    state.withLock { $0.bell.woke() }
    return events.prefix(Int(max(count, 0))).compactMap { event in
      if event.token != Self.wakeToken { return ChildEventSource(event) }
      var sum: UInt64 = 0
      _ = unsafe read(wake.number, &sum, 8)
      return nil
    }
  }

  func close() {
    poll.close()
    wake.close()
  }
}
