import Flow
import PipelineModel
import Stages

/// The most that a run of a plan can need, from its bounds. Sums saturate: a file may give any.
package struct PlanNeeds: Sendable {
  /// Bytes in queues, in gathering and in work. Not what stages hold that hold the stream, nor lines
  /// that are longer than the bound they are let through.
  package private(set) var bytes = PlanNeeds.ends
  /// Child processes alive at once.
  package let children: Int
  /// Requests under way at once.
  package let requests: Int
  /// Files written beside the stream and open at once.
  package let files: Int
  /// Files without a name, for what does not fit into memory.
  package let scratchFiles: Int
  /// Names of the stages that hold the stream or part of it.
  package private(set) var holders: [String] = []

  package init(_ plan: Plan) {
    children = plan.mostChildren
    requests = plan.mostRequests
    files = plan.mostFiles
    scratchFiles = plan.mostScratchFiles
    for stage in plan.stages { add(stage, copies: 1) }
    // The queue into the sink.
    add(Self.kept * (1 << 20), times: 1)
  }

  /// A batch is given on at 256 KiB of lines, or at 65,536 lines of 16 bytes each in its table.
  private static let batch = 1 << 20
  /// A batch is compacted when it keeps more than twice what it needs.
  private static let kept = 2
  /// One result of an asynchronous attempt, as it comes out of a pipe.
  private static let block = 64 << 10
  /// Two blocks of 320 KiB that are read into, 128 KiB that are written.
  private static let ends = 768 << 10

  private mutating func add(_ stage: PlannedStage, copies: Int) {
    if stage.isMark { return }
    add(Self.kept * min(stage.queue.bytes, .max / 4), times: copies)
    // One batch that has left the queue, and one that is going into the next.
    add(2 * Self.batch, times: copies)
    if stage.isFanOut {
      add(Self.kept * min(stage.bounds.bytes, .max / 4), times: copies)
      // A block as lines, as the bytes for its command, and as these are on their way.
      if let block = stage.block {
        add(3 * min(block, .max / 4), times: product(copies, stage.workers))
      }
      add(stage.isByItem ? Self.block : 2 * Self.batch, times: product(copies, stage.workers))
    }
    // What is on its way into the command, and out of it.
    if stage.isPipe { add(2 * Self.batch, times: copies) }
    if stage.isByItem && !stage.bounds.streams { add(Policy.maxResult, times: copies) }
    if stage.sendsRequests {
      let answer = stage.definition.arguments.size("max_body") ?? 0
      add(answer, times: product(copies, stage.workers))
    }
    if stage.definition.manual.holds != nil { holders.append(stage.name) }
    let inner = product(copies, stage.workers)
    for one in stage.inner { add(one, copies: inner) }
    // The queue out of the last stage of each item's run.
    if !stage.inner.isEmpty { add(Self.kept * Self.block, times: inner) }
    // That out of a side stream is as large as the one into the sink.
    if stage.definition.isSideStream { add(Self.kept * (1 << 20), times: 1) }
  }

  private mutating func add(_ more: Int, times: Int) {
    let sum = bytes.addingReportingOverflow(product(more, times))
    bytes = sum.overflow ? .max : sum.partialValue
  }

  private func product(_ a: Int, _ b: Int) -> Int {
    let product = a.multipliedReportingOverflow(by: b)
    return product.overflow ? .max : product.partialValue
  }
}

extension PlannedStage {
  /// How many children the stage may have at once.
  package var mostChildren: Int {
    let (each, shared) = children(withWorkers: .max)
    return each + shared
  }

  /// The same with so many workers at the most: those of each run of the stage, and those that all its
  /// runs share.
  fileprivate func children(withWorkers most: Int) -> (each: Int, shared: Int) {
    let workers = min(workers, most)
    var each = startsChildren ? 1 : 0
    var shared = min(keeper?.mostChildren ?? 0, most)
    for stage in inner {
      let (of, with) = stage.children(withWorkers: most)
      each += of
      shared += with
    }
    return (each.times(workers), shared)
  }

  /// How many requests the stage may have under way at once.
  package var mostRequests: Int {
    requests(withWorkers: .max)
  }

  fileprivate func requests(withWorkers most: Int) -> Int {
    let each = inner.reduce(sendsRequests ? 1 : 0) { $0 + $1.requests(withWorkers: most) }
    return each.times(min(workers, most))
  }

  /// How many files the stage and those in it may have open at once.
  package var mostFiles: Int {
    sidePorts.reduce(0) { $0 + $1.mostOpen } + inner.reduce(0) { $0 + $1.mostFiles }
  }

  /// Open at once for what does not fit into memory; stages that need them stand in no item's own run.
  package var mostScratchFiles: Int {
    definition.manual.scratchFiles + inner.reduce(0) { $0 + $1.mostScratchFiles }
  }
}

extension Plan {
  package var mostChildren: Int { stages.reduce(0) { $0 + $1.mostChildren } }
  package var mostRequests: Int { stages.reduce(0) { $0 + $1.mostRequests } }
  package var mostFiles: Int { stages.reduce(0) { $0 + $1.mostFiles } }
  package var mostScratchFiles: Int { stages.reduce(0) { $0 + $1.mostScratchFiles } }

  /// How many workers each stage with children or requests may have so that `fits` is true of the most
  /// of both at once; 0 if not even one each fits.
  package func workers(where fits: (_ children: Int, _ requests: Int) -> Bool) -> Int {
    let all = (mostChildren, mostRequests)
    var workers = 0
    while workers < 1 << 20 {
      let more = needs(withWorkers: workers + 1)
      if !fits(more.children, more.requests) { return workers }
      workers += 1
      if more == all { return workers }
    }
    return workers
  }

  private func needs(withWorkers most: Int) -> (children: Int, requests: Int) {
    stages.reduce((0, 0)) { sum, stage in
      let (each, shared) = stage.children(withWorkers: most)
      return (sum.0 + each + shared, sum.1 + stage.requests(withWorkers: most))
    }
  }
}

extension Int {
  /// The product of two numbers that are not negative, at most a number that no machine has of anything:
  /// groups in groups may ask for any, and what is added to it does not overflow either.
  fileprivate func times(_ other: Int) -> Int {
    let product = multipliedReportingOverflow(by: other)
    return product.overflow ? 1 << 40 : Swift.min(product.partialValue, 1 << 40)
  }
}
