import Flow
import Host
import Lines
import PipelineModel
import PipelineRuntime
import Stages
import Synchronization
import VirtualTime

/// The input of a case: blocks of bytes that come at their times, divided into lines as a run divides
/// them, wherever a read may have cut them.
final class CaseSource: LineSource {
  private let blocks: [(at: Duration, bytes: [UInt8])]
  private let framing: Framing
  private let keepsOrigins: Bool
  private let clock: any TimerClock
  /// The most bytes a read gives; nil is no bound.
  private let cuts: Mutex<SplitMix64?>
  private let ending = Cancellation()
  private let state = Mutex((isInterrupted: false, signalled: false))
  private let signal: (line: UInt64, send: @Sendable () -> Void)?

  /// - Parameters:
  ///   - cuts: draws the sizes of reads; nil reads each block whole.
  ///   - signal: what is called when this line has been read.
  init(
    _ blocks: [(at: Duration, bytes: [UInt8])], _ framing: Framing, keepsOrigins: Bool,
    clock: any TimerClock, cuts: SplitMix64?,
    signal: (line: UInt64, send: @Sendable () -> Void)?
  ) {
    self.blocks = blocks
    self.framing = framing
    self.keepsOrigins = keepsOrigins
    self.clock = clock
    self.cuts = Mutex(cuts)
    self.signal = signal
  }

  func run(into queue: LineQueue) async -> SourceReport {
    var splitter = LineSplitter(
      delimiter: framing.delimiter, maxLine: framing.maxLine, keepsOrigins: keepsOrigins)
    let begun = clock.now
    if signal?.line == 0 { send() }
    var closing = Closing<Cause>.end
    do {
      for block in blocks {
        guard await clock.sleep(until: begun + block.at, phase: .work, ending) else { break }
        try await read(block.bytes, &splitter, queue)
      }
      if !isOver, let last = splitter.finish() { _ = await give(last, queue) }
    } catch {
      closing = .cut(.input(Self.tooLong(error)))
    }
    let (isInterrupted, isSignalled) = state.withLock { $0 }
    queue.close(closing)
    // Of a block that is read whole, what stands behind the line of the signal has not come yet.
    if isSignalled, let signal { return SourceReport(linesRead: signal.line) }
    let dropped = isInterrupted ? splitter.dropRest() : 0
    return SourceReport(linesRead: splitter.nextNumber - 1, droppedBytes: dropped)
  }

  private func read(
    _ bytes: [UInt8], _ splitter: inout LineSplitter, _ queue: LineQueue
  ) async throws(LineTooLong) {
    var rest = bytes[...]
    while !rest.isEmpty, !isOver {
      let size = readSize(of: rest.count)
      feed(rest.prefix(size), to: &splitter)
      rest = rest.dropFirst(size)
      while !isOver, let batch = try splitter.take() {
        guard await give(batch, queue) else { return }
      }
    }
  }

  func interrupt() {
    state.withLock { $0.isInterrupted = true }
    ending.cancel(.stop)
  }

  func stop() { ending.cancel(.stop) }

  // MARK: Within

  private var isOver: Bool { ending.isCancelled }

  /// Sends a batch; with the line that the signal comes behind, what is before that and no more.
  private func give(_ batch: Batch, _ queue: LineQueue) async -> Bool {
    guard let signal, !state.withLock({ $0.signalled }), batch.count > 0,
      batch.number(batch.count - 1) >= signal.line
    else { return await queue.send(batch) }
    let count = (0..<batch.count).first { batch.number($0) > signal.line } ?? batch.count
    guard await queue.send(batch.slice(0..<count)) else { return false }
    send()
    return false
  }

  private func send() {
    guard let signal else { return }
    state.withLock { $0.signalled = true }
    signal.send()
  }

  private func readSize(of bytes: Int) -> Int {
    cuts.withLock { cuts in
      guard cuts != nil, let drawn = cuts?.next(below: 4) else { return min(bytes, 1 << 18) }
      let most = [1, 7, 64, 4096][drawn]
      return min(bytes, 1 + (cuts?.next(below: most) ?? 0))
    }
  }

  private func feed(_ bytes: ArraySlice<UInt8>, to splitter: inout LineSplitter) {
    var left = bytes
    while !left.isEmpty {
      let before = left.count
      _ = splitter.fill { space in
        let count = min(space.count, left.count)
        space.copyBytes(from: left.prefix(count))
        left = left.dropFirst(count)
        return count
      }
      if left.count == before { return }
    }
  }

  private static func tooLong(_ line: LineTooLong) -> PortFailure {
    PortFailure(
      "input line \(line.number) is longer than \(ByteSize.written(line.limit))",
      remedy: "raise it by input: {max_line: …}")
  }
}

/// Keeps the output of a case, with the input line that each line came from.
final class CaseSink: LineSink {
  private let closesAfter: Int?
  private let state = Mutex((lines: [CaseLine](), isHard: false))

  init(closesAfter: Int?) { self.closesAfter = closesAfter }

  var lines: [CaseLine] { state.withLock { $0.lines } }

  func run(from queue: LineQueue, report: any SinkWatcher) async -> SinkReport {
    var amount = WrittenAmount()
    if closesAfter == 0 { queue.stop() }
    while true {
      switch await queue.receive() {
      case .element(let batch):
        let written = state.withLock { state in
          if !state.isHard { state.lines += CaseLine.of(batch) }
          return state.lines.count
        }
        amount.add(batch)
        if let closesAfter, written >= closesAfter {
          state.withLock { $0.lines.removeSubrange(closesAfter...) }
          queue.stop()
          return self.report(.end, amount, readerGone: true)
        }
      case .closed(let closing): return self.report(closing, amount)
      case .stopped: return self.report(.end, amount, readerGone: true)
      }
    }
  }

  func stopWaiting() {}
  func stopHard() { state.withLock { $0.isHard = true } }

  private func report(
    _ closing: Closing<Cause>, _ amount: WrittenAmount, readerGone: Bool = false
  ) -> SinkReport {
    SinkReport(
      closing: closing, readerGone: readerGone, linesWritten: UInt64(lines.count),
      completeBelow: max(amount.completeBelow, 1), linesComplete: amount.linesComplete)
  }
}

/// A line that a case has seen, and the input line it came from; 0 for none.
struct CaseLine: Sendable, Equatable {
  var bytes: [UInt8]
  var number: UInt64

  static func of(_ batch: Batch) -> [CaseLine] {
    (0..<batch.count).map { CaseLine(bytes: batch.text($0), number: batch.number($0)) }
  }
}

/// Keeps what leaves a stage.
final class CaseTap: Tap {
  private let state = Mutex<[CaseLine]>([])
  var lines: [CaseLine] { state.withLock { $0 } }
  func show(_ batch: Batch) async { state.withLock { $0 += CaseLine.of(batch) } }
}

/// The files of a case: they are in memory, and gone with it.
final class CaseFiles: SideFileOpener {
  private let files = Mutex<[String: [UInt8]]>([:])

  /// Nil if nothing was written there.
  func bytes(_ path: String) -> [UInt8]? { files.withLock { $0[path] } }
  var paths: [String] { files.withLock { $0.keys.sorted() } }

  func open(_ path: String, append: Bool) throws(Failure) -> any SideFile {
    files.withLock { if !append || $0[path] == nil { $0[path] = [] } }
    return File(files: self, path: path)
  }

  private struct File: SideFile {
    let files: CaseFiles
    let path: String
    func write(_ bytes: [UInt8], delimiter: UInt8) async throws(SideFileFailure) {
      files.files.withLock { $0[path, default: []] += bytes }
    }
    func close() async throws(Failure) {}
  }
}

/// In virtual time there are no processes: a stage that needs one has a mock.
struct NoProcesses: Launcher {
  func locate(_ command: String, directory: String?, path: String?) throws(Failure) -> String {
    command
  }
  func start(
    _ command: ChildCommand, cancellation: Cancellation
  ) async throws(Failure) -> any Child {
    throw Failure(.stage, "there are no processes in virtual time")
  }
}
