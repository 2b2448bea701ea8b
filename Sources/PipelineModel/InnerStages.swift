import YAMLTree

// The stages that stand within a stage.

extension StageManual {
  /// It may hold stages; `defaults` go past it to these.
  package var isGroup: Bool { fields.contains { $0.type.holdsStages } }
}

extension StageDefinition {
  /// It holds stages.
  package var isGroup: Bool { !stages.isEmpty }

  /// A `tee` that leads a stream of its own.
  package var isSideStream: Bool { kind == "tee" && isGroup }

  /// Each item takes its way through the stages within by itself, so that nothing among them may
  /// count, hold or join items.
  package var sendsItemsAlone: Bool { manual.sendsItemsAlone || isGroup && itemKey != nil }

  /// A group that is nothing to its items: its stages are part of the stream around it.
  package var isStreamGroup: Bool { isGroup && manual.isPlainGroup && itemKey == nil }
}

extension FieldType {
  fileprivate var holdsStages: Bool {
    switch self {
    case .stages, .pipeline: true
    case .list(let element, _), .mapping(let element): element.holdsStages
    case .fields(let fields): fields.contains { $0.type.holdsStages }
    case .oneOf(let types): types.contains { $0.holdsStages }
    default: false
    }
  }
}

extension Reading {
  /// Takes the stages out of a stage's arguments: its definition holds them itself. Where there are
  /// several lists of them, each is a group of its own, called by its key or its place.
  func takeStages(_ arguments: inout Arguments) -> [StageDefinition] {
    for index in arguments.entries.indices {
      let argument = arguments.entries[index].argument
      switch argument.value {
      case .stages(let stages):
        arguments.entries[index].argument.value = .stages([])
        return stages
      case .list(let list):
        let branches = list.enumerated().compactMap { branch($1, number: $0 + 1) }
        if !branches.isEmpty { return branches }
      case .mapping(let pairs):
        let branches = pairs.compactMap { pair in
          branch(pair.argument, name: Argument(.string(pair.name), node: pair.key))
        }
        if !branches.isEmpty { return branches }
      default: break
      }
    }
    return []
  }

  /// `stages`, or `{when: …, stages: …}`.
  private func branch(_ argument: Argument, number: Int) -> StageDefinition? {
    let name = Argument(.string(String(number)), node: argument.node)
    guard let fields = argument.arguments else { return branch(argument, name: name) }
    return fields.argument("stages").flatMap { stages in
      branch(stages, name: fields.argument("name") ?? name)
    }
  }

  private func branch(_ argument: Argument, name: Argument) -> StageDefinition? {
    guard case .stages(let stages) = argument.value, let manual = manual(of: "stages") else {
      return nil
    }
    return StageDefinition(
      manual: manual, name: "", place: name.place, common: CommonKeys(),
      arguments: Arguments(place: argument.place), stages: stages, givenName: name)
  }
}
