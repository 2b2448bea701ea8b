import CLinux
import DequeModule
package import Flow
import Glibc
package import Stages
import Synchronization

/// The owner of all child processes (SEMANTICS 7). Two threads start them, because starting one
/// takes as long as its exec; a third one looks after them.
///
/// Making one ignores SIGPIPE and makes this process the one that orphans are given to.
package final class Children: Launcher {
  /// Kept open from the first child on: epoll and its waker, the orphans' list, the watcher's pipe.
  private static let fixedDescriptors = 4
  /// And from the first child on that is talked with: epoll and a waker once more.
  package static let descriptorsOfTalk = 2
  /// stdin, stdout, stderr and the handle of one child.
  private static let descriptorsPerChild = 4

  /// The most descriptors that are open for `count` children at once.
  ///
  /// A child needs two more while it is started, by one thread or the other: both ends of its three
  /// pipes. With more than two, another may be looked after meanwhile by reading /proc.
  package static func descriptors(for count: Int) -> Int {
    count == 0 ? 0 : fixedDescriptors + descriptorsPerChild * count + min(2 * count, 5)
  }

  /// How many children can be alive at once with so many descriptors.
  package static func most(withDescriptors available: Int) -> Int {
    let left = available - fixedDescriptors
    return max(min(left / (descriptorsPerChild + 2), 2), (left - 5) / descriptorsPerChild, 0)
  }

  private struct Request {
    var command: ChildCommand
    var cancellation: Cancellation
    var answer: Waiter<Result<ChildProcess, Failure>>
  }

  private struct Requests {
    var waiting: Deque<Request> = []
    /// How many are being started now.
    var starting = 0
    /// Nothing is started, because what has been is stopped.
    var isHeld = false
    var isOver = false
  }

  private struct Machinery: Sendable {
    var mailbox: ChildMailbox
    var table: SessionTable
    var watcher: Watcher?
  }

  private let clock: any TimerClock
  private let watcherExecutable: String?
  private let requests = Monitor(Requests())
  private let machinery = Mutex<Machinery?>(nil)
  private let lastID = Atomic<UInt64>(0)
  /// Made when it is first asked for.
  private let talk = Mutex<TalkExecutor?>(nil)

  /// - Parameters:
  ///   - clock: what grace periods are counted on.
  ///   - watcherExecutable: the program that is started as `Watcher`, the one that runs by default.
  ///     Its `main` calls `Watcher.runIfAsked` first. Nil: no watcher.
  package init(clock: any TimerClock, watcherExecutable: String? = "/proc/self/exe") {
    self.clock = clock
    self.watcherExecutable = watcherExecutable
    _ = signal(SIGPIPE, SIG_IGN)
    _ = linux_become_subreaper()
  }

  package func start(
    _ command: ChildCommand, cancellation: Cancellation
  ) async throws(Failure) -> any Child {
    try prepare()
    let result = await Waiter.suspend { answer in
      requests.withLock { requests in
        requests.waiting.append(
          Request(command: command, cancellation: cancellation, answer: answer))
      }
      requests.wakeOne()
    }
    return try result.get()
  }

  package var executor: (any TaskExecutor)? { talker }

  /// Nil where there are no descriptors for it: whoever talks does so by way of the pool then.
  private var talker: TalkExecutor? {
    talk.withLock { talk in
      if talk == nil { talk = try? TalkExecutor() }
      return talk
    }
  }

  package func locate(
    _ command: String, directory: String?, path: String?
  ) throws(Failure) -> String {
    try CommandSearch(directory: directory, path: path).find(command)
  }

  /// Stops (SIGSTOP) or continues (SIGCONT) every process of every session. Returns when all of them
  /// have the signal: whoever stops himself next can do nothing more. In between none is started: one
  /// that nobody knows of yet would run on. Not called from a task.
  package func signalAll(_ number: Int32) {
    if number == SIGSTOP { holdStarts() }
    defer { if number == SIGCONT { releaseStarts() } }
    let isDone = Monitor(false)
    let isPosted = machinery.withLock { parts in
      parts?.mailbox.post(
        .signal(number) {
          isDone.withLock { $0 = true }
          isDone.wakeOne()
        })
      return parts != nil
    }
    guard isPosted else { return }
    isDone.wait { $0 ? .done(()) : .sleep }
  }

  /// Returns when no child is being started, which nobody would know of yet; and none will be.
  private func holdStarts() {
    requests.withLock { $0.isHeld = true }
    requests.wait { $0.starting == 0 ? .done(()) : .sleep }
  }

  private func releaseStarts() {
    requests.withLock { $0.isHeld = false }
    requests.wakeAll()
  }

  /// Ends the threads, KILLs what is left, which should be nothing, and dismisses the watcher.
  /// Nothing may be started any more.
  package func finish() async {
    requests.withLock { $0.isOver = true }
    requests.wakeAll()
    let parts = machinery.withLock { parts in
      defer { parts = nil }
      return parts
    }
    finishTalk()
    guard let parts else { return }
    await Waiter.suspend { (answer: Waiter<Void>) in
      parts.mailbox.post(.finish { answer.resume() })
    }
    parts.watcher?.dismiss()
  }

  private func finishTalk() {
    let talk = talk.withLock { $0.take() }
    talk?.finish()
  }

  /// Makes threads, table and watcher with the first child.
  private func prepare() throws(Failure) {
    do {
      try machinery.withLock { parts throws(SystemError) in
        if parts != nil { return }
        let table = try SessionTable()
        // Its memory stays; the watcher has a descriptor of its own.
        defer { table.file.close() }
        let watcher = try watcherExecutable.map { path throws(SystemError) in
          try Watcher(executable: path, table: table)
        }
        let made = Machinery(mailbox: try ChildMailbox(), table: table, watcher: watcher)
        startThreads(made, try Spawner())
        parts = made
      }
    } catch {
      throw Failure(.stage, "no child can be started: \(error)")
    }
  }

  private func startThreads(_ parts: Machinery, _ spawner: Spawner) {
    Thread.start("children") { [clock] in
      var loop = ChildLoop(mailbox: parts.mailbox, clock: clock, table: parts.table)
      loop.run()
      parts.mailbox.close()
    }
    for number in 0..<SessionTable.starters {
      Thread.start("spawn-\(number + 1)") { [self] in spawn(parts, spawner, number) }
    }
  }

  private func spawn(_ parts: Machinery, _ spawner: Spawner, _ starter: Int) {
    while let request = next() {
      let result = Result { () throws(Failure) in try start(request, parts, spawner, starter) }
      let isAwaited = requests.withLock { requests in
        requests.starting -= 1
        return requests.isHeld
      }
      if isAwaited { requests.wakeAll() }
      request.answer.resume(returning: result)
    }
  }

  private func next() -> Request? {
    requests.wait { requests in
      if !requests.isHeld, let request = requests.waiting.popFirst() {
        requests.starting += 1
        return .done(request)
      }
      return requests.isOver ? .done(nil) : .sleep
    }
  }

  private func start(
    _ request: Request, _ parts: Machinery, _ spawner: Spawner, _ starter: Int
  ) throws(Failure) -> ChildProcess {
    let cancellation = request.cancellation
    if cancellation.isCancelled { throw Failure(.cancelled, "cancelled before it was started") }
    defer { parts.table.expectNothing(starter) }
    var spawned = try spawner.start(request.command) { output, error in
      parts.table.expect(starter, output, error)
    }
    let slot = parts.table.add(spawned.process)
    let input = spawned.input.map { input in
      ChildInput(input.pipe, unsent: (request.command.input ?? [])[input.written...])
    }
    let keepsInput = request.command.keepsInput
    let child = ChildProcess(
      process: spawned.process, output: spawned.output, input: keepsInput ? input : nil)
    let id = lastID.add(1, ordering: .relaxed).newValue
    var started = StartedChild(
      id: id, child: child, handle: spawned.handle, error: spawned.error, slot: slot,
      grace: request.command.grace, cancellation: cancellation,
      onErrorLine: request.command.onErrorLine)
    if !keepsInput, let (pipe, written) = spawned.input, let bytes = request.command.input {
      started.input = (pipe, bytes[written...])
    }
    if keepsInput, let input = spawned.input, let talker {
      started.talk = talker
      talker.watch(child, id, output: spawned.output, input: input.pipe)
      spawned.input = nil
    }
    // Nothing can be told of the child before it is known.
    parts.mailbox.leave(.started(started))
    watch(spawned, id, parts.mailbox, hearsOutput: started.talk == nil)
    cancellation.onCancel { [mailbox = parts.mailbox] reason in
      mailbox.post(.cancelled(id: id, hard: reason == .hard))
    }
    return child
  }

  private func watch(
    _ spawned: Spawned, _ id: UInt64, _ mailbox: ChildMailbox, hearsOutput: Bool
  ) {
    if hearsOutput { mailbox.watch(spawned.output, ChildEventSource(child: id, kind: .output)) }
    mailbox.watch(spawned.error, ChildEventSource(child: id, kind: .error))
    if let input = spawned.input {
      mailbox.watch(input.pipe, ChildEventSource(child: id, kind: .input))
    }
    mailbox.watch(spawned.handle, ChildEventSource(child: id, kind: .process))
  }
}
