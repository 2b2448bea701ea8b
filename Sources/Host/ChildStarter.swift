import Flow
import Stages
import Synchronization

/// A child that is wanted.
struct ChildRequest: Sendable {
  var command: ChildCommand
  var cancellation: Cancellation
  /// The task that waits for it.
  var answer: Waiter<Result<ChildProcess, Failure>>
}

/// What a thread that starts children does for each.
struct ChildStarter: Sendable {
  private static let lastID = Atomic<UInt64>(0)

  /// Which of these threads it is, from 0.
  let number: Int
  let spawner: Spawner
  let table: SessionTable
  let mailbox: ChildMailbox

  /// Starts a child and leaves it to its loop, which answers the request; or answers with what kept
  /// it from being started.
  func start(_ request: ChildRequest) {
    do throws(Failure) {
      if request.cancellation.isCancelled {
        throw Failure(.cancelled, "cancelled before it was started")
      }
      defer { table.expectNothing(number) }
      let spawned = try spawner.start(request.command) { table.expect(number, $0, $1) }
      hand(spawned, request)
    } catch {
      request.answer.resume(returning: .failure(error))
    }
  }

  private func hand(_ spawned: Spawned, _ request: ChildRequest) {
    let command = request.command
    let input = spawned.input.map { input in
      (pipe: input.pipe, bytes: (command.input ?? [])[input.written...])
    }
    let talks = command.keepsInput
    let child = ChildProcess(
      process: spawned.process, output: spawned.output,
      input: talks ? input.map { ChildInput($0.pipe, unsent: $0.bytes) } : nil)
    let id = Self.lastID.add(1, ordering: .relaxed).newValue
    let started = StartedChild(
      id: id, child: child, handle: spawned.handle, error: spawned.error,
      input: talks ? nil : input, session: table.add(spawned.process), grace: command.grace,
      cancellation: request.cancellation, onErrorLine: command.onErrorLine)
    // Nothing can be told of the child before it is known. One that is sent nothing more has nothing
    // to say before there is news of it, and the task that waits for it is woken with these.
    if talks {
      mailbox.post(.started(started, request.answer))
    } else {
      mailbox.leave(.started(started, request.answer))
    }
    watch(spawned, id)
    request.cancellation.onCancel { [mailbox] reason in
      mailbox.post(.cancelled(id: id, hard: reason == .hard))
    }
  }

  private func watch(_ spawned: Spawned, _ id: UInt64) {
    mailbox.watch(spawned.output, ChildEventSource(child: id, kind: .output))
    mailbox.watch(spawned.error, ChildEventSource(child: id, kind: .error))
    if let input = spawned.input {
      mailbox.watch(input.pipe, ChildEventSource(child: id, kind: .input))
    }
    mailbox.watch(spawned.handle, ChildEventSource(child: id, kind: .process))
  }
}
