import YAMLTree

// What can only be said once all stages are read: names, groups, files, and doubtful orders.

extension Reading {
  func check(_ stages: inout [StageDefinition]) {
    nameStages(&stages, prefix: "")
    checkGroups(stages)
    checkStarts(stages)
    checkOrder(stages)
    checkFiles(stages)
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
