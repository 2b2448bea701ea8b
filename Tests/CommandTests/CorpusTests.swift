import Foundation
import TestSupport
import Testing

private let corpora = URL(filePath: #filePath).deletingLastPathComponent()
  .appending(path: "../../../shared/corpora").standardized
private let corporaAreThere = FileManager.default.fileExists(atPath: corpora.path)

/// Real and hostile files that lie beside the project, through the built program.
@Suite(
  .enabled(if: programIsThere, programIsMissing),
  .enabled(if: corporaAreThere, "the folder ../shared/corpora is not there"))
struct CorpusTests {
  private static func files(_ name: String) -> [String] {
    let walk = FileManager.default.enumerator(
      at: corpora.appending(path: name), includingPropertiesForKeys: [.isRegularFileKey])
    let files = (walk?.allObjects as? [URL]) ?? []
    return files.filter {
      (try? $0.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile) == true
    }.map(\.path).sorted()
  }

  private static func bytes(_ path: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(filePath: path)))
  }

  @Test func `every file passes unchanged, but for a missing last newline`() throws {
    let folder = try CommandFolder()
    for (index, path) in (Self.files("real") + Self.files("hostile")).enumerated() {
      // The hundreds of small ones are much alike.
      if path.contains("JSONTestSuite"), index % 8 != 0, !isLongRun { continue }
      var expected = try Self.bytes(path)
      if let last = expected.last, last != 0x0A { expected.append(0x0A) }
      let outcome = try call(
        "stages: [{skip: 0}, {upper, fanout: 2, if: {grep: {pattern: no such text, fixed: true}}}]",
        input: .file(path), in: folder
      ).run()
      // Compared outside of the macro, which would print every byte.
      let agrees = outcome.output == expected
      #expect(agrees, "\(path)")
      #expect(outcome.status == 0, "\(path): \(outcome.messages)")
      #expect(outcome.messages == "", "\(path)")
    }
  }

  private static let textStages = [
    "grep: '.'", "grep: {pattern: '\\w+.', only_matching: true}",
    "grep: {pattern: é, ignore_case: true}", "replace: {pattern: '(.)(.)', with: '$2$1'}",
    "replace: {pattern: '', with: '|'}", "cut: '1-2'", "cut: {characters: '2-5,7'}",
    "cut: {bytes: '-4'}", "split: ' '", "join: {with: é, size: 3}", "trim", "upper", "lower",
    "enumerate", "head: 5", "tail: 5", "skip: 5", "sample: 0.5", "sample: {size: 7}", "reverse",
    "dedupe", "template: '{nr} {} {}'", "tee: /dev/null", "exec: {command: cat, stdin: true}",
  ]

  @Test(arguments: textStages)
  func `hostile lines go through every text stage without a crash`(stage: String) throws {
    let folder = try CommandFolder()
    var all: [UInt8] = []
    for path in Self.files("hostile") where isLongRun || !path.contains("JSONTestSuite") {
      all += try Self.bytes(path) + [0x0A]
      if stage.hasPrefix("exec"), all.count > 20_000, !isLongRun { break }
    }
    // A pattern may give up on a line; then that line is skipped and counted, and nothing else.
    let keys =
      stage.contains(":") && !["head", "tail", "skip", "join"].contains { stage.hasPrefix($0) }
    let outcome = try call(
      "stages: [{\(stage.contains(":") ? stage : stage + ": ")\(keys ? ", on_error: skip" : "")}]",
      input: .bytes(all), in: folder
    ).run()
    #expect(outcome.status == 0, "\(outcome.messages)")
    #expect(outcome.output.isEmpty || outcome.output.last == 0x0A)
  }

  private static let peers: [(String, [String])] = [
    ("grep: error", ["grep", "-a", "error"]),
    ("grep: '\" (404|50[0-9]) '", ["grep", "-aE", "\" (404|50[0-9]) "]),
    ("cut: '1,3-5'", ["cut", "-f1,3-5"]),
    ("cut: {bytes: '3-7,12-'}", ["cut", "-b3-7,12-"]),
    ("head: 10", ["head"]), ("tail: 10", ["tail"]),
    ("dedupe: {consecutive: true}", ["uniq"]), ("reverse: ", ["tac"]),
    ("enumerate: ", ["nl", "-ba"]),
  ]

  @Test(arguments: peers) func `the program agrees with GNU's`(
    stage: String, command: [String]
  ) throws {
    let folder = try CommandFolder()
    let files = Self.files("real").filter {
      isLongRun || $0.hasSuffix(".csv") || $0.contains("auth")
    }
    for path in files {
      var peer = Command(command, in: folder, input: .file(path))
      peer.program = "/usr/bin/env"
      peer.environment = ["LC_ALL": "C"]
      var expected = try peer.run().output
      // tac joins a last line without its newline to the one before.
      if command[0] == "tac", let last = try Self.bytes(path).last, last != 0x0A { continue }
      if let last = expected.last, last != 0x0A { expected.append(0x0A) }
      let outcome = try call("stages: [{\(stage)}]", input: .file(path), in: folder).run()
      // Compared outside of the macro, which would print every byte.
      let agrees = outcome.output == expected
      #expect(agrees, "\(path)")
      #expect(outcome.status == 0, "\(outcome.messages)")
      #expect(outcome.messages == "")
    }
  }
}
