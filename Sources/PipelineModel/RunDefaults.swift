import YAMLTree

// What the command line says for all stages that do not say it themselves.

extension PipelineDefinition {
  /// Puts the failed items of every stage without `on_error` aside into one file (`--dead-letter`).
  /// Groups have none, and the stages of a group with `on_error` keep what is written: their failures
  /// are the group's.
  package mutating func putFailuresAside(into path: String) {
    // It is no template: a brace is a brace.
    let text = path.split(separator: "{", omittingEmptySubsequences: false).joined(separator: "{{}")
    let source = Source(file: "--dead-letter", text: path)
    let start = Mark(line: 1, column: 1, offset: 0)
    let node = Node(
      .scalar(Scalar(text: text, style: .singleQuoted)), start: start, end: start, source: source)
    let policy = OnError.deadLetter(path: Argument(.string(text), node: node), append: false)
    stages.change { stage in
      if stage.common.onError != nil { return false }
      if stage.isGroup { return true }
      let stageClass = stage.manual.stageClass(for: stage.arguments)
      if CommonKeyTable.refusal(of: "on_error", by: stage.manual, in: stageClass) == nil {
        stage.common.onError = policy
      }
      return true
    }
  }

  /// Bounds what every stage absorbs that has an `on_error` and no `max_errors` (`--max-errors`).
  package mutating func limitFailures(to most: MaxErrors) {
    stages.change { stage in
      if let policy = stage.common.onError, policy.absorbs, stage.common.maxErrors == nil {
        stage.common.maxErrors = most
      }
      return true
    }
  }
}

extension [StageDefinition] {
  /// Changes each of them and, where the change says so, the stages within it.
  fileprivate mutating func change(_ change: (inout StageDefinition) -> Bool) {
    for index in indices where change(&self[index]) { self[index].stages.change(change) }
  }
}

extension OnError {
  fileprivate var absorbs: Bool { if case .fail = self { false } else { true } }
}

extension MaxErrors {
  /// Reads `10` or `1%`; nil for anything else.
  package init?(written text: String) {
    if let number = Int(text), number >= 0 {
      self = .number(number)
    } else if text.hasSuffix("%"), let percent = Double(String(text.dropLast())), percent > 0,
      percent <= 100
    {
      self = .percent(percent)
    } else {
      return nil
    }
  }
}
