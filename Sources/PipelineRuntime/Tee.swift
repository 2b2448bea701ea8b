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
    var outputs: [Output] = []
    var written: [Effect] = []
    var pending: (path: String?, bytes: [UInt8])?
    var status = Step.Status.used
    let first = cursor.item
    var last = batch.count
    while cursor.item < batch.count {
      let index = cursor.item
      do throws(Failure) {
        if try wants(batch, index) {
          let path = try pathText(batch, index)
          if pending?.path != path || pending == nil {
            if let pending { written.append(.write(port, path: pending.path, pending.bytes)) }
            pending = (path, [])
          }
          batch.withLine(index) { line in line.append(to: &pending) }
          pending?.bytes.append(delimiter)
        }
        cursor.advance()
      } catch {
        status = .failed(stage.failure(error, at: batch.number(index)))
        last = index
        break
      }
    }
    if let pending { written.append(.write(port, path: pending.path, pending.bytes)) }
    var output = Output(batch: first == 0 && last == batch.count ? batch : batch.slice(first..<last))
    if last < batch.count {
      output.batch.covered =
        batch.covered.lowerBound..<max(batch.covered.lowerBound, batch.number(last))
    }
    output.effects = written
    output.counts.taken = last - first
    output.counts.given = last - first
    if last > 0 { output.number = batch.number(last - 1) }
    outputs.append(output)
    return Step(outputs: outputs, status: status)
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

extension RawSpan {
  fileprivate func append(to pending: inout (path: String?, bytes: [UInt8])?) {
    for offset in 0..<byteCount { pending?.bytes.append(self[offset]) }
  }
}
