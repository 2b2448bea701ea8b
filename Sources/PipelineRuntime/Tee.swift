import Lines
import Stages

/// `tee` to a file: every item goes on, and a copy of it travels to the stage's side file.
struct Tee: SerialWork {
  private let port: SidePort
  /// The path where items decide it; nil when the port has one file.
  private let path: Template?
  private let stage: PlannedStage
  private let delimiter: UInt8
  private var predicate: (any Predicate)?

  init(_ port: SidePort, _ path: Template?, _ lane: Lane) {
    self.port = port
    self.path = path
    stage = lane.stage
    delimiter = lane.course.delimiter
    predicate = stage.makePredicate?()
  }

  mutating func step(_ batch: Batch, _ cursor: inout Cursor) async -> Step {
    let first = cursor.item
    var writes: [SideWrite] = []
    var failed: StageFailure?
    while cursor.item < batch.count, failed == nil {
      do throws(Failure) {
        if try wants(batch, cursor.item) { try write(batch, cursor.item, first, &writes) }
        cursor.advance()
      } catch {
        failed = stage.failure(error, at: batch.number(cursor.item))
      }
    }
    return Step(
      outputs: [output(batch, first..<cursor.item, writes)],
      status: failed.map(Step.Status.failed) ?? .used)
  }

  /// Adds an item to the last write, or begins another one where the path changes.
  private func write(
    _ batch: Batch, _ index: Int, _ first: Int, _ writes: inout [SideWrite]
  ) throws(Failure) {
    let path = try pathText(batch, index)
    if writes.last?.path != path || writes.isEmpty {
      writes.append(SideWrite(port: port, path: path, bytes: [], items: []))
    }
    let last = writes.count - 1
    if batch.kind(index) == .record {
      writes[last].bytes += batch.text(index)
    } else {
      batch.withLine(index) { writes[last].bytes.append(contentsOf: $0.array) }
    }
    writes[last].bytes.append(delimiter)
    writes[last].items?.append(Int32(index - first))
  }

  private func output(_ batch: Batch, _ range: Range<Int>, _ writes: [SideWrite]) -> Output {
    var output = Output(batch: range.count == batch.count ? batch : batch.slice(range))
    let lower = batch.covered.lowerBound
    if range.upperBound < batch.count {
      output.batch.covered = lower..<max(lower, batch.number(range.upperBound))
    }
    output.effects = writes.map(Effect.write)
    output.counts.taken = batch.itemCount(range)
    output.counts.given = output.counts.taken
    if !range.isEmpty { output.number = batch.number(range.upperBound - 1) }
    return output
  }

  mutating func finish() async -> Step { Step(outputs: [], status: .used) }

  private mutating func wants(_ batch: Batch, _ index: Int) throws(Failure) -> Bool {
    if batch.bypass(index) > 0 || batch.kind(index) == .error { return false }
    return try predicate?.holds(batch, index) ?? true
  }

  private func pathText(_ batch: Batch, _ index: Int) throws(Failure) -> String? {
    guard let path else { return nil }
    return String(decoding: try path.renderPath(batch.item(index)), as: UTF8.self)
  }
}
