import Flow
import Lines
import Stages

/// Work that goes through the stream in one task.
protocol SerialWork {
  /// Works on `batch` from `cursor` on.
  mutating func step(_ batch: Batch, _ cursor: inout Cursor) async -> Step
  /// Whether `tick` is to be called before each `step` and at `wakeUp`, though nothing came.
  var goesByClock: Bool { get }
  /// Nil if nothing will be due.
  func wakeUp(_ clock: any TimerClock) -> Instant?
  /// What is due by now; called until it is `used`.
  mutating func tick(_ clock: any TimerClock) async -> Step
  /// What it holds, at the end of the stream; called until it is `used`.
  mutating func finish() async -> Step
}

extension SerialWork {
  var goesByClock: Bool { false }
  func wakeUp(_ clock: any TimerClock) -> Instant? { nil }
  mutating func tick(_ clock: any TimerClock) async -> Step { Step(outputs: [], status: .used) }
}

/// What one step of work gave.
struct Step: Sendable {
  enum Status: Sendable {
    /// The batch is used up.
    case used
    /// There is more in it.
    case more
    /// It wants no more input.
    case enough
    /// Behind a reference, since every step has room for one.
    indirect case failed(StageFailure)
  }
  var outputs: [Output]
  var status: Status
}
