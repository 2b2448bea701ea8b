import Flow
import Stages
import Synchronization
import TestSupport
import Testing
import VirtualTime

@testable import Lines
@testable import PipelineRuntime

/// What a run costs that does not depend on how the compiler was told to build it. What each line costs
/// is counted in the release binary.
struct RunCostTests {
  @Test func `a million lines take few steps through eight stages`() throws {
    let yaml = "stages: [" + Array(repeating: "{skip: 0}", count: 8).joined(separator: ", ") + "]\n"
    let executor = StepExecutor(seed: 1, strategy: .random)
    let (batches, lines) = (1000, 1000)
    let sink = CountingSink()
    let source = RepeatingSource(Batch.of((0..<lines).map { "line \($0)" }), times: batches)
    let runner = Runner(
      try Plan.of(yaml: yaml),
      RunPorts(source: source, sink: sink, launcher: NoLauncher(), clock: executor))
    _ = executor.run { await runner.run() }
    #expect(sink.count == batches * lines)
    // Somebody waits for somebody hardly more than once a batch, and not once for each stage.
    #expect(executor.steps <= 1500)
  }

  @Test func `handing a batch over copies no bytes and asks for no memory`() {
    let queue = LineQueue(lines: 10_000, bytes: 1 << 20)
    let batch = Batch.of((0..<1000).map { "line \($0)" })
    var handed = 0
    func hand() {
      guard queue.sendBlocking(batch), case .element(let received)? = queue.tryReceive(),
        received.block === batch.block
      else { return }
      handed += 1
    }
    hand()
    let asked = allocations { for _ in 0..<100 { hand() } }
    #expect(handed == 101)
    if let asked { #expect(asked == 0) }
  }
}

/// Gives the same batch several times, counted on.
private final class RepeatingSource: LineSource {
  private let batch: Batch
  private let times: Int

  init(_ batch: Batch, times: Int) {
    self.batch = batch
    self.times = times
  }

  func run(into queue: LineQueue) async -> SourceReport {
    let lines = UInt64(batch.count)
    for round in 0..<UInt64(times) {
      var batch = batch
      batch.covered = round * lines + 1..<(round + 1) * lines + 1
      guard await queue.send(batch) else { break }
    }
    queue.close(.end)
    return SourceReport(linesRead: lines * UInt64(times))
  }

  var linesRead: UInt64 { 0 }
  func interrupt() {}
  func stop() {}
}

/// Counts what comes.
private final class CountingSink: LineSink {
  private let lines = Mutex(0)
  var count: Int { lines.withLock { $0 } }

  func run(from queue: LineQueue, report: any SinkWatcher) async -> SinkReport {
    while case .element(let batch) = await queue.receive() { lines.withLock { $0 += batch.count } }
    return SinkReport(closing: .end, linesWritten: UInt64(count))
  }

  func stopWaiting() {}
  func stopHard() {}
}
