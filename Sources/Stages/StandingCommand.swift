import PipelineModel
import Synchronization
import YAMLTree

/// A command that is run for many lines: nothing of it depends on one of them.
package struct StandingCommand: Sendable {
  private let arguments: [[UInt8]]
  private let directory: String?
  /// Set or replaced in streamline's own environment.
  private let variables: [(name: String, value: String)]
  private let setting: Setting
  private let located = Located()

  /// What `locate` found, once it has been asked.
  private final class Located: Sendable {
    let path = Mutex<String?>(nil)
  }

  /// Reads the fields of `fields`. Throws what is wrong with them, at their place.
  init(_ given: Arguments, of kind: String, _ setting: Setting) throws(Diagnostic) {
    self.setting = setting
    func text(_ argument: Argument) throws(Diagnostic) -> String {
      if let text = try Template(argument, setting).constant { return text }
      throw Diagnostic(
        "a '\(kind)' is started once for many lines, so its command can not depend on one of them",
        at: argument.place,
        remedy: "use only {params.NAME} and {env.NAME} in it; the lines come on stdin"
      )
    }
    guard let command = given.argument("command") else {
      throw Diagnostic("'\(kind)' needs a command", at: given.place)
    }
    if let list = command.list {
      var words: [String] = []
      for word in list { words.append(try text(word)) }
      if words.first == "" { throw Diagnostic("the command has no name", at: command.place) }
      arguments = words.map { Array($0.utf8) }
    } else {
      arguments = ["/bin/sh", "-c", command.string ?? ""].map { Array($0.utf8) }
    }
    directory = try given.argument("dir").map(text)
    var variables: [(String, String)] = []
    for pair in given.mapping("env") ?? [] {
      if pair.name.isEmpty || pair.name.contains("=") {
        throw Diagnostic("'\(pair.name)' can not name a variable", at: pair.key.place)
      }
      variables.append((pair.name, try text(pair.argument)))
    }
    self.variables = variables
  }

  /// The fields that say what is run.
  static let fields = [
    Field(
      "command", .oneOf([.list(of: .template), .string]), required: true,
      "The command and its arguments, or a text for the shell. Of templates only {params.NAME} and "
        + "{env.NAME} may stand in it."),
    Field("dir", .template, defaultNote: "the working folder", "The folder it is run in."),
    Field(
      "env", .mapping(of: .template), defaultNote: "streamline's own",
      "Variables that are set or replaced in its environment."),
  ]

  /// Its arguments as text, for tests and messages.
  package var words: [String] { arguments.map { String(decoding: $0, as: UTF8.self) } }

  /// Finds the executable. Throws `.spawn` if there is none.
  package func prepare(_ launcher: any Launcher) throws(Failure) { _ = try executable(launcher) }

  private func executable(_ launcher: any Launcher) throws(Failure) -> String {
    if let path = located.path.withLock({ $0 }) { return path }
    let path = variables.last { $0.name == "PATH" }?.value ?? setting.environment["PATH"]
    let found = try launcher.locate(words[0], directory: directory, path: path)
    located.path.withLock { $0 = found }
    return found
  }

  /// The command ready to run, its stdin open for what it is sent.
  package func childCommand(
    _ launcher: any Launcher, onErrorLine: @escaping @Sendable ([UInt8]) -> Void
  ) throws(Failure) -> ChildCommand {
    var command = ChildCommand(
      executable: try executable(launcher), arguments: arguments, environment: environment,
      directory: directory, grace: setting.grace, onErrorLine: onErrorLine)
    command.keepsInput = true
    return command
  }

  private var environment: [[UInt8]]? {
    if variables.isEmpty { return nil }
    var all = setting.environment
    for (name, value) in variables { all[name] = value }
    return all.sorted { $0.key < $1.key }.map { Array("\($0.key)=\($0.value)".utf8) }
  }
}
