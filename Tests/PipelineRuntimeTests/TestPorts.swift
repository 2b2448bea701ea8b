import Flow
import Lines
import PipelineRuntime
import Stages
import Synchronization

/// Input from a list of lines, in batches whose sizes show how reads were cut; served by a task, so
/// that a step executor sees it.
final class ListSource: LineSource {
  private let lines: [String]
  private let cuts: [Int]
  private let failsAtEnd: Bool
  private let state = Mutex((isOver: false, read: UInt64(0)))

  init(_ lines: [String], cuts: [Int] = [1000], failsAtEnd: Bool = false) {
    self.lines = lines
    self.cuts = cuts
    self.failsAtEnd = failsAtEnd
  }

  func run(into queue: LineQueue) async -> SourceReport {
    var sent = 0
    var cut = 0
    while sent < lines.count, !state.withLock({ $0.isOver }) {
      let size = min(max(1, cuts[cut % cuts.count]), lines.count - sent)
      cut += 1
      let batch = Batch.of(Array(lines[sent..<sent + size]), firstNumber: UInt64(sent) + 1)
      sent += size
      state.withLock { $0.read = UInt64(sent) }
      guard await queue.send(batch) else { break }
    }
    queue.close(failsAtEnd ? .cut(.input(PortFailure("it can not be read"))) : .end)
    return SourceReport(linesRead: UInt64(sent))
  }

  var linesRead: UInt64 { state.withLock { $0.read } }
  func interrupt() { state.withLock { $0.isOver = true } }
  func stop() { state.withLock { $0.isOver = true } }
}

/// Keeps what is written; its reader may leave after some lines.
final class ListSink: LineSink {
  private let leavesAfter: Int?
  private let state = Mutex((lines: [String](), isHard: false))
  private let onLine: @Sendable ([String]) -> Void
  private let onEnd: @Sendable () -> Void

  init(
    leavesAfter: Int? = nil, onLine: @escaping @Sendable ([String]) -> Void = { _ in },
    onEnd: @escaping @Sendable () -> Void = {}
  ) {
    self.leavesAfter = leavesAfter
    self.onLine = onLine
    self.onEnd = onEnd
  }

  var lines: [String] { state.withLock { $0.lines } }

  func run(from queue: LineQueue, report: any SinkWatcher) async -> SinkReport {
    defer { onEnd() }
    var complete: UInt64 = 1
    while true {
      switch await queue.receive() {
      case .element(let batch):
        let written = state.withLock { state in
          if !state.isHard {
            state.lines += (0..<batch.count).map { String(decoding: batch.text($0), as: UTF8.self) }
          }
          return state.lines
        }
        if !batch.covered.isEmpty { complete = batch.covered.upperBound }
        onLine(written)
        if let leavesAfter, written.count >= leavesAfter {
          queue.stop()
          return SinkReport(closing: .end, readerGone: true, completeBelow: complete)
        }
      case .closed(let closing):
        return SinkReport(
          closing: closing, linesWritten: UInt64(lines.count), completeBelow: complete)
      case .stopped: return SinkReport(closing: .end, readerGone: true)
      }
    }
  }

  /// Its reader never makes it wait.
  func stopWaiting() {}
  func stopHard() { state.withLock { $0.isHard = true } }
}

/// No children, no files: stages under test bring their own work.
struct NoLauncher: Launcher {
  func locate(_ command: String, directory: String?, path: String?) throws(Failure) -> String {
    command
  }
  func start(
    _ command: ChildCommand, cancellation: Cancellation
  ) async throws(Failure) -> any Child {
    throw Failure(.stage, "no children here")
  }
}

/// Side files in memory.
final class MemoryFiles: SideFileOpener {
  private let files = Mutex<[String: [UInt8]]>([:])
  private let failsAfter: Int?

  init(failsAfter: Int? = nil) { self.failsAfter = failsAfter }

  func text(_ path: String) -> String {
    String(decoding: files.withLock { $0[path] ?? [] }, as: UTF8.self)
  }

  func open(_ path: String, append: Bool) throws(Failure) -> any SideFile {
    files.withLock { if !append { $0[path] = [] } }
    return File(files: self, path: path)
  }

  fileprivate func add(_ bytes: [UInt8], to path: String) -> Bool {
    files.withLock { files in
      let size = files[path, default: []].count + bytes.count
      if let failsAfter, size > failsAfter { return false }
      files[path, default: []] += bytes
      return true
    }
  }

  private struct File: SideFile {
    let files: MemoryFiles
    let path: String
    func write(_ bytes: [UInt8], delimiter: UInt8) async throws(SideFileFailure) {
      if !files.add(bytes, to: path) {
        throw SideFileFailure(Failure(.stage, "\(path): no space left"))
      }
    }
    func close() async throws(Failure) {}
  }
}
