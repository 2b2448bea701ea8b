import ArgumentParser
import Glibc
import PipelineModel
import PipelineRuntime
import PipelineTesting
import Stages
import YAMLTree

/// `streamline check`
struct CheckCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Report what is wrong with pipeline files.",
    discussion: "Exit status: 0 if they are good, warnings or not; 2 if there are errors.")

  enum Format: String, ExpressibleByArgument, CaseIterable { case text, json, github }

  @ArgumentParser.Argument(
    help: "Pipeline files, and files of tests.", completion: .file(extensions: ["yaml", "yml"]))
  var pipelines: [String]

  @Option(help: "text, json, or github for annotations of GitHub's workflows.")
  var format = Format.text

  func execute() throws -> Int32 {
    var diagnostics: [Diagnostic] = []
    var unreadable = ""
    for path in pipelines {
      do throws(CommandFailure) {
        diagnostics += try Self.diagnostics(of: path)
      } catch {
        unreadable += error.text
      }
    }
    StandardError.write(unreadable)
    let written = StandardOutput.write(format.text(diagnostics))
    if written != ExitStatus.done { return written }
    let hasErrors = diagnostics.contains { $0.severity == .error } || !unreadable.isEmpty
    return hasErrors ? ExitStatus.usage : ExitStatus.done
  }

  /// What is wrong with a pipeline and its tests, or with a file of tests.
  private static func diagnostics(of path: String) throws(CommandFailure) -> [Diagnostic] {
    if TestFinder.isTestFile(path) {
      var finder = TestFinder(TestFiles.finding, catalogue: PipelineFile.catalogue)
      finder.find([path])
      return finder.diagnostics
    }
    let result = try PipelineFile.read(path)
    let found = PipelineCheck.diagnostics(of: result)
    guard let definition = result.definition, let tests = definition.tests else { return found }
    let reading = Reading(catalogue: PipelineFile.catalogue)
    var reader = CaseReader(definition, reading)
    _ = reader.cases(tests)
    return found + reading.inOrder
  }
}

/// What a check finds beyond reading: patterns, templates and paths, which only the stages know.
enum PipelineCheck {
  static func diagnostics(of result: PipelineReader.Result) -> [Diagnostic] {
    plan(of: result).diagnostics
  }

  /// The plan too, where the file is good enough for one; it is not for running.
  static func plan(of result: PipelineReader.Result) -> (plan: Plan?, diagnostics: [Diagnostic]) {
    guard let definition = result.definition else { return (nil, result.diagnostics) }
    var planner = Planner(setting(for: definition), NoFiles())
    let plan = planner.plan(definition)
    let shared = plan.map { sharedFiles(of: $0) } ?? []
    return (plan, result.diagnostics + planner.diagnostics + shared)
  }

  /// Files that links and parameters show to be one. Values that are made up show nothing.
  private static func sharedFiles(of plan: Plan) -> [Diagnostic] {
    let hasAll = plan.definition.parameters.allSatisfy { $0.defaultValue != nil }
    return hasAll ? FileRoles(plan).diagnostics : []
  }

  /// The values of a check: defaults, and where there is none a value of the type, since none is
  /// looked at.
  static func setting(for definition: PipelineDefinition) -> Setting {
    var values: [String: String] = [:]
    for parameter in definition.parameters {
      values[parameter.name] = parameter.defaultValue ?? parameter.kind.sample
    }
    var setting = Setting(
      parameters: values, secrets: Set(definition.parameters.filter(\.isSecret).map(\.name)),
      environment: Environment.variables, delimiter: definition.output.delimiter,
      maxLine: definition.input.maxLine, grace: definition.grace)
    setting.parameterKinds = definition.parameterKinds
    setting.madeUpParameters = Set(
      definition.parameters.filter { $0.defaultValue == nil }.map(\.name))
    return setting
  }

  /// A check opens no file.
  private struct NoFiles: SideFileOpener {
    func open(_ path: String, append: Bool) throws(Failure) -> any SideFile {
      throw Failure(.stage, "'\(path)' is not opened by a check")
    }
  }
}

enum Environment {
  /// The variables of this process; of a name that comes twice the first, as getenv has it.
  static var variables: [String: String] {
    var variables: [String: String] = [:]
    var next = environ
    while let entry = next.pointee {
      next += 1
      guard let equals = strchr(entry, Int32(UInt8(ascii: "="))) else { continue }
      let name = UnsafeRawBufferPointer(start: entry, count: equals - entry)
      variables[String(decoding: name, as: UTF8.self), default: ""] = String(cString: equals + 1)
    }
    return variables
  }
}

extension CheckCommand.Format {
  func text(_ diagnostics: [Diagnostic]) -> String {
    switch self {
    case .text: diagnostics.map { $0.rendered + "\n" }.joined()
    case .json: Self.json(diagnostics)
    case .github: diagnostics.map(\.annotation).joined()
    }
  }

  private static func json(_ diagnostics: [Diagnostic]) -> String {
    let objects = diagnostics.map { diagnostic in
      var members: [String] = []
      if let place = diagnostic.place {
        members.append("\"file\": \(JSONText.string(place.file))")
        members.append("\"line\": \(place.line)")
        members.append("\"column\": \(place.column)")
      }
      members.append("\"severity\": \(JSONText.string(diagnostic.severity.rawValue))")
      members.append("\"code\": \(JSONText.string(diagnostic.code ?? "stage"))")
      members.append("\"message\": \(JSONText.string(diagnostic.message))")
      if let remedy = diagnostic.remedy {
        members.append("\"remedy\": \(JSONText.string(remedy))")
      }
      return "  {" + members.joined(separator: ", ") + "}"
    }
    return objects.isEmpty ? "[]\n" : "[\n" + objects.joined(separator: ",\n") + "\n]\n"
  }
}
