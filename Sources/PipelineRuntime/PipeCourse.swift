import Lines
import Stages
import Synchronization

/// What has come of a command that the whole stream goes through, and so how its stage closes.
struct PipeState {
  enum Closing {
    /// Nobody reads any more.
    case stopped
    case failed(Failure)
    case cut(Cause)
    /// All is well; early: before the input was over.
    case ended(early: Bool)
  }

  private(set) var inputIsOver = false
  private(set) var isStopped = false
  private var cause: Cause?
  private var late: Failure?
  private(set) var covered: Range<UInt64>?
  private(set) var lastNumber: UInt64?
  /// Lines taken that no output accounts for yet.
  private var taken = 0

  mutating func take(_ batch: Batch) {
    taken += batch.count
    if !batch.isEmpty { lastNumber = batch.number(batch.count - 1) }
    if batch.covered.isEmpty { return }
    let lower = min(covered?.lowerBound ?? batch.covered.lowerBound, batch.covered.lowerBound)
    covered = lower..<max(lower, batch.covered.upperBound)
  }

  mutating func closeInput() { inputIsOver = true }
  mutating func stop() { isStopped = true }

  mutating func cut(_ cause: Cause) {
    inputIsOver = true
    self.cause = cause
  }

  /// The first failure that the stage meets by itself counts.
  mutating func isLate(_ failure: Failure) { late = late ?? failure }

  /// Nothing that the command still writes is passed on.
  var isOver: Bool { isStopped || late != nil }

  /// - Parameter failure: what its exit says; nil where it is a good one, or was asked for.
  func closing(_ failure: Failure?) -> Closing {
    if isStopped { return .stopped }
    if let late { return .failed(late) }
    if let cause { return .cut(cause) }
    if let failure { return .failed(failure) }
    return .ended(early: !inputIsOver)
  }

  mutating func output(_ batch: Batch) -> Output {
    var output = Output(batch: batch, number: lastNumber)
    output.counts.taken = taken
    output.counts.given = batch.count
    taken = 0
    return output
  }
}

/// The same between its writer and its reader.
final class PipeCourse: Sendable {
  private let state = Mutex(PipeState())

  var inputIsOver: Bool { state.withLock { $0.inputIsOver } }
  var isOver: Bool { state.withLock { $0.isOver } }
  var lastNumber: UInt64? { state.withLock { $0.lastNumber } }
  /// The input lines that have been taken.
  var covered: Range<UInt64> { state.withLock { $0.covered ?? 0..<0 } }

  func take(_ batch: Batch) { state.withLock { $0.take(batch) } }
  func closeInput() { state.withLock { $0.closeInput() } }
  func cut(_ cause: Cause) { state.withLock { $0.cut(cause) } }
  func stop() { state.withLock { $0.stop() } }
  func isLate(_ failure: Failure) { state.withLock { $0.isLate(failure) } }
  func closing(_ failure: Failure?) -> PipeState.Closing { state.withLock { $0.closing(failure) } }
  func output(_ batch: Batch) -> Output { state.withLock { $0.output(batch) } }
}
