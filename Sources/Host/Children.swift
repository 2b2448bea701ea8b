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

  private struct Requests {
    var waiting: Deque<ChildRequest> = []
    /// How many are being started now.
    var starting = 0
    /// Nothing is started, because what has been is stopped.
    var isHeld = false
    var isOver = false
  }

  /// What starts children, made with the first one.
  private struct Starting: Sendable {
    var table: SessionTable
    var watcher: Watcher?
  }

  private let clock: any TimerClock
  private let watcherExecutable: String?
  private let requests = Monitor(Requests())
  private let machinery = Mutex<(mailbox: ChildMailbox?, starting: Starting?)>((nil, nil))
  private let lastID = Atomic<UInt64>(0)

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
          ChildRequest(command: command, cancellation: cancellation, answer: answer))
      }
      requests.wakeOne()
    }
    return try result.get()
  }

  /// The thread that looks after the children. Nil where there are no descriptors for it: whoever
  /// deals with them does so by way of the pool then.
  package var executor: (any TaskExecutor)? { try? mailbox() }

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
      parts.mailbox?.post(
        .signal(number) {
          isDone.withLock { $0 = true }
          isDone.wakeOne()
        })
      return parts.mailbox != nil
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
    let (mailbox, starting) = machinery.withLock { parts in
      defer { parts = (nil, nil) }
      return parts
    }
    guard let mailbox else { return }
    await Waiter.suspend { (answer: Waiter<Void>) in
      mailbox.post(.finish { answer.resume() })
    }
    starting?.watcher?.dismiss()
  }

  /// Makes the thread that looks after children, where there is none yet.
  private func mailbox() throws(SystemError) -> ChildMailbox {
    try machinery.withLock { parts throws(SystemError) in
      if let mailbox = parts.mailbox { return mailbox }
      let mailbox = try ChildMailbox()
      Thread.start("children") { [clock] in
        // A child prints in small pieces. Woken for each it would push it off its processor each
        // time; so what it prints comes together while the processors are busy, and at once where one
        // is free (measured: six times fewer switches in a `pipe` of blocks).
        linux_wake_behind_others()
        var loop = ChildLoop(mailbox: mailbox, clock: clock)
        loop.run()
        mailbox.close()
      }
      parts.mailbox = mailbox
      return mailbox
    }
  }

  /// Makes what starts children with the first one: threads, table and watcher.
  private func prepare() throws(Failure) {
    do {
      let mailbox = try mailbox()
      try machinery.withLock { parts throws(SystemError) in
        if parts.starting != nil { return }
        let table = try SessionTable()
        // Its memory stays; the watcher has a descriptor of its own.
        defer { table.file.close() }
        let watcher = try watcherExecutable.map { path throws(SystemError) in
          try Watcher(executable: path, table: table)
        }
        parts.starting = Starting(table: table, watcher: watcher)
        let spawner = Spawner()
        for number in 0..<SessionTable.starters {
          Thread.start("spawn-\(number + 1)") { [self] in
            spawn(ChildStarter(number: number, spawner: spawner, table: table, mailbox: mailbox))
          }
        }
      }
    } catch {
      throw Failure(.stage, "no child can be started: \(error)")
    }
  }

  private func spawn(_ starter: ChildStarter) {
    while let request = next() {
      starter.start(request)
      let isAwaited = requests.withLock { requests in
        requests.starting -= 1
        return requests.isHeld
      }
      if isAwaited { requests.wakeAll() }
    }
  }

  private func next() -> ChildRequest? {
    requests.wait { requests in
      if !requests.isHeld, let request = requests.waiting.popFirst() {
        requests.starting += 1
        return .done(request)
      }
      return requests.isOver ? .done(nil) : .sleep
    }
  }
}
