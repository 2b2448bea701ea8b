import Glibc
import PipelineModel
import Stages

/// Reads pipelines for the commands, with the catalogue of this program.
enum PipelineFile {
  static let catalogue = Catalogue.manuals

  /// - Throws: why the file can not be read; what is wrong in it is in the result.
  static func read(_ path: String) throws(CommandFailure) -> PipelineReader.Result {
    let bytes = try FileText.read(path, limit: limit)
    return PipelineReader.read(bytes: bytes, file: path, catalogue: catalogue, files: files)
  }

  // One byte more than the reader's bound, which then says so.
  private static let limit = 4 << 20

  /// Those that a pipeline uses.
  private static let files: PipelineFiles = { path throws(Diagnostic) in
    do throws(CommandFailure) { return try FileText.read(path, limit: limit) } catch {
      throw Diagnostic("'\(path)' can not be read: \(FileText.words(errno))", code: "unreadable")
    }
  }

  /// The pipeline of a file, of stages on the command line, or of both.
  static func read(
    _ path: String?, stages: [String]
  ) throws(CommandFailure) -> PipelineReader.Result {
    guard let path else {
      return PipelineReader.read(stages: stages, catalogue: catalogue, files: files)
    }
    let base = try read(path)
    guard let definition = base.definition, !stages.isEmpty else { return base }
    return PipelineReader.read(
      stages: stages, behind: definition, catalogue: catalogue, files: files)
  }

  /// Diagnostics in the form of messages: `streamline: FILE:LINE:COLUMN: …`.
  static func messages(_ diagnostics: [Diagnostic]) -> String {
    diagnostics.map { $0.rendered(after: "streamline: ", namingErrors: false) + "\n" }.joined()
  }
}

/// A pipeline with all that the command line changes in it, and the values of its parameters.
struct PreparedPipeline {
  var definition: PipelineDefinition
  var parameters: [String: String]
  var secrets: Set<String>
  var warnings: [Diagnostic]

  /// - Throws: all that is wrong with the file, the parameters and the stages named, at once.
  init(_ options: RunOptions) throws(CommandFailure) {
    let result: PipelineReader.Result
    if let text = options.text {
      result = PipelineReader.read(text: text, file: "EXPR", catalogue: PipelineFile.catalogue)
    } else {
      result = try PipelineFile.read(options.pipeline, stages: options.stages)
    }
    guard var definition = result.definition else {
      throw CommandFailure(text: PipelineFile.messages(result.diagnostics))
    }
    warnings = result.diagnostics
    let (values, problems) = ParameterValues.resolve(
      definition.parameters, given: options.parameters)
    var errors = problems
    parameters = values
    secrets = Set(definition.parameters.filter(\.isSecret).map(\.name))
    let names = definition.stagePaths
    errors += options.taps.compactMap { Self.unknown($0.stage, in: names, by: "--tap") }
    if let until = options.until {
      if let index = definition.stages.firstIndex(where: { $0.name == until }) {
        definition.stages.removeSubrange((index + 1)...)
      } else {
        errors +=
          Self.unknown(until, in: definition.stages.map(\.name), by: "--until").map { [$0] }
          ?? []
      }
    }
    if options.nul {
      definition.input.format = .nul
      definition.output.format = .nul
    }
    if let path = options.deadLetter { definition.putFailuresAside(into: path) }
    if let most = options.maxErrors { definition.limitFailures(to: most) }
    if let timeout = options.timeout { definition.timeout = timeout }
    self.definition = definition
    if !errors.isEmpty { throw CommandFailure(text: PipelineFile.messages(errors)) }
  }

  private static func unknown(_ name: String, in names: [String], by option: String) -> Diagnostic?
  {
    if names.contains(name) { return nil }
    return Diagnostic(
      "\(option): the pipeline has no stage '\(name)'",
      remedy: Spelling.hint(for: name, in: names) ?? "it has " + names.joined(separator: ", "),
      code: "unknown-stage")
  }
}
