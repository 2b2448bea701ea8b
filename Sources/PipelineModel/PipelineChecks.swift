import YAMLTree

// What can only be said once all stages are read: names, groups, files, and doubtful orders.

extension Reading {
  func check(_ stages: inout [StageDefinition]) {
    nameStages(&stages, prefix: "")
    checkGroups(stages)
    checkStarts(stages)
    checkOrder(stages)
    checkLimits(stages)
    checkFiles(stages)
  }

  /// A limit of a group around a stage is one for it too.
  func checkLimits(_ stages: [StageDefinition]) {
    for stage in stages where stage.common.limits == Limits() {
      if let danger = stage.manual.withoutLimit {
        warn(
          "'\(stage.kind)' has no 'timeout': \(danger)", at: stage.place,
          remedy: "say how long one answer may take, as by timeout: 5s", code: Diagnostic.noLimit)
      }
      checkLimits(stage.stages)
    }
  }

  func checkOrder(_ stages: [StageDefinition]) {
    var unordered: StageDefinition?
    for stage in stages {
      let stageClass = stage.manual.stageClass(for: stage.arguments)
      if let first = unordered, !stage.isGroup, stageClass != .lineWise {
        warn(
          "'\(stage.kind)' depends on the order of items, and '\(first.name)' above it gives it up "
            + "('order: none')", at: stage.place, code: "unordered")
      }
      if stage.common.fanout?.keepsOrder == false { unordered = stage }
      checkOrder(stage.stages)
    }
  }
}
