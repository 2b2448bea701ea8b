import Lines
import PipelineModel
import Stages
import Testing

@Test(arguments: Catalogue.manuals.flatMap { manual in manual.examples.map { (manual.kind, $0) } })
func `the examples of the manual are true`(
  kind: String, example: StageManual.Example
) throws {
  let run = try StageRun(example.stage, files: example.files)
  // What belongs together stands in a group.
  #expect(([run.stage] + run.stage.stages).contains { $0.kind == kind })
  // What waits, or is the runtime's, is run from the command line by its tests.
  guard case .transform = run.work else { return }
  // What begins like a record is one, but for the stage that makes them.
  let isRecords = example.input.hasPrefix("{") && kind != "parse"
  let input = isRecords ? try Batch.records(example.input) : Batch.of(example.input.lines)
  for size in [1, 2, 1000] {
    #expect(run.run(input, batchSize: size).text == example.output)
  }
}

@Test func `every kind has a manual of its own with an example and whole sentences`() {
  let manuals = Catalogue.manuals
  #expect(Set(manuals.map(\.kind)).count == manuals.count)
  for manual in manuals {
    #expect(!manual.examples.isEmpty, "\(manual.kind)")
    for text in [manual.summary] + manual.description + manual.fields.map(\.summary) {
      #expect(text.last == "." && text.first?.isLowercase == false || text.contains(":"), "\(text)")
    }
  }
}
