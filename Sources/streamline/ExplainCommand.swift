import ArgumentParser
import PipelineModel
import PipelineRuntime

/// `streamline explain`
struct ExplainCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Show the plan of a pipeline: queues, workers, limits, what holds the stream.")

  @ArgumentParser.Argument(
    help: "A pipeline file.", completion: .file(extensions: ["yaml", "yml"]))
  var pipeline: String?

  @Option(
    name: [.customShort("e"), .customLong("stage")], parsing: .unconditionalSingleValue,
    help: ArgumentHelp("A stage, as for run.", valueName: "STAGE"))
  var stages: [String] = []

  func validate() throws {
    if pipeline == nil, stages.isEmpty {
      throw ValidationError("explain needs a pipeline file, or stages by -e")
    }
  }

  func execute() throws -> Int32 {
    let result = try PipelineFile.read(pipeline, stages: stages)
    let (plan, diagnostics) = PipelineCheck.plan(of: result)
    StandardError.write(PipelineFile.messages(diagnostics))
    guard let plan, !diagnostics.contains(where: { $0.severity == .error }) else {
      return ExitStatus.usage
    }
    return StandardOutput.write(Explanation(plan).text)
  }
}
