import ArgumentParser
import PipelineModel
import PipelineRuntime

/// `streamline explain`
struct ExplainCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Show the plan of a pipeline: queues, workers, limits, what holds the stream.")

  @OptionGroup var argument: PipelineArgument

  func execute() throws -> Int32 {
    let result = try argument.read()
    let (plan, diagnostics) = PipelineCheck.plan(of: result)
    StandardError.write(PipelineFile.messages(diagnostics))
    guard let plan, !diagnostics.contains(where: { $0.severity == .error }) else {
      return ExitStatus.usage
    }
    return StandardOutput.write(Explanation(plan).text)
  }
}
