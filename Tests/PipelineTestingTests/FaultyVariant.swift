import Foundation
import PipelineModel
import TestSupport
import Testing
import YAMLTree

/// `Faulty/NAME.yaml`: an example pipeline with a mistake made in it, and what its tests then say.
struct FaultyVariant: Sendable, CustomTestStringConvertible {
  var name: String
  /// A file of `pipelines/`.
  var pipeline: String
  /// Each text stands in the pipeline once.
  var changes: [(text: String, by: String)]
  var status: Int
  /// Names of cases that have to fail; others may fail too.
  var failing: [String]
  /// What has to be in the report.
  var shown: [String]

  var testDescription: String { name }

  private static let fields = [
    Field("pipeline", .string, required: true, "The pipeline."),
    Field(
      "changes",
      .list(
        of: .fields([
          Field("replace", .string, required: true, "What stands in it once."),
          Field("by", .string, required: true, "What takes its place."),
        ])), required: true, "The mistake."),
    Field("status", .int(1...2), default: "1", "The exit status."),
    Field("fails", .list(of: .string), "Cases that fail."),
    Field("shows", .list(of: .string), required: true, "Texts of the report."),
  ]

  /// In the order of their names.
  static func all() throws -> [FaultyVariant] {
    let folder = Examples.root.appending(path: "Tests/PipelineTestingTests/Faulty")
    return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().map {
      try FaultyVariant(file: folder.appending(path: $0))
    }
  }

  init(file: URL) throws {
    let reading = Reading(catalogue: [])
    let source = Source(file: file.lastPathComponent, bytes: [UInt8](try Data(contentsOf: file)))
    guard let root = reading.root(source), let entries = root.mapping else {
      throw Wrong(what: "\(source.file) is no mapping")
    }
    let keys = reading.arguments(entries, Self.fields, of: "a variant", at: root.place)
    if let first = reading.inOrder.first { throw Wrong(what: first.rendered) }
    name = file.deletingPathExtension().lastPathComponent
    pipeline = keys.string("pipeline") ?? ""
    changes = (keys.list("changes") ?? []).compactMap(\.arguments).map {
      ($0.string("replace") ?? "", $0.string("by") ?? "")
    }
    status = keys.int("status") ?? 1
    failing = keys.strings("fails") ?? []
    shown = keys.strings("shows") ?? []
  }

  /// The text of the pipeline with the mistake in it.
  func faulty(_ text: String) throws -> String {
    try changes.reduce(text) { text, change in
      guard text.ranges(of: change.text).count == 1 else {
        throw Wrong(what: "\(pipeline) has this not once: \(change.text)")
      }
      return text.replacing(change.text, with: change.by)
    }
  }

  struct Wrong: Error, CustomStringConvertible {
    var what: String
    var description: String { what }
  }
}

/// A copy of `pipelines/` to be tested.
struct Examples {
  static let root = URL(filePath: #filePath).appending(path: "../../..").standardizedFileURL

  let folder: CommandFolder

  init() throws {
    folder = try CommandFolder()
    try FileManager.default.copyItem(
      atPath: Self.root.appending(path: "pipelines").path, toPath: folder.path("pipelines"))
  }

  func text(_ name: String) throws -> String { try folder.text("pipelines/\(name)") }

  func write(_ text: String, to name: String) throws {
    try folder.add("pipelines/\(name)", Array(text.utf8))
  }

  /// The pipeline and, where there is one, the file of tests beside it.
  func paths(of pipeline: String) -> [String] {
    let tests = "pipelines/" + pipeline.replacing(".yaml", with: ".test.yaml")
    let isThere = FileManager.default.fileExists(atPath: folder.path(tests))
    return ["pipelines/\(pipeline)"] + (isThere ? [tests] : [])
  }

  func test(_ arguments: [String]) throws -> CommandOutcome {
    try Command(["test"] + arguments, in: folder).run()
  }
}
