import Lines
import Stages
import Testing

@testable import PipelineRuntime

/// What an item's last output may leave together with.
struct OutputTests {
  private func given(_ change: (inout Output) -> Void = { _ in }) -> Output {
    var output = Output(batch: Batch.of(["result"]))
    output.batch.covered = 0..<0
    output.counts.given = 1
    change(&output)
    return output
  }

  private func last(_ change: (inout Output) -> Void = { _ in }) -> Output {
    var output = Output(batch: Batch(covering: 7..<9), number: 7)
    output.counts.taken = 1
    change(&output)
    return output
  }

  @Test func `counts and coverage leave with the result before them`() {
    var output = given()
    let isJoined = output.join(last())
    #expect(isJoined)
    #expect(output.batch.lines == [Array("result".utf8)] && output.batch.covered == 7..<9)
    #expect(output.counts.taken == 1 && output.counts.given == 1 && output.number == 7)
  }

  @Test func `what can fail as it leaves, or has results of its own, leaves apart`() throws {
    let stage = try #require(try Plan.of(yaml: "stages: [{skip: 0}]\n").allStages.first)
    let effect = Effect.absorbed(stage.failure(Failure(.stage, "no"), at: 7))
    let apart: [(Output, Output)] = [
      (given { $0.effects = [effect] }, last()),
      (given(), last { $0.effects = [effect] }),
      (given(), last { $0.counts.skipped = 1 }),
      (given(), last { $0.batch = Batch.of(["another"]) }),
      (given { $0.batch.covered = 3..<4 }, last()),
    ]
    for (first, second) in apart {
      var output = first
      let isJoined = output.join(second)
      #expect(!isJoined)
      #expect(output.counts == first.counts && output.batch.covered == first.batch.covered)
    }
  }
}
