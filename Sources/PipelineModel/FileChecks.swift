import YAMLTree

// Which files the stages write.

extension Reading {
  private struct Writer {
    var isDeadLetter: Bool
    var place: Place
  }

  /// Dead letters may share a file, whole records of it; nothing else may.
  func checkFiles(_ stages: [StageDefinition]) {
    var writers: [String: Writer] = [:]
    forEach(stages) { stage in
      for path in stage.arguments.writtenPaths(stage.manual.fields) {
        note(path, isDeadLetter: false, in: &writers)
      }
      if case .deadLetter(let path, _)? = stage.common.onError {
        note(path, isDeadLetter: true, in: &writers)
      }
    }
  }

  private func forEach(_ stages: [StageDefinition], _ body: (StageDefinition) -> Void) {
    for stage in stages {
      body(stage)
      forEach(stage.stages, body)
    }
  }

  private func note(_ path: Argument, isDeadLetter: Bool, in writers: inout [String: Writer]) {
    // What a template makes of it is known only when it is written.
    guard let text = path.string, !text.contains("{") else { return }
    // Devices may be written by any number: /dev/null, /dev/stderr.
    if text.hasPrefix("/dev/") { return }
    let name = text.simplifiedPath
    guard let first = writers[name] else {
      writers[name] = Writer(isDeadLetter: isDeadLetter, place: path.place)
      return
    }
    if first.isDeadLetter && isDeadLetter { return }
    error(
      "the file \(Node.quoted(text)) is written by two stages", at: path.place,
      remedy: "the other is on line \(first.place.line); give each a file of its own",
      code: "shared-file")
  }
}

extension Arguments {
  /// The files that the stage's own fields say it writes.
  package func writtenPaths(_ fields: [Field]) -> [Argument] {
    fields.compactMap { field in
      if case .writtenPath = field.type { argument(field.name) } else { nil }
    }
  }
}

extension String {
  /// Without `.` and doubled slashes, so that one file is seen as one.
  package var simplifiedPath: String {
    let parts = split(separator: "/").filter { $0 != "." }
    return (hasPrefix("/") ? "/" : "") + parts.joined(separator: "/")
  }
}
