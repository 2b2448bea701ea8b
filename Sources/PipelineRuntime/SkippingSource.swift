import Flow
import Lines

/// A source whose first lines are dropped: `--from-line`. Line numbers stay those of the input.
package struct SkippingSource: LineSource {
  private let base: any LineSource
  private let first: UInt64

  package init(_ base: any LineSource, from first: UInt64) {
    self.base = base
    self.first = first
  }

  package func run(into queue: LineQueue) async -> SourceReport {
    let read = LineQueue(lines: queue.capacity.lines, bytes: queue.capacity.bytes)
    async let report = base.run(into: read)
    await pass(from: read, to: queue)
    return await report
  }

  package func interrupt() { base.interrupt() }
  package func stop() { base.stop() }

  private func pass(from read: LineQueue, to queue: LineQueue) async {
    var hasBegun = false
    while true {
      switch await read.receive() {
      case .element(var batch):
        while !batch.isEmpty, batch.number(0) < first {
          let before = Int(clamping: first - batch.number(0))
          _ = batch.takePrefix(lines: min(before, batch.count), bytes: .max)
        }
        if batch.isEmpty { continue }
        if !hasBegun {
          hasBegun = true
          // The lines before it are done with: if the first one fails, they are not to be run again.
          guard await queue.send(Batch(covering: 1..<first)) else { return read.stop() }
        }
        guard await queue.send(batch) else { return read.stop() }
      case .closed(let closing): return queue.close(closing)
      case .stopped: return
      }
    }
  }
}
