package import PipelineModel

/// Every kind of stage there is. Validation, help, manual pages and the tests of examples read it.
package enum Catalogue {
  package static let kinds: [any StageKind.Type] = [
    Grep.self, Replace.self, Cut.self, Split.self, Join.self, Trim.self, Upper.self, Lower.self,
    Enumerate.self, Head.self, Tail.self, Skip.self, Sample.self, Reverse.self, Dedupe.self,
    TemplateStage.self, Tee.self, Exec.self, Coprocess.self, Pipe.self, HTTP.self, Group.self,
    GatherStage.self, SwitchStage.self, StartStage.self, AwaitStage.self, Rescue.self,
    Use.self, Delay.self, Throttle.self,
    Parse.self, Filter.self, Map.self, SetFields.self, Unset.self, Select.self, Rename.self,
    FlatMap.self, Assert.self, Lookup.self, Count.self, Sort.self, Scan.self, Aggregate.self,
    BatchItems.self,
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
    var expressions = [stage.common.from].compactMap { $0 }
    if case .expression(let test)? = stage.common.condition?.test { expressions.append(test) }
    if expressions.contains(where: { mentionsLine($0, .expression) }) { return true }
    for entry in stage.arguments.entries {
      let type = stage.manual.fields.first { $0.name == entry.name }?.type
      if mentionsLine(entry.argument, type) { return true }
    }
    switch stage.common.onError {
    case .replace(let argument): if mentionsLine(argument, .expression) { return true }
    case .deadLetter(let argument, _): if mentionsLine(argument, .template) { return true }
    default: break
    }
    return stage.stages.contains(where: usesLines)
  }

  /// - Parameter type: of the field, if it is known.
  private static func mentionsLine(_ argument: Argument, _ type: FieldType?) -> Bool {
    switch argument.value {
    case .string(let text):
      text.mentions("line")
        && (text.contains("{line}") || type?.mayBeExpression == true || text.contains("{="))
    case .list(let arguments): arguments.contains { mentionsLine($0, type) }
    case .mapping(let pairs): pairs.contains { mentionsLine($0.argument, type) }
    case .arguments(let inner):
      inner.entries.contains { mentionsLine($0.argument, .expression) }
    default: false
    }
  }
}

extension FieldType {
  /// Whether what is written there, or within it, may be an expression.
  fileprivate var mayBeExpression: Bool {
    switch self {
    case .expression: true
    case .list(let type, _), .mapping(let type): type.mayBeExpression
    case .oneOf(let types): types.contains { $0.mayBeExpression }
    case .fields(let fields): fields.contains { $0.type.mayBeExpression }
    default: false
    }
  }
}

extension String {
  /// Whether `word` stands in it on its own, as a name does in an expression.
  func mentions(_ word: String) -> Bool {
    utf8.split { byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"): false
      default: true
      }
    }.contains { $0.elementsEqual(word.utf8) }
  }
}
