import Flow
import Lines
import Records
import Stages
import Synchronization

/// `gather`: an item goes to all branches at once, and their results become one record or list.
///
/// A failure of one branch cancels the others, which are awaited; of failures at the same instant the
/// one written first in the file counts, else the first in time (SEMANTICS 1.14). So the others are
/// cancelled only when nothing more can happen at the instant of the failure.
struct GatherBody: ItemBody {
  /// Each runs items by itself; its `inner` are the stages of the branch.
  let branches: [PlannedStage]
  /// The fields of the record; nil makes a list.
  let names: [FieldName]?
  let results: ItemResults

  func attempt(_ item: Item, _ attempt: any ItemScope) async throws(ItemError) {
    let budget = KeptScope.Budget()
    let scopes = branches.map { branch in
      KeptScope(attempt, stage: branch.name, line: item.number, Cancellation(), budget)
    }
    let failures = Failures(scopes.map(\.cancellation), attempt.clock)
    attempt.cancellation.onCancel { reason in
      for scope in scopes { scope.cancellation.cancel(reason) }
    }
    await withTaskGroup(of: Void.self) { group in
      for index in branches.indices {
        group.addTask { await run(index, item, scopes[index], failures) }
      }
    }
    attempt.cancellation.onCancel(nil)
    if let failure = failures.finish() { throw .inner(failure) }
    if budget.isOverdrawn { throw .own(.gatheredTooLarge) }
    if attempt.cancellation.isCancelled { return }
    var effects: [Effect] = []
    for (branch, scope) in zip(branches, scopes) {
      var counts = LineCounts()
      counts.taken = 1
      counts.given = scope.results.batches.reduce(0) { $0 + $1.count }
      effects += scope.results.effects + [.count(branch, counts, number: item.number)]
    }
    do {
      let gathered = try gathered(scopes.map { $0.results.batches }, item, attempt)
      _ = await attempt.emit(gathered, effects: effects)
    } catch {
      throw .own(error)
    }
  }

  private func run(
    _ index: Int, _ item: Item, _ scope: KeptScope, _ failures: Failures
  ) async {
    let branch = branches[index]
    guard case .items(let body) = branch.running else { return }
    branch.begin(.busy, scope.clock)
    defer { branch.end(.busy, scope.clock) }
    do {
      try await body.attempt(item, scope)
    } catch {
      switch error {
      case .own(let failure): failures.note(branch.failure(failure, at: item.number), of: index)
      case .inner(let failure): failures.note(failure, of: index)
      }
    }
  }

  private func gathered(
    _ results: [[Batch]], _ item: Item, _ attempt: any ItemScope
  ) throws(Failure) -> Batch {
    var rows: [[UInt8]] = []
    for (branch, result) in zip(branches, results) { rows.append(try row(of: branch, result)) }
    var out = BatchBuilder(viewing: item.batch, delimiter: attempt.course.delimiter)
    out.inherit(from: item.batch)
    if let names {
      out.beginRow()
      for (name, row) in zip(names, rows) { out.field(name, row: row.span.bytes) }
      out.endRow()
    } else {
      var list = BatchBuilder(delimiter: attempt.course.delimiter)
      for row in rows {
        list.append(row)
        list.noteInnerDelimiters()
        list.endLine(like: item.batch, 0, kind: .record)
      }
      out.append(listOf: [list.take(covering: 0..<0)])
    }
    out.noteInnerDelimiters()
    out.endLine(like: item.batch, 0, kind: .record)
    return out.take(covering: 0..<0)
  }

  private func row(of branch: PlannedStage, _ result: [Batch]) throws(Failure) -> [UInt8] {
    do { return try results.row(result) } catch {
      var failure = error
      failure.message = "branch '\(branch.name)': " + failure.message
      throw failure
    }
  }

  /// What went wrong in the branches, and the end of those that are still at work.
  private final class Failures: Sendable {
    private struct Noted {
      let instant: Instant
      let branch: Int
      let failure: StageFailure
    }
    private struct State {
      var noted: [Noted] = []
      var timer: TimerID?
    }
    private let cancellations: [Cancellation]
    private let clock: any TimerClock
    private let state = Mutex(State())

    init(_ cancellations: [Cancellation], _ clock: any TimerClock) {
      self.cancellations = cancellations
      self.clock = clock
    }

    func note(_ failure: StageFailure, of branch: Int) {
      if cancellations[branch].isCancelled { return }
      let now = clock.now
      let isFirst = state.withLock { state in
        state.noted.append(Noted(instant: now, branch: branch, failure: failure))
        return state.noted.count == 1
      }
      guard isFirst else { return }
      let timer = clock.schedule(at: now, phase: .grace) { [cancellations] in
        for cancellation in cancellations { cancellation.cancel(.stop) }
      }
      state.withLock { $0.timer = timer }
    }

    /// The first failure, once all branches have ended.
    func finish() -> StageFailure? {
      let (first, timer) = state.withLock { state in
        (state.noted.min { ($0.instant, $0.branch) < ($1.instant, $1.branch) }, state.timer)
      }
      if let timer { clock.cancel(timer) }
      return first?.failure
    }
  }
}

extension Failure {
  fileprivate static let gatheredTooLarge = Failure(
    .tooLarge, "the results of its branches are larger than the 16MiB that may be gathered")
}
