package import Flow
import Host
import PipelineModel
package import PipelineRuntime

/// Hands cases out to worker processes, ends those that hang, and gathers the results in the order of
/// the cases.
package struct CaseSupervisor {
  package struct Options {
    package var jobs = 1
    /// How many schedules each case runs under, and the seed of the first.
    package var schedules: UInt64 = 1
    package var seed: UInt64 = 1
    /// In real time, for each run of a case.
    package var caseTimeout = Duration.seconds(10)
    package var failsFast = false

    package init() {}
  }

  /// One case of one suite.
  package struct Entry: Sendable, Hashable {
    package var suite: Int
    package var index: Int

    package init(suite: Int, index: Int) {
      self.suite = suite
      self.index = index
    }
  }

  private let options: Options
  private let clock: any TimerClock
  /// The arguments that make this program a worker for these suites.
  private let workerArguments: [String]

  package init(_ options: Options, workerArguments: [String], clock: any TimerClock) {
    self.options = options
    self.workerArguments = workerArguments
    self.clock = clock
  }

  /// Runs the cases. Each result is given to `report` in the order of the cases, as soon as all
  /// before it are there; with `failsFast` those behind the first failure are left out.
  /// - Throws: why no worker can be started.
  package func run(
    _ entries: [Entry], report: (Entry, CaseResult) -> Void
  ) throws(PortFailure) {
    var round = Round(entries, options)
    var workers: [Busy] = []
    while workers.count < min(options.jobs, round.jobCount) {
      workers.append(Busy(try WorkerProcess(arguments: workerArguments)))
    }
    while true {
      for index in workers.indices where workers[index].job == nil {
        guard let job = round.next() else { break }
        workers[index].begin(job, clock.now, options.caseTimeout)
      }
      let busy = workers.indices.filter { workers[$0].job != nil }
      if busy.isEmpty { break }
      let deadline = busy.compactMap { workers[$0].deadline }.min()
      let ready = WorkerProcess.wait(for: busy.map { workers[$0].process }, until: deadline, clock)
      for place in ready { try hear(&workers[busy[place]], &round) }
      for index in busy where workers[index].job != nil { try watch(&workers[index], &round) }
      round.tell(report)
    }
    round.tell(report)
  }

  // MARK: One worker

  /// A worker with what it was given.
  private struct Busy {
    var process: WorkerProcess
    var job: Round.Job?
    var begun = Instant(nanoseconds: 0)
    var deadline: Instant?
    /// It was asked how far it is, since it takes too long.
    var wasAsked = false

    init(_ process: WorkerProcess) { self.process = process }

    mutating func begin(_ job: Round.Job, _ now: Instant, _ limit: Duration) {
      self.job = job
      begun = now
      deadline = now + limit
      wasAsked = false
      process.send(job.order.texts)
    }
  }

  private func hear(_ worker: inout Busy, _ round: inout Round) throws(PortFailure) {
    for message in worker.process.receive() {
      guard let job = worker.job else { continue }
      switch message.first {
      case CaseMessage.begun: worker.deadline = clock.now + options.caseTimeout
      case CaseMessage.state:
        try end(&worker, job, state: message.count > 1 ? message[1] : "", &round)
      case CaseMessage.result:
        guard var result = CaseResult(texts: Array(message.dropFirst())) else { continue }
        result.elapsed = clock.now - worker.begun
        round.finish(job, result)
        worker.job = nil
      default: continue
      }
    }
    if worker.process.isOver, let job = worker.job {
      var result = CaseResult(.failed)
      result.message = "the program broke down in it: \(worker.process.ending())"
      result.details = result.message + "\n"
      result.seed = job.order.seeds.lowerBound
      round.finish(job, result)
      worker = Busy(try WorkerProcess(arguments: workerArguments))
    }
  }

  /// Past its limit a worker is asked how far it is; one that can not even say is ended all the same.
  private func watch(_ worker: inout Busy, _ round: inout Round) throws(PortFailure) {
    guard let job = worker.job, let deadline = worker.deadline, clock.now >= deadline else {
      return
    }
    if worker.wasAsked { return try end(&worker, job, state: "", &round) }
    worker.wasAsked = true
    worker.deadline = clock.now + .seconds(1)
    worker.process.send([CaseMessage.state])
  }

  private func end(
    _ worker: inout Busy, _ job: Round.Job, state: String, _ round: inout Round
  ) throws(PortFailure) {
    worker.process.kill()
    var result = CaseResult(.hung)
    result.message = "it did not end within \(options.caseTimeout.written)"
    result.details = result.message + "\n" + state
    result.seed = job.order.seeds.lowerBound
    result.elapsed = clock.now - worker.begun
    round.finish(job, result)
    worker = Busy(try WorkerProcess(arguments: workerArguments))
  }
}

/// The cases of a round, divided into stretches of schedules, and what has come of them.
private struct Round {
  struct Job {
    /// The place of the case in the round.
    var place: Int
    var order: CaseJob
  }

  private struct Progress {
    var entry: CaseSupervisor.Entry
    var result: CaseResult?
    var open = 0
  }

  private var cases: [Progress]
  private var jobs: [Job] = []
  private var nextJob = 0
  private var told = 0
  private var isOver = false
  private let failsFast: Bool
  /// Schedules that a worker runs before it is heard again.
  private static let stretch: UInt64 = 200

  init(_ entries: [CaseSupervisor.Entry], _ options: CaseSupervisor.Options) {
    cases = entries.map { Progress(entry: $0) }
    failsFast = options.failsFast
    let end = options.seed &+ max(1, options.schedules)
    for (place, entry) in entries.enumerated() {
      var seed = options.seed
      while seed < end {
        let upper = min(end, seed + Self.stretch)
        let order = CaseJob(
          suite: entry.suite, index: entry.index, seeds: seed..<upper,
          cutsReads: options.schedules > 1)
        jobs.append(Job(place: place, order: order))
        cases[place].open += 1
        seed = upper
      }
    }
  }

  var jobCount: Int { jobs.count }

  /// The next stretch; those of cases that have failed already are left out.
  mutating func next() -> Job? {
    while nextJob < jobs.count, !isOver {
      let job = jobs[nextJob]
      nextJob += 1
      if let result = cases[job.place].result, result.status != .passed {
        cases[job.place].open -= 1
        continue
      }
      return job
    }
    return nil
  }

  mutating func finish(_ job: Job, _ result: CaseResult) {
    cases[job.place].open -= 1
    if cases[job.place].result == nil {
      cases[job.place].result = result
    } else {
      cases[job.place].result?.merge(result)
    }
    if failsFast, result.status != .passed { isOver = true }
  }

  /// Tells the results that are whole, in order.
  mutating func tell(_ report: (CaseSupervisor.Entry, CaseResult) -> Void) {
    while told < cases.count {
      let one = cases[told]
      let hasFailed = one.result.map { $0.status != .passed } ?? false
      guard one.open == 0 || hasFailed || isOver else { return }
      told += 1
      if let result = one.result { report(one.entry, result) }
    }
  }
}
