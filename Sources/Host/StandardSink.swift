import CLinux
import Flow
import Glibc
import Lines
package import PipelineRuntime
import Synchronization

/// Writes what leaves the last stage, on a thread of its own, at once when nothing more is queued. A
/// second thread watches for the reader leaving, also while there is nothing to write.
package final class StandardSink: LineSink {
  private struct State {
    var readerGone = false
    var patience = SinkWriter.Patience.waits
  }

  private let target: OutputTarget
  private let delimiter: UInt8
  /// Wakes the writer out of its wait for room, and the one who watches out of his: for good, since
  /// whatever is told by it ends what they wait for.
  private let wake: FileDescriptor
  private let state = Mutex(State())

  /// - Parameter file: where to write instead of stdout.
  package init(to file: OutputFile? = nil, delimiter: UInt8 = 0x0A) throws(PortFailure) {
    target = file.map { OutputTarget($0) } ?? OutputTarget.standardOutput()
    self.delimiter = delimiter
    let wake = linux_eventfd()
    guard wake >= 0 else { throw PortFailure("cannot write: \(SystemError.last)") }
    self.wake = FileDescriptor(number: wake)
  }

  deinit { wake.close() }

  package func run(from queue: LineQueue, report watcher: any SinkWatcher) async -> SinkReport {
    Thread.start("reader watch") { [self] in watchReader(queue) }
    return await Waiter.suspend { waiter in
      Thread.start("sink") { [self] in
        linux_wake_behind_others()
        var writer = SinkWriter(
          target: target, delimiter: delimiter, wake: wake, patience: { self.patience },
          onBlocked: watcher.sinkIsBlocked)
        let report = writeAll(queue, &writer)
        wake.notify()
        waiter.resume(returning: report)
      }
    }
  }

  package func stopWaiting() { lose(.impatient) }

  package func stopHard() { lose(.over) }

  private func lose(_ patience: SinkWriter.Patience) {
    state.withLock { $0.patience = max($0.patience, patience) }
    wake.notify()
  }

  private var patience: SinkWriter.Patience { state.withLock { $0.patience } }

  // MARK: On the threads

  private func writeAll(_ queue: LineQueue, _ writer: inout SinkWriter) -> SinkReport {
    var closing: Closing<Cause>?
    do throws(SinkWriter.Broken) {
      while closing == nil {
        var received = queue.tryReceive()
        if received == nil {
          try writer.flush()
          received = queue.receiveBlocking()
        }
        switch received {
        case .element(let batch): try writer.write(batch)
        case .closed(let how): closing = how
        case .stopped, nil: closing = .end
        }
      }
      try writer.flush()
    } catch {
      queue.stop()
      // What closing it tells besides is no news.
      _ = target.close()
      return writer.report(closing ?? .cut(.ended), broken: error)
    }
    var report = writer.report(closing ?? .end, broken: nil)
    report.readerGone = state.withLock { $0.readerGone }
    report.failure = target.close()
    return report
  }

  private func watchReader(_ queue: LineQueue) {
    guard target.hasReader else { return }
    while true {
      let ready = linux_wait(target.file.number, 2, wake.number, -1)
      if ready & 4 != 0 { return }
      if ready & 2 != 0 {
        state.withLock { $0.readerGone = true }
        wake.notify()
        return queue.stop()
      }
    }
  }
}

extension FileDescriptor {
  /// Counts an eventfd up, which wakes whoever polls it.
  func notify() {
    var one: UInt64 = 1
    _ = unsafe Glibc.write(number, &one, 8)
  }
}
