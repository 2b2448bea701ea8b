import YAMLTree

extension PipelineDefinition {
  /// The paths of all stages, those of groups behind their group.
  package var stagePaths: [String] { stages.flatMap(\.paths) }
}

extension StageDefinition {
  fileprivate var paths: [String] { [name] + stages.flatMap(\.paths) }
}

// What stages are called.

extension Reading {
  /// Gives every stage its path. A stage without a name is called by its kind, one that uses a file
  /// by that, from the second one on with a number; written names are never taken.
  func nameStages(_ stages: inout [StageDefinition], prefix: String) {
    var taken: [String: Place] = [:]
    for stage in stages {
      guard let given = stage.givenName, let name = given.string else { continue }
      if let reason = refusal(ofName: name) {
        error("\(Node.quoted(name)) is no name for a stage: \(reason)", at: given.place)
      }
      if let first = taken[name] {
        error(
          "two stages are called \(Node.quoted(name))", at: given.place,
          remedy: "the first is on line \(first.line)", code: "duplicate-name")
      }
      taken[name] = given.place
    }
    for index in stages.indices {
      var name = stages[index].givenName?.string ?? ""
      if stages[index].givenName == nil {
        let stem = stages[index].used?.stem ?? ""
        let base = refusal(ofName: stem) == nil ? stem : stages[index].kind
        var number = 1
        repeat {
          name = number == 1 ? base : "\(base)-\(number)"
          number += 1
        } while taken[name] != nil
        taken[name] = stages[index].place
      }
      stages[index].name = prefix + name
      nameStages(&stages[index].stages, prefix: prefix + name + "/")
    }
  }

  private func refusal(ofName name: String) -> String? {
    if name.isEmpty { return "it is empty" }
    if name.contains("/") { return "'/' stands between a group and its stages" }
    if name.contains("=") { return "'=' ends a name on the command line" }
    if name.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) {
      return "it has control characters"
    }
    return nil
  }
}
