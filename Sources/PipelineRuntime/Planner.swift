import Flow
import Lines
package import PipelineModel
import Records
package import Stages
import YAMLTree

/// Builds a plan; what is wrong with arguments, patterns and templates is collected, all of it.
package struct Planner {
  /// Of the file whose stages are being planned.
  var setting: Setting
  let opener: any SideFileOpener
  /// What is wrong, in the order it was met.
  package internal(set) var diagnostics: [Diagnostic] = []
  /// Stages that write dead letters to one path share its port.
  var deadLetters: [String: SidePort] = [:]
  /// How many marks stand around what is being planned: items may go by that many ways at once.
  var markLevel = 0
  /// By name of the work: what begins it in the list of stages that is being planned.
  var started: [String: (stage: String, level: Int)] = [:]
  /// Whether a stage that has enough ends what is upstream.
  var mayEnd = true
  let mostWorkers: Int
  let standIns: (any StandIns)?

  /// - Parameters:
  ///   - mostWorkers: how many workers a stage that starts children may have, where there are not
  ///     descriptors enough for those that the file asks for.
  ///   - standIns: what a test puts in the place of stages.
  package init(
    _ setting: Setting, _ opener: any SideFileOpener, mostWorkers: Int = .max,
    standIns: (any StandIns)? = nil
  ) {
    self.setting = setting
    self.opener = opener
    self.mostWorkers = mostWorkers
    self.standIns = standIns
  }

  /// The plan, or nil with `diagnostics`.
  package mutating func plan(_ definition: PipelineDefinition) -> Plan? {
    let ends = RecordEnds(setting)
    var stages: [PlannedStage] = []
    if let input = ends.input(definition.input) { stages += end(input) }
    stages += chain(definition.stages, inGroup: false)
    let mayHaveRecords =
      definition.input.records != nil || definition.stages.contains(where: \.mayGiveRecords)
    if let output = ends.output(definition.output, mayHaveRecords: mayHaveRecords) {
      stages += end(output)
    }
    return diagnostics.isEmpty
      ? Plan(definition: definition, setting: setting, stages: stages) : nil
  }

  /// A stage at an end of the pipeline, which no list of stages has.
  private mutating func end(
    _ end: (definition: StageDefinition, work: Work)
  ) -> [PlannedStage] {
    do throws(Diagnostic) { return [try planned(end.definition, end.work, false)] } catch {
      diagnostics.append(error)
      return []
    }
  }

  mutating func chain(
    _ definitions: [StageDefinition], inGroup: Bool
  ) -> [PlannedStage] {
    let (outer, level) = (started, markLevel)
    started = [:]
    defer { (started, markLevel) = (outer, level) }
    if markLevel > 15, let first = definitions.first {
      diagnostics.append(
        Diagnostic(
          "switches, groups with 'if' and started work are more than 15 deep here", at: first.place)
      )
    }
    return definitions.flatMap { definition in
      let isStream = definition.isStreamGroup && standIns?.replaces(definition) != true
      return isStream ? stream(definition, inGroup) : stage(definition, inGroup)
    }
  }

  /// A group without keys that act on an item is part of the stream around it.
  private mutating func stream(_ group: StageDefinition, _ inGroup: Bool) -> [PlannedStage] {
    let takesErrors = group.manual.takesOnlyErrors
    guard takesErrors || group.common.condition != nil else {
      return inner(of: group, inGroup: inGroup)
    }
    var make: (@Sendable () -> any Predicate)?
    if let condition = group.common.condition {
      guard let predicate = predicate(condition, of: group) else { return [] }
      make = predicate
    }
    markLevel += 1
    let couldEnd = mayEnd
    mayEnd = false
    defer {
      markLevel -= 1
      mayEnd = couldEnd
    }
    if markLevel > Batch.mostBypassLevels {
      diagnostics.append(.tooManyBypasses(group))
      return []
    }
    let (level, predicate) = (markLevel, make)
    let begin = planned(
      group,
      .serial {
        BypassMark(
          level: level, stage: $0.stage, takesErrors: takesErrors, predicate: predicate?())
      }, inGroup)
    let inner = inner(of: group, inGroup: inGroup)
    let end = planned(group, .serial { _ in BypassEnd(level: level) }, inGroup)
    return [begin] + inner + [end]
  }

  /// The stages of a group; those of another file with the parameters of that.
  mutating func inner(of group: StageDefinition, inGroup: Bool) -> [PlannedStage] {
    guard let used = group.used else { return chain(group.stages, inGroup: inGroup) }
    let outer = setting
    defer { setting = outer }
    do { setting = try used.setting(within: outer) } catch {
      diagnostics.append(error)
      return []
    }
    let before = diagnostics.count
    let stages = chain(group.stages, inGroup: inGroup)
    if diagnostics[before...].contains(where: { $0.place?.file == used.file }) {
      diagnostics.append(.usedFileHasErrors(used.file, at: used.place))
    }
    return stages
  }

  mutating func stage(_ definition: StageDefinition, _ inGroup: Bool) -> [PlannedStage] {
    do {
      return [try planned(definition, try work(of: definition), inGroup)]
    } catch {
      diagnostics.append(error)
      return []
    }
  }

  private func work(of definition: StageDefinition) throws(Diagnostic) -> Work {
    guard let standIns else { return try Catalogue.build(definition, setting) }
    // A group that is replaced is not looked into; any other stage has to be right all the same.
    if !definition.stages.isEmpty, standIns.replaces(definition) {
      return try standIns.work(of: definition)
    }
    return try standIns.work(of: definition, try Catalogue.build(definition, setting))
  }
}

extension Diagnostic {
  fileprivate static func tooManyBypasses(_ group: StageDefinition) -> Diagnostic {
    Diagnostic(
      "groups that items pass by stand in one another more than \(Batch.mostBypassLevels) deep",
      at: group.place)
  }
}

extension OnError {
  /// `{default: …}`, whose value may be a record.
  fileprivate var isReplacement: Bool { if case .replace = self { true } else { false } }
}

extension StageDefinition {
  /// Whether an item that leaves it may be a record.
  fileprivate var mayGiveRecords: Bool {
    manual.chapter == .records || manual.takesResultsAsValues || manual.takesOnlyErrors
      || common.into != nil || common.from != nil
      || common.onError?.isReplacement == true || arguments.string("decode") == "json"
      || arguments.string("response") == "full"
      || stages.contains(where: \.mayGiveRecords)
  }
}
