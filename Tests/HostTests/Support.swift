import Flow
import Glibc
import Stages
import Synchronization

@testable import Host

/// A clock that moves only when a test says so.
final class HandClock: TimerClock {
  private struct State {
    var now = Instant(nanoseconds: 0)
    var last: UInt64 = 0
    var timers: [(id: TimerID, at: Instant, action: @Sendable () -> Void)] = []
    var armed: [(count: Int, waiter: Waiter<Void>)] = []
  }
  private let state = Mutex(State())

  var now: Instant { state.withLock { $0.now } }
  var date: Int64 { now.nanoseconds }
  var armedTimers: Int { state.withLock { $0.timers.count } }

  func schedule(
    at instant: Instant, phase: TimerPhase, _ action: @escaping @Sendable () -> Void
  ) -> TimerID {
    let (id, waiters) = state.withLock { state in
      state.last += 1
      let id = TimerID(value: state.last)
      state.timers.append((id, instant, action))
      let waiters = state.armed.filter { $0.count <= state.last }
      state.armed.removeAll { $0.count <= state.last }
      return (id, waiters)
    }
    for (_, waiter) in waiters { waiter.resume() }
    return id
  }

  func cancel(_ timer: TimerID) -> Bool {
    state.withLock { state in
      let before = state.timers.count
      state.timers.removeAll { $0.id == timer }
      return state.timers.count < before
    }
  }

  /// Waits until so many timers have been scheduled since the clock was made.
  func scheduled(_ count: Int) async {
    await Waiter<Void>.suspend { waiter in
      let isThere = state.withLock { state in
        if state.last >= UInt64(count) { return true }
        state.armed.append((count, waiter))
        return false
      }
      if isThere { waiter.resume() }
    }
  }

  func advance(by duration: Duration) {
    let due = state.withLock { state in
      state.now = state.now + duration
      let due = state.timers.filter { $0.at <= state.now }
      state.timers.removeAll { $0.at <= state.now }
      return due
    }
    for timer in due { timer.action() }
  }
}

/// What a child did, from start to exit.
struct Run {
  var output: [UInt8] = []
  var exit: ChildExit?
  var failure: Failure?

  var text: String { String(decoding: output, as: UTF8.self) }
}

final class Lines: Sendable {
  private let kept = Mutex<[String]>([])
  var all: [String] { kept.withLock { $0 } }
  func add(_ line: [UInt8]) {
    kept.withLock { $0.append(String(decoding: line, as: UTF8.self)) }
  }
}

extension ChildCommand {
  /// `sh -c SCRIPT sh ARGUMENT…`
  static func shell(
    _ script: String, _ arguments: [String] = [], input: [UInt8]? = nil, directory: String? = nil,
    lines: Lines = Lines()
  ) -> ChildCommand {
    ChildCommand(
      executable: "/bin/sh",
      arguments: (["sh", "-c", script, "sh"] + arguments).map { Array($0.utf8) },
      directory: directory, input: input, grace: .seconds(2), onErrorLine: { lines.add($0) })
  }
}

extension Children {
  /// Runs a command to its end, reading all that it prints.
  func run(
    _ command: ChildCommand, cancellation: Cancellation = Cancellation(),
    eachBlock: (Run) -> Void = { _ in }
  ) async -> Run {
    var run = Run()
    do {
      let child = try await start(command, cancellation: cancellation)
      while run.exit == nil {
        switch await child.next() {
        case .output(let block):
          run.output += block
          eachBlock(run)
        case .exited(let exit): run.exit = exit
        }
      }
    } catch {
      run.failure = error
    }
    return run
  }

  static func withOne<Result>(
    _ clock: HandClock = HandClock(), _ body: (Children) async throws -> Result
  ) async rethrows -> Result {
    let children = Children(clock: clock, watcherExecutable: nil)
    let result = try await body(children)
    await children.finish()
    return result
  }
}

/// The living processes of the sessions that these printed themselves.
func living(inSessionsOf processes: [Substring]) -> [Int32] {
  let sessions = Set(processes.compactMap { Int32($0) })
  return (ProcessTable.read()?.rows ?? []).filter { $0.isAlive && sessions.contains($0.session) }
    .map(\.process)
}
