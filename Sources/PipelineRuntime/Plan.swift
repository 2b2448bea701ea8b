package import PipelineModel
package import Stages

/// A pipeline ready to run: the definition with its values put in and its work built.
package struct Plan: Sendable {
  package var definition: PipelineDefinition
  package let setting: Setting
  /// In the order of the stream; groups without common keys of their own are part of it.
  package let stages: [PlannedStage]

  /// The first stage that keeps "complete through line L" from being said; nil where every result
  /// comes from one line, in order.
  package var firstThatMixesLines: PlannedStage? {
    stages.first { $0.stageClass != .lineWise || !$0.keepsOrder }
  }

  /// All stages, those of groups behind their group.
  package var allStages: [PlannedStage] { stages.flatMap(\.withInner) }

  /// Whether items have to keep the input lines they came from: templates or dead letters use them.
  package var needsOrigins: Bool {
    definition.stages.contains(where: Catalogue.usesLines)
      || allStages.contains { if case .deadLetter = $0.policy.absorption { true } else { false } }
  }

  /// Items whose failure a policy absorbed, over all stages.
  package var absorbedFailures: Int {
    allStages.reduce(0) { $0 + $1.counters.snapshot.lines.absorbed }
  }

  /// The stage that gives what leaves the stage or group of this name.
  package func tappedStage(_ name: String) -> String {
    func last(_ definition: StageDefinition) -> String {
      definition.isStreamGroup
        ? definition.stages.last.map(last) ?? definition.name : definition.name
    }
    func find(_ definitions: [StageDefinition]) -> StageDefinition? {
      for definition in definitions {
        if definition.name == name { return definition }
        if let found = find(definition.stages) { return found }
      }
      return nil
    }
    return find(definition.stages).map(last) ?? name
  }

  /// The files that dead letters go to, each once.
  package var deadLetterPaths: [String] {
    var paths: [String] = []
    for case .deadLetter(let port) in allStages.map(\.policy.absorption) {
      if let path = port.path, !paths.contains(path) { paths.append(path) }
    }
    return paths
  }
}
