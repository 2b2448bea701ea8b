import ArgumentParser
import PipelineModel

/// `streamline graph`
struct GraphCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "graph",
    abstract: "Draw a pipeline: stages, branches, groups, files, as text for Mermaid or Graphviz.")

  enum Format: String, ExpressibleByArgument, CaseIterable { case mermaid, dot }

  @OptionGroup var argument: PipelineArgument

  @Option(help: "mermaid, or dot for Graphviz.")
  var format = Format.mermaid

  func execute() throws -> Int32 {
    let result = try argument.read()
    let diagnostics = PipelineCheck.diagnostics(of: result)
    StandardError.write(PipelineFile.messages(diagnostics))
    guard let definition = result.definition,
      !diagnostics.contains(where: { $0.severity == .error })
    else { return ExitStatus.usage }
    let text = GraphText(PipelineGraph(definition))
    return StandardOutput.write(format == .mermaid ? text.mermaid : text.dot)
  }
}
