import Foundation
import TestSupport
import Testing

/// `Cases/NAME`: a pipeline, its input, and all that a user sees. Missing files mean empty, and 0.
///
/// - `arguments`: one a line; without it `run pipeline.yaml`. PROGRAM as the first one runs the
///   second as a program.
/// - `files/`: what lies in the working folder.
/// - `after/`: what the run has written there.
private struct Case: CustomTestStringConvertible {
  let folder: URL
  var testDescription: String { folder.lastPathComponent }

  static let all: [Case] = {
    let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Cases")
    let names = (try? FileManager.default.contentsOfDirectory(atPath: root.path)) ?? []
    return names.sorted().map { Case(folder: root.appending(path: $0)) }
  }()

  func bytes(_ name: String) -> [UInt8] {
    [UInt8](FileManager.default.contents(atPath: folder.appending(path: name).path) ?? Data())
  }

  func text(_ name: String) -> String { String(decoding: bytes(name), as: UTF8.self) }

  var arguments: [String] {
    let lines = text("arguments").split(separator: "\n").map(String.init)
    return lines.isEmpty ? ["run", "pipeline.yaml"] : lines
  }

  func names(in name: String) -> [String] {
    let path = folder.appending(path: name).path
    return (try? FileManager.default.subpathsOfDirectory(atPath: path)) ?? []
  }

  /// The command in a folder with the case's files.
  func command() throws -> Command {
    let work = try CommandFolder(["pipeline.yaml": text("pipeline.yaml")])
    for name in try FileManager.default.fileExists(atPath: folder.appending(path: "files").path)
      ? FileManager.default.contentsOfDirectory(atPath: folder.appending(path: "files").path) : []
    {
      try FileManager.default.copyItem(
        atPath: folder.appending(path: "files/\(name)").path, toPath: work.path(name))
    }
    var command = Command(arguments, in: work, input: .bytes(bytes("input")))
    command.environment = ["STREAMLINE_TEST_WORD": "word"]
    if arguments.first == "PROGRAM", let program = Command.program {
      // Written by a process of its own: one that another test starts meanwhile would hold a
      // descriptor of ours for writing, and what is open for writing cannot be run.
      let name = arguments[1]
      command.before = "cat \(name) > copy && chmod 755 copy && mv copy \(name)"
      let folder = URL(filePath: program).deletingLastPathComponent().path
      command.environment["PATH"] = "\(folder):/usr/bin:/bin"
      command.program = work.path(arguments[1])
      command.arguments = []
    }
    return command
  }
}

@Suite(.enabled(if: programIsThere, programIsMissing))
struct CaseTests {
  @Test(arguments: Case.all) fileprivate func `a case does what it says`(_ one: Case) throws {
    let command = try one.command()
    let outcome = try command.run()
    let shown: Comment = """
      \(one.arguments.joined(separator: " "))
      input:    \(one.text("input").debugDescription)
      expected: \(one.text("output").debugDescription)
      written:  \(outcome.text.debugDescription)
      messages expected:
      \(one.text("messages"))messages:
      \(outcome.messages)status \(outcome.status)
      """
    #expect(outcome.output.elementsEqual(one.bytes("output")), shown)
    #expect(outcome.messages.utf8.elementsEqual(one.text("messages").utf8), shown)
    let status = one.text("status").split(separator: "\n").first.flatMap { Int32($0) } ?? 0
    #expect(outcome.status == status, shown)
    #expect(outcome.newFiles == Set(one.names(in: "after")), shown)
    for name in one.names(in: "after") {
      let found = try command.folder.bytes(name)
      #expect(found.elementsEqual(one.bytes("after/\(name)")), "\(name)")
    }
  }

  @Test func `there are cases`() { #expect(Case.all.count >= 30) }
}
