import CLinux
import Glibc
import Synchronization

/// The thread that hears of children that are sent more while they run, and that runs the tasks which
/// talk with them: an answer is read, and the next request written, by the thread that was woken for
/// it. With the pool of tasks between them each line wakes two threads more, which costs five times as
/// much as all the rest (measured: 5.7 futex calls a line, none so).
final class TalkExecutor: TaskExecutor {
  private static let wakeToken = UInt64.max
  /// The kernel is asked for news at least after so many rounds of tasks.
  private static let mostRounds = 32

  private struct State {
    var jobs: [UnownedJob] = []
    /// The thread waits for the kernel, and has to be woken for a job.
    var isAsleep = false
    var isOver = false
    var children: [UInt64: ChildProcess] = [:]
  }

  private let poll: FileDescriptor
  private let wake: FileDescriptor
  private let state = Mutex(State())

  init() throws(SystemError) {
    let poll = linux_epoll_create()
    guard poll >= 0 else { throw .last }
    let wake = linux_eventfd()
    guard wake >= 0, linux_epoll_add(poll, wake, Self.wakeToken, 0) == 0 else {
      FileDescriptor(number: poll).close()
      throw .last
    }
    self.poll = FileDescriptor(number: poll)
    self.wake = FileDescriptor(number: wake)
    Thread.start("talk") { [self] in run() }
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    let mustWake = state.withLock { state in
      state.jobs.append(job)
      defer { state.isAsleep = false }
      return state.isAsleep
    }
    if mustWake { ring() }
  }

  /// Hears of the pipes of a child from now on, until it is forgotten.
  func watch(_ child: ChildProcess, _ id: UInt64, output: FileDescriptor, input: FileDescriptor) {
    state.withLock { $0.children[id] = child }
    for (file, kind) in [(output, ChildEventSource.Kind.output), (input, .input)] {
      let token = ChildEventSource(child: id, kind: kind).token
      _ = linux_epoll_add(poll.number, file.number, token, kind == .input ? 1 : 0)
    }
  }

  func forget(_ id: UInt64) { state.withLock { $0.children[id] = nil } }

  /// No task runs on it any more: its thread ends.
  func finish() {
    state.withLock { $0.isOver = true }
    ring()
  }

  private func ring() {
    var one: UInt64 = 1
    _ = unsafe write(wake.number, &one, 8)
  }

  // MARK: The thread

  private func run() {
    var rounds = 0
    while true {
      let (jobs, isOver) = state.withLock { state in
        defer {
          state.isAsleep = state.jobs.isEmpty
          state.jobs = []
        }
        return (state.jobs, state.isOver)
      }
      for job in jobs { unsafe job.runSynchronously(on: asUnownedTaskExecutor()) }
      if jobs.isEmpty, isOver { break }
      rounds += 1
      if jobs.isEmpty || rounds >= Self.mostRounds {
        rounds = 0
        hear(patiently: jobs.isEmpty)
      }
    }
    poll.close()
    wake.close()
  }

  private func hear(patiently: Bool) {
    var events = [linux_event](repeating: linux_event(), count: 64)
    let count = unsafe linux_epoll_wait(poll.number, &events, 64, patiently ? -1 : 0)
    state.withLock { $0.isAsleep = false }
    for event in events.prefix(Int(max(count, 0))) {
      if event.token == Self.wakeToken {
        var sum: UInt64 = 0
        _ = unsafe read(wake.number, &sum, 8)
        continue
      }
      let source = ChildEventSource(token: event.token)
      let child = state.withLock { $0.children[source.child] }
      if source.kind == .input { child?.becameWritable() } else { child?.becameReadable() }
    }
  }
}
