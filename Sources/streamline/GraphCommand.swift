import ArgumentParser
import PipelineModel

/// `streamline graph`
struct GraphCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "graph",
    abstract: "Draw a pipeline: stages, branches, groups, files, as text for Mermaid or Graphviz.")

  enum Format: String, ExpressibleByArgument, CaseIterable { case mermaid, dot }

  @ArgumentParser.Argument(
    help: "A pipeline file.", completion: .file(extensions: ["yaml", "yml"]))
  var pipeline: String?

  @Option(
    name: [.customShort("e"), .customLong("stage")], parsing: .unconditionalSingleValue,
    help: ArgumentHelp("A stage, as for run.", valueName: "STAGE"))
  var stages: [String] = []

  @Option(help: "mermaid, or dot for Graphviz.")
  var format = Format.mermaid

  func validate() throws {
    if pipeline == nil, stages.isEmpty {
      throw ValidationError("graph needs a pipeline file, or stages by -e")
    }
  }

  func execute() throws -> Int32 {
    let result = try PipelineFile.read(pipeline, stages: stages)
    let diagnostics = PipelineCheck.diagnostics(of: result)
    StandardError.write(PipelineFile.messages(diagnostics))
    guard let definition = result.definition,
      !diagnostics.contains(where: { $0.severity == .error })
    else { return ExitStatus.usage }
    let text = GraphText(PipelineGraph(definition))
    return StandardOutput.write(format == .mermaid ? text.mermaid : text.dot)
  }
}
