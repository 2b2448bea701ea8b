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

/// What one step of work gave. Moved to where it is handed on: copying it costs as much as the rest of
/// a step that does little.
struct Step: ~Copyable, Sendable {
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
  /// The first output, if `isEmpty` is false: nearly always the only one, and then there is no array to
  /// make. Not an optional, whose copies go through the runtime's tables of types.
  let first: Output
  let isEmpty: Bool
  /// Those behind it.
  let more: [Output]
  var status: Status

  init(_ output: consuming Output, _ status: Status) {
    first = output
    isEmpty = false
    more = []
    self.status = status
  }

  init(outputs: [Output], status: Status) {
    first = outputs.first ?? Output()
    isEmpty = outputs.isEmpty
    more = Array(outputs.dropFirst())
    self.status = status
  }

  var outputs: [Output] { isEmpty ? [] : [first] + more }
}
