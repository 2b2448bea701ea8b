import Flow
import Lines

/// Where one worker's spans are drawn, from its beginning to its end.
struct TraceTrack: Sendable {
  private let trace: Trace
  let stage: String
  let process: Int
  let thread: Int
  let begun: Instant

  init(
    _ trace: Trace, _ stage: String, process: Int, thread: Int, begun: Instant
  ) {
    self.trace = trace
    self.stage = stage
    self.process = process
    self.thread = thread
    self.begun = begun
  }

  /// Work on one item or batch that has just ended.
  func span(
    _ name: String, _ category: String, from begun: Instant, to now: Instant,
    _ details: [(name: String, value: String)] = []
  ) async {
    await trace.span(name, category, on: self, from: begun, to: now, details)
  }

  /// Work on a batch of items that has just ended.
  func span(_ batch: Batch, from begun: Instant, to now: Instant) async {
    let first = ("line", String(batch.number(0)))
    await span("batch", "batch", from: begun, to: now, [first, ("items", String(batch.count))])
  }

  /// The worker has ended.
  func leave(at now: Instant) async { await trace.leave(self, at: now) }
}

extension TraceTrack {
  /// Work on an item, with all attempts and pauses, that has just ended.
  func span(_ unit: ItemUnit, from begun: Instant, to now: Instant) async {
    let name = unit.number.map { "line \($0)" } ?? "item"
    let details = unit.number.map { [("line", String($0))] } ?? []
    await span(name, "item", from: begun, to: now, details)
  }
}
