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
  /// Whether lines go to and fro between the run and processes that stay up.
  package let talks: Bool
  /// Files written beside the stream and open at once.
  package let files: Int
  /// Files without a name, for what does not fit into memory.
  package let scratchFiles: Int
  /// Names of the stages that hold the stream or part of it.
  package private(set) var holders: [String] = []

  package init(_ plan: Plan) {
    children = plan.mostChildren
    requests = plan.mostRequests
    talks = plan.talks
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
  /// The stage works on one item at a time, in attempts, rather than on whole batches.
  package var isByItem: Bool {
    switch running {
    case .items, .start: true
    case .serial, .batches, .branches, .await, .pipe, .blocks, .side: false
    }
  }

  /// Work is handed out to workers and its results are gathered.
  package var isFanOut: Bool { workers > 1 || isByItem || block != nil }

  /// The size of the blocks that the stage works on; nil if it works on none.
  package var block: Int? { if case .blocks(let plan) = running { plan.block } else { nil } }

  /// How many processes the stage keeps up between its items, all its runs together.
  package var keptChildren: Int { keeper?.mostChildren ?? 0 }

  /// Lines go to and fro between it and processes that stay up.
  var talks: Bool { keeper != nil || isPipe || block != nil }

  /// The whole stream goes through one command.
  package var isPipe: Bool { if case .pipe = running { true } else { false } }

  /// How far workers may be ahead of the oldest unfinished item.
  package var lookahead: (lines: Int, bytes: Int) { (bounds.lines, bounds.bytes) }

  package var keepsOrder: Bool { bounds.keepsOrder }

  /// An item's results wait for the end of its attempt (SEMANTICS 1.7).
  package var holdsResults: Bool { isByItem && policy.holdsResults }

  /// The largest that an item's results may be where they wait, in bytes.
  package static var maxHeldResult: Int { Policy.maxResult }
}

extension PlannedStage {
  /// The files it writes whose paths are known before the first line.
  package var writtenFiles: [(path: String, isDeadLetters: Bool)] {
    sidePorts.compactMap { port in
      guard let path = port.path else { return nil }
      if case .deadLetter(let letters) = policy.absorption, letters === port { return (path, true) }
      return (path, false)
    }
  }
}
