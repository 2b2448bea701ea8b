import CLinux
import Flow
import Glibc
import Stages

/// What reaches the thread that looks after children.
enum ChildMessage: Sendable {
  /// A child was started, for the task that waits for it. Told before the kernel can tell anything
  /// of it.
  case started(StartedChild, Waiter<Result<ChildProcess, Failure>>)
  case cancelled(id: UInt64, hard: Bool)
  case graceOver(id: UInt64, step: SessionEnding.Step)
  /// Everything is to stand still, or to go on: SIGSTOP, SIGCONT; tells when it has been told.
  case signal(Int32, @Sendable () -> Void)
  /// No child will be started any more: end those that are left, dismiss the watcher, and tell.
  case finish(@Sendable () -> Void)
}

/// A child as it is handed to its loop.
struct StartedChild: Sendable {
  var id: UInt64
  var child: ChildProcess
  var handle: FileDescriptor
  var error: FileDescriptor
  var input: (pipe: FileDescriptor, bytes: ArraySlice<UInt8>)?
  var session: SessionTable.Entry
  var grace: Duration
  var cancellation: Cancellation
  var onErrorLine: @Sendable ([UInt8]) -> Void
}

/// The one thread that looks after all children: it feeds them, drains their stderr, sees them end,
/// and ends what is left of their sessions (SEMANTICS 7). Everything in here belongs to that thread,
/// which runs the tasks that deal with children too.
struct ChildLoop {
  /// One child from its start until nothing of its session is left.
  struct Entry {
    var started: StartedChild
    var ending = SessionEnding()
    var lines = ErrorLines()
    var exit: ChildExit?
    /// The leader's or, after its end, that of another one of the session.
    var watched: FileDescriptor?
    var error: FileDescriptor?
    var timer: TimerID?

    init(_ started: StartedChild) {
      self.started = started
      watched = started.handle
      error = started.error
    }
    var process: Int32 { started.child.process }
  }

  let mailbox: ChildMailbox
  let clock: any TimerClock
  var orphans = Orphans()
  var entries: [UInt64: Entry] = [:]
  /// The processes of the machine, read at most once in a round.
  var census: ProcessTable?
  /// Whose stderr holds more than one round reads.
  var unread: [UInt64] = []

  init(mailbox: ChildMailbox, clock: any TimerClock) {
    self.mailbox = mailbox
    self.clock = clock
  }

  /// Runs until it was told to finish and no child is left.
  mutating func run() {
    var finished: (@Sendable () -> Void)?
    while true {
      let events = mailbox.wait(patiently: unread.isEmpty)
      census = nil
      let post = mailbox.take()
      for message in post.messages {
        if case .finish(let tell) = message {
          finished = tell
          for id in entries.keys { perform(id) { $0.cancelled(hard: true) } }
        } else {
          handle(message)
        }
      }
      let again = unread
      unread.removeAll(keepingCapacity: true)
      for id in again { readError(id) }
      for event in events { handle(event) }
      for job in post.jobs { unsafe job.runSynchronously(on: mailbox.asUnownedTaskExecutor()) }
      if let finished, entries.isEmpty {
        orphans.close()
        return finished()
      }
    }
  }

  private mutating func handle(_ message: ChildMessage) {
    switch message {
    case .started(let started, let answer):
      entries[started.id] = Entry(started)
      answer.resume(returning: .success(started.child))
    case .cancelled(let id, let hard): perform(id) { $0.cancelled(hard: hard) }
    case .graceOver(let id, let step): perform(id) { $0.graceOver(armedIn: step) }
    case .signal(let number, let tell):
      for id in entries.keys { signal(id, number) }
      tell()
    case .finish: break
    }
  }

  private mutating func handle(_ event: ChildEventSource) {
    switch event.kind {
    case .output where event.isEnd: entries[event.child]?.started.child.outputEnded()
    case .output: entries[event.child]?.started.child.becameReadable()
    case .error where event.isEnd: closeError(event.child)
    case .error: readError(event.child)
    case .input:
      entries[event.child]?.started.child.becameWritable()
      feed(event.child)
    case .process: if entries[event.child] != nil { watchedEnded(event.child) }
    }
  }

  // MARK: What is read and written

  /// A child that floods its stderr gets one block a round, so that the others get theirs.
  private mutating func readError(_ id: UInt64) {
    guard let file = entries[id]?.error else { return }
    var block: [UInt8] = []
    switch file.read(into: &block, limit: ChildProcess.blockSize) {
    case .count(let count) where count > 0:
      feedLines(id, block)
      unread.append(id)
    case .later: break
    case .count, .failed: closeError(id)
    }
  }

  private mutating func feedLines(_ id: UInt64, _ block: [UInt8]) {
    guard let line = entries[id]?.started.onErrorLine else { return }
    entries[id]?.lines.feed(block, line)
  }

  private mutating func closeError(_ id: UInt64) {
    guard let line = entries[id]?.started.onErrorLine else { return }
    entries[id]?.lines.finish(line)
    entries[id]?.error?.close()
    entries[id]?.error = nil
  }

  private mutating func feed(_ id: UInt64) {
    while let (pipe, bytes) = entries[id]?.started.input {
      switch pipe.write(bytes) {
      case .count(let written) where written < bytes.count:
        entries[id]?.started.input?.bytes = bytes.dropFirst(written)
      case .later: return
      // All is written, or the child has closed its stdin early, which is its right.
      case .count, .failed: closeInput(id)
      }
    }
  }

  private mutating func closeInput(_ id: UInt64) {
    entries[id]?.started.input?.pipe.close()
    entries[id]?.started.input = nil
  }

  // MARK: Ends

  private mutating func watchedEnded(_ id: UInt64) {
    entries[id]?.watched?.close()
    entries[id]?.watched = nil
    if entries[id]?.exit == nil { leaderEnded(id) } else { count(id) }
  }

  /// Reads exactly what the pipes hold now and closes them: others of the session may hold the
  /// other ends, and write for ever. The leader stays a zombie until its session is empty, so that
  /// its number is not given out again.
  private mutating func leaderEnded(_ id: UInt64) {
    guard let entry = entries[id] else { return }
    if let rest = entry.error?.remaining(), !rest.isEmpty { feedLines(id, rest) }
    closeError(id)
    closeInput(id)
    entry.started.child.closeOutput()
    entry.started.child.closeInput()

    let isAlone = !orphans.mayRemain(of: entry.process)
    let end = linux_reap(entry.process, isAlone ? 0 : 1)
    let tail = entries[id]?.lines.tail ?? []
    entries[id]?.exit = ChildExit(
      status: end.status >= 0 ? end.status : nil, signal: end.signal > 0 ? end.signal : nil,
      errorTail: tail)
    if isAlone { perform(id) { $0.counted(left: 0) } } else { count(id) }
  }

  /// Looks who of the session is left, and goes on by that.
  private mutating func count(_ id: UInt64) {
    guard let entry = entries[id] else { return }
    census = nil
    let left = members(of: entry.process).count { $0.process != entry.process }
    orphans.sort(sessions: Set(entries.values.map(\.process)))
    perform(id) { $0.counted(left: left) }
  }

  /// The living of a session.
  private mutating func members(of session: Int32) -> [ProcessTable.Row] {
    if census == nil { census = ProcessTable.read() }
    return census?.living(inSession: session) ?? []
  }

  private mutating func perform(
    _ id: UInt64, _ event: (inout SessionEnding) -> [SessionEnding.Action]
  ) {
    guard var ending = entries[id]?.ending else { return }
    let actions = event(&ending)
    entries[id]?.ending = ending
    for action in actions {
      switch action {
      case .ask:
        signal(id, SIGTERM)
        // One that was stopped hears of its end only when it runs.
        signal(id, SIGCONT)
      case .kill: signal(id, SIGKILL)
      case .armGrace: armGrace(id)
      case .watch: watch(id)
      case .end: end(id, unkillable: nil)
      case .giveUp: end(id, unkillable: entries[id]?.process)
      }
    }
  }

  /// To the group first, in one call that misses none of it, then to those of the session who have
  /// made groups of their own.
  private mutating func signal(_ id: UInt64, _ number: Int32) {
    guard let session = entries[id]?.process else { return }
    kill(-session, number)
    for member in members(of: session) where member.group != session {
      kill(member.process, number)
    }
  }

  private mutating func armGrace(_ id: UInt64) {
    guard let entry = entries[id] else { return }
    if let timer = entry.timer { clock.cancel(timer) }
    let step = entry.ending.step
    let timer = clock.schedule(at: clock.now + entry.started.grace, phase: .grace) { [mailbox] in
      mailbox.post(.graceOver(id: id, step: step))
    }
    entries[id]?.timer = timer
  }

  /// Waits for one of those that are left: when it has gone they are counted again.
  private mutating func watch(_ id: UInt64) {
    guard let entry = entries[id], entry.watched == nil else { return }
    for member in members(of: entry.process) where member.process != entry.process {
      let number = linux_pidfd_open(member.process)
      if number < 0 { continue }
      entries[id]?.watched = FileDescriptor(number: number)
      mailbox.watch(FileDescriptor(number: number), ChildEventSource(child: id, kind: .process))
      return
    }
    // All have gone since they were counted.
    count(id)
  }

  private mutating func end(_ id: UInt64, unkillable: Int32?) {
    guard let entry = entries.removeValue(forKey: id) else { return }
    if let timer = entry.timer { clock.cancel(timer) }
    entry.watched?.close()
    if unkillable == nil { while linux_reap_group(entry.process).process > 0 {} }
    entry.started.session.remove()
    entry.started.cancellation.onCancel(nil)
    var exit = entry.exit ?? ChildExit(status: nil, signal: nil, errorTail: entry.lines.tail)
    exit.unkillable = unkillable
    if unkillable != nil {
      entry.error?.close()
      entry.started.input?.pipe.close()
      entry.started.child.closeOutput()
      entry.started.child.closeInput()
    }
    entry.started.child.finish(exit)
  }
}
