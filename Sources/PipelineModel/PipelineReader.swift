package import YAMLTree

/// Reads a pipeline file into its definition and says everything that is wrong with it.
package enum PipelineReader {
  /// What a reading gives: the definition unless there is an error, and all diagnostics in the order
  /// of the file. Warnings come with a definition too.
  package struct Result: Sendable {
    package var definition: PipelineDefinition?
    package var diagnostics: [Diagnostic]

    package var errors: [Diagnostic] { diagnostics.filter { $0.severity == .error } }
  }

  /// Reads the text of a pipeline file. Touches no file itself: `files` gives those that it uses.
  package static func read(
    bytes: [UInt8], file: String, catalogue: [StageManual], files: PipelineFiles? = nil
  ) -> Result {
    let reading = Reading(catalogue: catalogue, files: files)
    reading.begin(with: file)
    let source = Source(file: file, bytes: bytes)
    guard let root = reading.root(source) else { return result(nil, reading) }
    return result(reading.pipeline(root, file: file), reading)
  }

  package static func read(
    text: String, file: String = "pipeline.yaml", catalogue: [StageManual],
    files: PipelineFiles? = nil
  ) -> Result {
    read(bytes: Array(text.utf8), file: file, catalogue: catalogue, files: files)
  }

  /// Reads stages given on the command line, each one the YAML of one stage (`grep: error`, `trim`)
  /// or of a list of them, and adds them behind those of `base`.
  package static func read(
    stages texts: [String], behind base: PipelineDefinition? = nil, catalogue: [StageManual],
    files: PipelineFiles? = nil
  ) -> Result {
    let reading = Reading(catalogue: catalogue, files: files)
    var stages = base?.stages ?? []
    for (index, text) in texts.enumerated() {
      let file = texts.count == 1 ? "-e" : "-e (\(index + 1))"
      guard let root = reading.root(Source(file: file, text: text)) else { continue }
      if root.sequence != nil {
        stages += reading.stages(root, name: "'-e'") ?? []
      } else if let stage = reading.stage(root) {
        stages.append(stage)
      }
    }
    reading.check(&stages)
    var definition = base ?? PipelineDefinition(file: "-e", stages: [])
    definition.stages = stages
    return result(definition, reading)
  }

  /// Reads one stage, as an example of a manual or a test writes it.
  ///
  /// - Parameter files: texts of the files that it uses.
  /// - Throws: the first thing that is wrong.
  package static func stage(
    _ text: String, catalogue: [StageManual], files: [String: String] = [:]
  ) throws(Diagnostic) -> StageDefinition {
    let result = read(stages: [text], catalogue: catalogue) { path throws(Diagnostic) in
      guard let text = files[path] else { throw Diagnostic("there is no file '\(path)'") }
      return Array(text.utf8)
    }
    if let error = result.errors.first { throw error }
    guard let stage = result.definition?.stages.first else { throw Diagnostic("no stage") }
    return stage
  }

  private static func result(_ definition: PipelineDefinition?, _ reading: Reading) -> Result {
    reading.reportUses()
    let diagnostics = reading.inOrder
    let isGood = !diagnostics.contains { $0.severity == .error }
    return Result(definition: isGood ? definition : nil, diagnostics: diagnostics)
  }
}

extension PipelineDefinition {
  /// A pipeline of these stages with everything else as it is without a file.
  package init(file: String, stages: [StageDefinition]) {
    self.init(
      file: file, name: nil, description: nil, parameters: [], input: Framing(),
      output: Framing(), timeout: nil, grace: .seconds(2), stages: stages, tests: nil)
  }
}

extension Reading {
  /// The one document of the text, after the checks that need no knowledge of pipelines.
  package func root(_ source: Source) -> Node? {
    do throws(ReadingFailure) {
      guard let document = try YAMLReader.document(source) else {
        error(
          "there is nothing in it", at: Place(source: source, line: 1, column: 1),
          remedy: "a pipeline has stages:", code: "empty")
        return nil
      }
      for duplicate in document.duplicateKeys {
        error(
          "the key \(duplicate.again.spokenOf) is here a second time", at: duplicate.again.place,
          remedy: "the first is on line \(duplicate.first.start.line)", code: "duplicate-key")
      }
      refuseTags(document.root)
      return document.root
    } catch {
      report(
        Diagnostic(
          error.message, at: error.place,
          remedy: error.remedy ?? quotingHint(error.place) ?? layoutHint(error.message),
          code: "yaml"))
      return nil
    }
  }

  /// A value that begins with `!` is a tag to YAML; no tag but the core schema's means anything here.
  private func refuseTags(_ node: Node) {
    if let tag = node.tag, !tag.hasPrefix("tag:yaml.org,2002:") {
      let text = [tag, node.scalar?.text ?? ""].filter { !$0.isEmpty }.joined(separator: " ")
      error(
        "\(Node.quoted(tag)) is a tag to YAML, and no tag means anything here", at: node.place,
        remedy: "quote it: \(Node.inQuotes(text))", code: "yaml")
    }
    switch node.content {
    case .scalar: break
    case .sequence(let items): items.forEach(refuseTags)
    case .mapping(let entries):
      for entry in entries {
        refuseTags(entry.key)
        refuseTags(entry.value)
      }
    }
  }

  /// Most YAML that libyaml refuses is a text that begins with a quote or a sign of YAML's own, or
  /// holds ": ", unquoted.
  private func quotingHint(_ place: Place) -> String? {
    if let hint = commentHint(place) { return hint }
    guard let line = place.source.line(place.line) else { return nil }
    if line.prefix(while: { $0 == " " || $0 == "\t" }).contains("\t") {
      return "YAML is indented by spaces, not tabs"
    }
    let parts = line.split(separator: ":", maxSplits: 1)
    guard parts.count == 2 else { return nil }
    let value = String(parts[1].drop { $0 == " " })
    let whole = "quote the whole value: \(Node.inQuotes(value))"
    switch value.first {
    case "{" where value.last == "}":
      return "within {…} quote each value that has a '?', a comma, a bracket or ': ' in it"
    case "\"", "'": return "a value that begins with a quote ends with it: \(whole)"
    case "!", "&", "*", "%", "@", "`", "|", ">":
      return "a value that begins with '\(value.prefix(1))' means something to YAML: \(whole)"
    default: return value.contains(": ") || value.contains(" ? ") ? whole : nil
    }
  }

  /// What libyaml's own words say about quotes and indentation.
  private func layoutHint(_ message: String) -> String? {
    if message.contains("while scanning a quoted scalar") {
      return "the quote that begins there is never closed"
    }
    if message.contains("did not find expected '-' indicator") {
      return "each stage begins with '- ', all in one column, its further keys below its kind"
    }
    if message.contains("while parsing a block mapping") {
      return "the keys of one mapping begin in one column"
    }
    return nil
  }

  /// What is open at the end of a line may have been closed in what YAML takes for a comment.
  private func commentHint(_ place: Place) -> String? {
    for number in [place.line, place.line - 1] {
      guard let line = place.source.line(number) else { continue }
      let parts = line.split(separator: " #", maxSplits: 1, omittingEmptySubsequences: false)
      if parts.count == 2, parts[0].contains("\"") || parts[0].contains("'"),
        parts[1].contains("\"") || parts[1].contains("'")
      {
        return "what follows ' #' is a comment to YAML: quote the whole value"
      }
    }
    return nil
  }
}
