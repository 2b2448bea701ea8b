package import YAMLTree

/// The pipeline whose stages stand in a stage.
package struct UsedPipeline: Sendable {
  /// As messages call it: its path, beginning where that of the using file begins.
  package var file: String
  /// Those that it declares.
  package var parameters: [Parameter]
  /// What the using file gives them: templates.
  package var given: [NamedArgument]
  /// Where it is named.
  package var place: Place
}

/// Gives the bytes of a file that a pipeline names, or throws why it can not be read.
package typealias PipelineFiles = @Sendable (String) throws(Diagnostic) -> [UInt8]

extension UsedPipeline {
  /// What its stages are called by where the using stage has no name: `enrich` of `./enrich.yaml`.
  var stem: String {
    let name = file.split(separator: "/").last.map(String.init) ?? file
    guard let dot = name.lastIndex(of: "."), dot > name.startIndex else { return name }
    return String(name[..<dot])
  }
}

extension Diagnostic {
  /// What is wrong in it is told at its own place.
  package static func usedFileHasErrors(_ file: String, at place: Place) -> Diagnostic {
    Diagnostic(
      "the pipeline used here, \(Node.quoted(file)), has errors", at: place, code: "used-file")
  }
}

extension StageDefinition {
  /// The files of the pipelines used by it and by the stages within it.
  package var usedFiles: [String] {
    [used?.file].compactMap { $0 } + stages.flatMap(\.usedFiles)
  }
}

extension String {
  /// The path of a file named in `file`: relative paths begin in its folder.
  package func path(besides file: String) -> String {
    guard !hasPrefix("/"), let slash = file.lastIndex(of: "/") else { return self }
    return file[...slash] + self
  }

  /// Without `.`, doubled slashes, and `..` behind the name of a folder.
  fileprivate var shortPath: String {
    var parts: [Substring] = []
    for part in split(separator: "/") where part != "." {
      if part == "..", let last = parts.last, last != ".." {
        parts.removeLast()
      } else {
        parts.append(part)
      }
    }
    return (hasPrefix("/") ? "/" : "") + parts.joined(separator: "/")
  }
}

/// What the readings of a pipeline and of all that it uses share.
final class Uses {
  /// A pipeline may use others, these again others; more than this is a mistake, or meant to be one.
  static let mostFiles = 1_000
  static let mostDepth = 32

  let files: PipelineFiles?
  var count = 0

  init(_ files: PipelineFiles?) { self.files = files }
}

extension Reading {
  /// The first file, which none of those that it uses may use again.
  func begin(with file: String) { chain = [file.shortPath] }

  /// The pipeline that a stage of this kind uses, and its stages; nil for other kinds, and where it
  /// has been reported why there is none.
  func pipelineUsed(
    _ arguments: Arguments, by manual: StageManual, at place: Place
  ) -> (pipeline: UsedPipeline, stages: [StageDefinition])? {
    let field = manual.fields.first { if case .pipeline = $0.type { true } else { false } }
    guard let field, let path = arguments.argument(field.name), let written = path.string,
      let found = used(written, at: path.place)
    else { return nil }
    let pipeline = UsedPipeline(
      file: found.file, parameters: found.parameters, given: arguments.mapping("params") ?? [],
      place: path.place)
    checkGiven(pipeline, written, at: place)
    return (pipeline, found.stages)
  }

  private func used(_ written: String, at place: Place) -> PipelineDefinition? {
    let file = written.path(besides: place.file).shortPath
    if let reason = refusal(ofUsing: file) {
      error("\(Node.quoted(written)) can not be used: \(reason)", at: place, code: "use-cycle")
      return nil
    }
    guard let files = uses.files else {
      error("\(Node.quoted(written)) can not be used: no files are read here", at: place)
      return nil
    }
    let bytes: [UInt8]
    do throws(Diagnostic) { bytes = try files(file) } catch {
      self.error(error.message, at: place, remedy: error.remedy, code: "unreadable")
      return nil
    }
    let reading = Reading(within: self, file: file)
    let root = reading.root(Source(file: file, bytes: bytes))
    let definition = root.flatMap { reading.pipeline($0, file: file, isUsed: true) }
    reading.diagnostics.forEach(report)
    usedFiles += reading.usedFiles + [(file, place)]
    return definition
  }

  /// The files that are being read are those whose stages stand in one another.
  private func refusal(ofUsing file: String) -> String? {
    uses.count += 1
    if let first = chain.firstIndex(of: file) {
      return "its stages would stand in themselves, "
        + (chain[first...] + [file]).joined(separator: " → ")
    }
    if chain.count > Uses.mostDepth { return "more than \(Uses.mostDepth) stand in one another" }
    return uses.count > Uses.mostFiles ? "more than \(Uses.mostFiles) files are used" : nil
  }

  /// What is wrong with the values of its parameters, as far as they are plain text.
  private func checkGiven(_ pipeline: UsedPipeline, _ written: String, at place: Place) {
    let names = pipeline.parameters.map(\.name)
    for one in pipeline.given {
      guard let parameter = pipeline.parameters.first(where: { $0.name == one.name }) else {
        error(
          "\(Node.quoted(written)) has no parameter \(Node.quoted(one.name))", at: one.key.place,
          remedy: Spelling.hint(for: one.name, in: names)
            ?? (names.isEmpty ? "it has none" : "it has " + FieldType.all(names)),
          code: "unknown-parameter")
        continue
      }
      guard let text = one.argument.string, !text.contains("{"),
        let reason = parameter.kind.refusal(of: text)
      else { continue }
      let said = parameter.isSecret ? "is no \(parameter.kind.rawValue)" : reason
      error("the parameter '\(one.name)' \(said)", at: one.argument.place)
    }
    for parameter in pipeline.parameters where parameter.defaultValue == nil {
      if pipeline.given.contains(where: { $0.name == parameter.name }) { continue }
      let purpose = parameter.description.map { " (\($0))" } ?? ""
      error(
        "\(Node.quoted(written)) needs the parameter '\(parameter.name)'\(purpose)", at: place,
        remedy: "give it: {pipeline: \(written), params: {\(parameter.name): …}}",
        code: "missing-parameter")
    }
  }

  /// Says of each used file with errors, where it is used.
  func reportUses() {
    for (file, place) in usedFiles {
      let isWrong = diagnostics.contains { $0.severity == .error && $0.place?.file == file }
      if isWrong { report(.usedFileHasErrors(file, at: place)) }
    }
  }
}
