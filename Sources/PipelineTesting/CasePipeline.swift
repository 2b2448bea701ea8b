import PipelineModel

extension PipelineDefinition {
  /// The part of the pipeline that a case runs; in virtual time nothing in it depends on the machine.
  func part(for testCase: TestCase) -> PipelineDefinition {
    var part = self
    if let name = testCase.arguments.string("stage") {
      part.stages = Self.find(name, in: stages).map { [$0] } ?? []
    }
    if let to = testCase.arguments.string("to"), let index = part.stages.index(of: to) {
      part.stages.removeSubrange((index + 1)...)
    }
    if let from = testCase.arguments.string("from"), let index = part.stages.index(of: from) {
      part.stages.removeSubrange(..<index)
    }
    if !testCase.isReal { part.stages = part.stages.map(\.withFixedWorkers) }
    return part
  }

  private static func find(_ name: String, in stages: [StageDefinition]) -> StageDefinition? {
    for stage in stages {
      if stage.name == name { return stage }
      guard let inner = find(name, in: stage.stages) else { continue }
      return stage.used == nil ? inner : stage.holding(inner)
    }
    return nil
  }
}

extension [StageDefinition] {
  fileprivate func index(of name: String) -> Int? { firstIndex { $0.name == name } }
}

extension StageDefinition {
  /// What `fanout: auto` is in virtual time, so that a case takes as long on every machine.
  static let workersOfAuto = 4

  /// What stands in another file keeps the parameters of that.
  fileprivate func holding(_ inner: StageDefinition) -> StageDefinition {
    var copy = self
    copy.common = CommonKeys()
    copy.stages = [inner]
    return copy
  }

  fileprivate var withFixedWorkers: StageDefinition {
    var copy = self
    if copy.common.fanout?.workers == .auto {
      copy.common.fanout?.workers = .number(Self.workersOfAuto)
    }
    copy.stages = stages.map(\.withFixedWorkers)
    return copy
  }
}
