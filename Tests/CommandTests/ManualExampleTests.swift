import PipelineModel
import Stages
import TestSupport
import Testing

/// The examples of stages that the runtime leads items through.
@Suite(.enabled(if: programIsThere, programIsMissing))
struct ManualExampleTests {
  private static let examples = Catalogue.manuals.filter(\.isGroup).flatMap { manual in
    manual.examples.map { (manual.kind, $0) }
  }

  @Test(arguments: examples)
  func `they are true`(kind: String, example: StageManual.Example) throws {
    let stage = example.stage.split(separator: "\n").joined(separator: "\n    ")
    let isRecords = example.input.hasPrefix("{")
    let outcome = try streamline(
      "\(isRecords ? "input: json\n" : "")stages:\n  - \(stage)\n", input: example.input,
      files: example.files)
    outcome.expect(status: 0, output: example.output)
  }
}
