import DequeModule
import Flow
import Lines
import Stages
import Synchronization

/// Work that a `start` has begun and its `await` has not collected: one for each run of their chain.
///
/// `start` leaves a mark behind every item. It goes by the stages in between in its place, so that
/// whatever has become of the item (none, one or several, or an error record) stands before it, and
/// `await` knows which work it has come to.
final class StartedWork: Sendable {
  let gather: Gather<ItemSupply, Output, Cause>
  /// By mark that `await` has not reached: the number of the work, nil where none was begun.
  private let marks = Mutex(Deque<Int?>())

  /// How what was begun has ended.
  private enum Ending {
    case open
    case awaited(UnsafeContinuation<StageFailure?, Never>)
    case over(StageFailure?)
  }
  private let ending = Mutex(Ending.open)

  /// The `start`.
  let stage: PlannedStage

  init(_ stage: PlannedStage) {
    self.stage = stage
    gather = Gather(stage.bounds)
  }

  /// `start` sends an item on, and its mark behind it.
  func noteMark(of work: Int?) { marks.withLock { $0.append(work) } }

  /// The work of the items up to the next mark.
  var current: Int? { marks.withLock { $0.first ?? nil } }

  /// `await` has reached the mark.
  func passMark() { marks.withLock { _ = $0.popFirst() } }

  /// All that was begun has ended, and what the stages of it kept up; or nobody has to wait for that.
  /// Only the first call counts.
  ///
  /// - Parameter failure: what is wrong with the work as a whole, behind its last item.
  func end(_ failure: StageFailure?) {
    let waiter = ending.withLock { ending -> UnsafeContinuation<StageFailure?, Never>? in
      switch ending {
      case .over: return nil
      case .open:
        ending = .over(failure)
        return nil
      case .awaited(let waiter):
        ending = .over(failure)
        return waiter
      }
    }
    waiter?.resume(returning: failure)
  }

  var isOver: Bool { ending.withLock { if case .over = $0 { true } else { false } } }

  /// Waits for that. One waits, once.
  func failureAtEnd() async -> StageFailure? {
    await withUnsafeContinuation { continuation in
      let known = ending.withLock { ending -> StageFailure?? in
        if case .over(let failure) = ending { return .some(failure) }
        ending = .awaited(continuation)
        return nil
      }
      if let known { continuation.resume(returning: known) }
    }
  }

  /// Nobody wants the result any more: the work is cancelled and counts as done. Its worker has it
  /// until it has ended.
  func cancel(_ id: Int) {
    let token = gather.token(of: id)
    gather.retract(id)
    gather.finish(id, .nothing, bytes: 0)
    token?.cancel(.stop)
  }
}

extension Output {
  /// The end of work that gives nothing.
  static var nothing: Output {
    var output = Output()
    output.counts.taken = 1
    return output
  }

  /// Its counts without the item itself, which has been counted where it went on.
  var absorbed: LineCounts {
    var counts = counts
    (counts.taken, counts.given) = (0, 0)
    return counts
  }

  /// Whether it is the last of its unit of work.
  var endsUnit: Bool { counts.taken > 0 }
}
