import Host
import PipelineModel
import PipelineRuntime
import YAMLTree

/// What each file is to a run. One that is to be two things at once would be read while it is
/// emptied, or written by two who do not know of each other (SEMANTICS 2.4).
struct FileRoles {
  private struct Role {
    /// As a message calls it: "the file of stage 'tee'".
    var words: String
    var place: Place?
    var isDeadLetters = false
    var isRead = false
    var isInput = false
  }

  /// By the key of the file.
  private var first: [String: Role] = [:]
  private(set) var diagnostics: [Diagnostic] = []

  /// The files that the stages of `plan` write, as far as their paths do not depend on items.
  init(_ plan: Plan) {
    add(writtenBy: plan)
  }

  /// These, and what the command line names besides.
  init(_ plan: Plan, _ options: RunOptions) {
    if let path = options.pipeline { add(path, Role(words: "the pipeline", isRead: true)) }
    if options.inputs.isEmpty, options.replay == nil {
      add(FileIdentity(descriptor: 0), nil, Role(words: "stdin", isRead: true, isInput: true))
    }
    for path in options.inputs where path != "-" {
      add(path, Role(words: "an input", isRead: true, isInput: true))
    }
    if let path = options.replay { add(path, Role(words: "what --replay reads", isRead: true)) }
    add(writtenBy: plan)
    for tap in options.taps {
      if let path = tap.file { add(path, Role(words: "the file of --tap \(tap.stage)")) }
    }
    if let path = options.trace { add(path, Role(words: "the file of --trace")) }
    if options.output == nil {
      add(FileIdentity(descriptor: 1), nil, Role(words: "stdout"), mayBeInput: true)
    }
    if let path = options.output {
      // It appears at the very end, in place of what was there.
      add(FileIdentity(path: path), path, Role(words: "the file of -o"), mayBeInput: true)
    }
  }

  private mutating func add(writtenBy plan: Plan) {
    for path in plan.definition.stages.flatMap(\.usedFiles) {
      add(path, Role(words: "a pipeline that is used", isRead: true))
    }
    for stage in plan.allStages {
      for file in stage.writtenFiles {
        let letters = file.isDeadLetters
        let words = letters ? "the dead letters of" : "the file of"
        add(
          file.path,
          Role(
            words: "\(words) stage '\(stage.name)'", place: stage.definition.place,
            isDeadLetters: letters))
      }
    }
  }

  private mutating func add(_ path: String, _ role: Role) {
    add(FileIdentity(path: path), path, role)
  }

  private mutating func add(
    _ file: FileIdentity?, _ path: String?, _ role: Role, mayBeInput: Bool = false
  ) {
    guard let file else { return }
    guard let other = first[file.key] else {
      first[file.key] = role
      return
    }
    if mayBeInput && other.isInput { return }
    if other.isRead && role.isRead || other.isDeadLetters && role.isDeadLetters { return }
    diagnostics.append(
      Diagnostic(
        "\(other.words) and \(role.words) are one file" + (path.map { ", '\($0)'" } ?? ""),
        at: role.place ?? other.place, remedy: "give each a file of its own", code: "shared-file"))
  }
}
