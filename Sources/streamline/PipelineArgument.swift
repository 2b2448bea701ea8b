import ArgumentParser
import PipelineModel

/// The pipeline that a command looks at without running it: a file, stages of the command line, or both.
struct PipelineArgument: ParsableArguments {
  @ArgumentParser.Argument(
    help: "A pipeline file.", completion: .file(extensions: ["yaml", "yml"]))
  var pipeline: String?

  @Option(
    name: [.customShort("e"), .customLong("stage")], parsing: .unconditionalSingleValue,
    help: ArgumentHelp("A stage, as for run.", valueName: "STAGE"))
  var stages: [String] = []

  func validate() throws {
    if pipeline == nil, stages.isEmpty {
      throw ValidationError("there is no pipeline: name its file, or give stages by -e")
    }
  }

  func read() throws(CommandFailure) -> PipelineReader.Result {
    try PipelineFile.read(pipeline, stages: stages)
  }
}
