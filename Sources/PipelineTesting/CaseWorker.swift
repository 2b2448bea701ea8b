import Host
import Synchronization

/// What a worker process does: runs the cases it is told to, one after another, and answers. A loop in
/// a computation can not be ended from within, so a process is what a hung case takes with it.
package final class CaseWorker: Sendable {
  private let suites: [TestSuite]
  private let surroundings: CaseSurroundings
  private let current = Mutex<CaseRun?>(nil)
  private let orders: AsyncStream<[String]>
  private let add: AsyncStream<[String]>.Continuation

  package init(_ suites: [TestSuite], _ surroundings: CaseSurroundings) {
    self.suites = suites
    self.surroundings = surroundings
    (orders, add) = AsyncStream.makeStream(of: [String].self)
  }

  /// Runs until stdin ends, which ends the process.
  package func run() async {
    WorkerChannel.listen { [self] message in
      if message.first == CaseMessage.state {
        let state = current.withLock { $0 }?.state ?? ""
        WorkerChannel.answer([CaseMessage.state, state])
      } else {
        add.yield(message)
      }
    }
    for await order in orders {
      guard let job = CaseJob(texts: order) else { continue }
      WorkerChannel.answer([CaseMessage.result] + (await result(job)).texts)
    }
  }

  private func result(_ job: CaseJob) async -> CaseResult {
    let suite = suites[job.suite]
    let verdict = CaseVerdict(suite.cases[job.index], of: suite, surroundings) { [self] run in
      current.withLock { $0 = run }
      WorkerChannel.answer([CaseMessage.begun])
    }
    return await verdict.result(seeds: job.seeds, cutsReads: job.cutsReads)
  }
}

/// The first text of each message between supervisor and worker.
enum CaseMessage {
  static let begun = "begun"
  static let state = "state"
  static let result = "result"
}

/// What a worker is told to run: a case under the schedules of some seeds.
struct CaseJob: Sendable, Equatable {
  var suite: Int
  var index: Int
  var seeds: Range<UInt64>
  var cutsReads: Bool

  var texts: [String] {
    ["\(suite)", "\(index)", "\(seeds.lowerBound)", "\(seeds.upperBound)", cutsReads ? "1" : "0"]
  }

  init(suite: Int, index: Int, seeds: Range<UInt64>, cutsReads: Bool) {
    self.suite = suite
    self.index = index
    self.seeds = seeds
    self.cutsReads = cutsReads
  }

  init?(texts: [String]) {
    guard texts.count == 5, let suite = Int(texts[0]), let index = Int(texts[1]),
      let lower = UInt64(texts[2]), let upper = UInt64(texts[3]), lower < upper
    else { return nil }
    self.init(suite: suite, index: index, seeds: lower..<upper, cutsReads: texts[4] == "1")
  }
}
