package import PipelineModel

/// Every kind of stage there is. Validation, help, manual pages and the tests of examples read it.
package enum Catalogue {
  package static let kinds: [any StageKind.Type] = [
    Grep.self, Replace.self, Cut.self, Split.self, Join.self, Trim.self, Upper.self, Lower.self,
    Enumerate.self, Head.self, Tail.self, Skip.self, Sample.self, Reverse.self, Dedupe.self,
    TemplateStage.self, Tee.self, Exec.self, Group.self, Delay.self, Throttle.self,
    Filter.self, Map.self, Count.self, Sort.self, Scan.self, Aggregate.self,
  ]

  /// All manuals, in the order of the manual pages.
  package static let manuals: [StageManual] = kinds.map { $0.manual }

  /// The work of one stage as written. Throws what is wrong with its arguments, at their place.
  package static func build(
    _ stage: StageDefinition, _ setting: Setting
  ) throws(Diagnostic) -> Work {
    guard let kind = kinds.first(where: { $0.manual.kind == stage.kind }) else {
      throw Diagnostic("there is no stage '\(stage.kind)'", at: stage.place, code: "unknown-kind")
    }
    return try kind.build(stage, setting)
  }

  /// Whether a stage looks at input lines as they were read, so that the source has to keep them.
  package static func usesLines(_ stage: StageDefinition) -> Bool {
    if stage.arguments.entries.contains(where: { mentionsLine($0.argument) }) { return true }
    // `line` in an expression: at worst the lines are kept for a text that is called so.
    let isRecordStage = stage.manual.chapter == .records
    var expressions = [stage.common.from].compactMap { $0 }
    if case .expression(let test)? = stage.common.condition?.test { expressions.append(test) }
    if expressions.contains(where: { $0.string?.contains("line") == true }) { return true }
    if isRecordStage, stage.arguments.entries.contains(where: { mentions("line", $0.argument) }) {
      return true
    }
    switch stage.common.onError {
    case .replace(let argument), .deadLetter(let argument, _):
      if mentionsLine(argument) { return true }
    default: break
    }
    return stage.stages.contains(where: usesLines)
  }

  private static func mentionsLine(_ argument: Argument) -> Bool {
    mentions("{line}", argument) || mentions("{=", argument)
  }

  private static func mentions(_ words: String, _ argument: Argument) -> Bool {
    switch argument.value {
    case .string(let text): text.contains(words)
    case .list(let arguments): arguments.contains { mentions(words, $0) }
    case .mapping(let pairs): pairs.contains { mentions(words, $0.argument) }
    case .arguments(let inner): inner.entries.contains { mentions(words, $0.argument) }
    default: false
    }
  }
}
