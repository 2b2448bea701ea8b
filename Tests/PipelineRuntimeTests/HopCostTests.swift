import Lines
import Stages
import TestSupport
import Testing

@testable import PipelineRuntime

/// What one batch costs on its way through a stage, counted.
struct HopCostTests {
  /// A worker of the only stage of the pipeline.
  private func worker(_ yaml: String) throws -> TransformWorker {
    let stage = try #require(try Plan.of(yaml: yaml).allStages.first)
    guard case .batches(let make) = stage.running else {
      throw NotInBatches(stage: yaml)
    }
    return make(stage)
  }

  private struct NotInBatches: Error { let stage: String }

  /// Each is copied several times for each batch and stage, and the copy's references are counted.
  @Test func `a batch and an output are small`() {
    #expect(MemoryLayout<Batch>.size <= 48)
    #expect(MemoryLayout<LineCounts>.size <= 24)
    #expect(MemoryLayout<Output>.size <= 96)
  }

  @Test(arguments: [1, 5_000])
  func `a stage that lets a batch through asks for no memory`(lines: Int) throws {
    var worker = try worker("stages: [{skip: 0}]\n")
    let batch = Batch.of((1...lines).map { "line \($0)" })
    func pass() {
      var cursor = Cursor()
      let step = worker.step(batch, &cursor)
      #expect(step.first.batch.count == lines && step.more.isEmpty)
    }
    pass()
    let asked = allocations { for _ in 0..<10 { pass() } }
    // What it takes to check it ten times.
    let checking = allocations { for _ in 0..<10 { #expect(batch.count == lines) } }
    if let asked, let checking { #expect(asked - checking == 0) }
  }
}
