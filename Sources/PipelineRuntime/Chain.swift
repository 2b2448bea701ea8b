import Flow

/// Stages joined by queues: what a run is, and what an item's way through a group is.
struct Chain: Sendable {
  let input: LineQueue
  let output: LineQueue
  private let lanes: [Lane]

  /// `stages` has at least one.
  init(_ stages: [PlannedStage], _ course: Course, outputCapacity: (lines: Int, bytes: Int)? = nil)
  {
    var queues = stages.map { LineQueue(lines: $0.queue.lines, bytes: $0.queue.bytes) }
    let last = outputCapacity ?? (lines: 16_384, bytes: course.isInner ? 1 << 16 : 1 << 20)
    queues.append(LineQueue(lines: last.lines, bytes: last.bytes))
    input = queues[0]
    let output = queues[queues.count - 1]
    self.output = output
    // What has passed the last stage of a run is still written.
    course.shutdown.onHardEnd { _, cause in output.breakOff(cause, keepsQueued: !course.isInner) }
    if !course.isInner {
      for (stage, queue) in zip(stages, queues) { stage.counters.watch(queue) }
    }
    var works: [String: StartedWork] = [:]
    for stage in stages {
      if case .start = stage.running { works[stage.name] = StartedWork(stage) }
    }
    lanes = stages.enumerated().map { index, stage in
      Lane(
        stage, at: index, from: queues[index], to: queues[index + 1], course,
        work: works[stage.startName])
    }
  }

  /// It has run and its output has been read to the end: its lanes and queues, which refer to each
  /// other, are let go. Without this each item's way through a group would stay in memory.
  func disconnect() {
    input.disconnect()
    for lane in lanes { lane.output.disconnect() }
  }

  /// Runs all lanes until each has closed its output and everything it began has ended.
  func run() async {
    await withTaskGroup(of: Void.self) { group in
      for lane in lanes { group.addTask { await lane.run() } }
    }
  }
}

extension PlannedStage {
  /// The stage that begins the work which this one begins or awaits; empty for all others.
  fileprivate var startName: String {
    switch running {
    case .start: name
    case .await(let plan): plan.start
    default: ""
    }
  }
}
