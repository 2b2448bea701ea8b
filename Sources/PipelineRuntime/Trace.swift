import Flow
import Stages
import Synchronization

/// A run as trace events in the JSON array format of Chrome, which Perfetto shows
/// (docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU, "Trace Event Format"):
/// a process for each stage, a thread for each of its workers, spans for what they are at.
///
/// Spans are written as they end, in blocks, by whoever fills one: what a disk does not take as fast
/// makes the workers wait, so that memory is bounded. When it cannot be written the run goes on.
package final class Trace: Sendable {
  private struct Stage {
    var process: Int
    var threads = 0
    var free: [Int] = []
    /// From when to when any lane of it was at work.
    var span: ClosedRange<Instant>?
  }

  private struct State {
    var text = TraceText()
    var stages: [String: Stage] = [:]
    var names: [String] = []
    var failure: Failure?
  }

  private static let blockSize = 64 << 10
  private let file: any SideFile
  private let state = Mutex(State())

  /// Writes to `file`, which it closes at the end.
  package init(to file: any SideFile) { self.file = file }

  /// The run begins: times are counted from now on.
  func begin(_ plan: Plan, at now: Instant) {
    state.withLock { state in
      state.text.origin = now
      state.text.nameProcess(1, "streamline")
      for stage in plan.allStages where state.stages[stage.name] == nil && !stage.isMark {
        let process = state.stages.count + 2
        state.stages[stage.name] = Stage(process: process)
        state.names.append(stage.name)
        state.text.nameProcess(process, stage.name)
      }
    }
  }

  /// A worker of `stage` begins: a thread that nobody else has until it ends.
  func enter(_ stage: String, at now: Instant) -> TraceTrack? {
    state.withLock { state -> TraceTrack? in
      guard var known = state.stages[stage] else { return nil }
      defer { state.stages[stage] = known }
      if let span = known.span {
        known.span = min(span.lowerBound, now)...span.upperBound
      } else {
        known.span = now...now
      }
      if let thread = known.free.popLast() {
        return TraceTrack(self, stage, process: known.process, thread: thread, begun: now)
      }
      known.threads += 1
      state.text.nameThread(known.threads, of: known.process, "worker \(known.threads)")
      return TraceTrack(self, stage, process: known.process, thread: known.threads, begun: now)
    }
  }

  func leave(_ track: TraceTrack, at now: Instant) async {
    await span("worker \(track.thread)", "worker", on: track, from: track.begun, to: now)
    state.withLock { state in
      state.stages[track.stage]?.free.append(track.thread)
      guard let span = state.stages[track.stage]?.span else { return }
      state.stages[track.stage]?.span = span.lowerBound...max(span.upperBound, now)
    }
  }

  /// - Parameter details: members of the event's `args`, their values as JSON.
  func span(
    _ name: String, _ category: String, on track: TraceTrack, from begun: Instant, to now: Instant,
    _ details: [(name: String, value: String)] = []
  ) async {
    let block = state.withLock { state -> [UInt8]? in
      if state.failure != nil { return nil }
      state.text.addSpan(
        name, category, process: track.process, thread: track.thread, begun, now, details)
      return state.text.count >= Self.blockSize ? state.text.take() : nil
    }
    if let block { await write(block) }
  }

  /// Writes what is left and closes the file.
  /// - Returns: why not all of it could be written.
  func finish(at now: Instant) async -> Failure? {
    let block = state.withLock { state in
      for name in state.names {
        guard let stage = state.stages[name], let span = stage.span else { continue }
        state.text.nameThread(0, of: stage.process, "stage")
        state.text.addSpan(
          name, "stage", process: stage.process, thread: 0, span.lowerBound, span.upperBound)
      }
      state.text.end(at: now)
      return state.text.take()
    }
    if state.withLock({ $0.failure == nil }) { await write(block) }
    do { try await file.close() } catch { fail(error) }
    return state.withLock { $0.failure }
  }

  private func write(_ block: [UInt8]) async {
    do { try await file.write(block, delimiter: 0x0A) } catch { fail(error.failure) }
  }

  private func fail(_ failure: Failure) {
    state.withLock { $0.failure = $0.failure ?? failure }
  }
}
