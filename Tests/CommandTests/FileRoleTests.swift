import Foundation
import TestSupport
import Testing

/// One file is one thing to a run, however its path is written.
@Suite(.enabled(if: programIsThere, programIsMissing))
struct FileRoleTests {
  /// A folder with a file `in` and a link `link` to it.
  private func folder() throws -> CommandFolder {
    let folder = try CommandFolder(["in": "a\nb\n", "letters": ""])
    try FileManager.default.createSymbolicLink(
      atPath: folder.path("link"), withDestinationPath: "in")
    return folder
  }

  @Test(arguments: [
    (
      "tee: out", ["-o", "./out"], "the file of stage 'it' and the file of -o are one file, './out'"
    ),
    ("tee: link", ["-i", "in"], "an input and the file of stage 'it' are one file, 'link'"),
    ("tee: out", ["--tap", "it=out"], "the file of stage 'it' and the file of --tap it are one"),
    (
      "tee: out", ["--trace", "out"], "the file of stage 'it' and the file of --trace are one file"
    ),
    ("tee: p.yaml", [], "the pipeline and the file of stage 'it' are one file, 'p.yaml'"),
    (
      "exec: 'false', on_error: {dead_letter: letters}", ["--replay", "letters"],
      "what --replay reads and the dead letters of stage 'it' are one file, 'letters'"
    ),
    ("tee: out", ["--dead-letter", "out"], "the file of stage 'it' and the dead letters of stage"),
  ])
  func `a path in two roles is refused before anything is written`(
    stage: String, arguments: [String], message: String
  ) throws {
    let folder = try folder()
    let outcome = try call(
      "stages: [{\(stage), name: it}]", arguments, input: .empty, in: folder
    ).run()
    #expect(outcome.status == 2)
    #expect(outcome.messages.contains(message), "\(outcome.messages)")
    #expect(outcome.newFiles == [])
    #expect(try folder.text("in") == "a\nb\n")
  }

  @Test func `stdin and stdout count too`() throws {
    let folder = try folder()
    let one = try call(
      "stages: [tee: in]", input: .file(folder.path("in")), in: folder
    ).run()
    #expect(one.messages.contains("stdin and the file of stage 'tee' are one file"))
    let other = try call(
      "stages: [tee: link]", input: .empty, output: .file(folder.path("in")), in: folder
    ).run()
    #expect(other.messages.contains("the file of stage 'tee' and stdout are one file"))
  }

  @Test func `-o may take the place of an input, and dead letters may share a file`() throws {
    let folder = try folder()
    try call(
      "stages: [upper]", ["-i", "in", "-o", "link"], input: .empty, in: folder
    ).run().expect(status: 0)
    #expect(try folder.text("in") == "A\nB\n")
    let shared = try call(
      "stages: [{exec: 'cat; exit 1'}, {exec: 'exit 1'}]", ["--dead-letter", "letters"],
      input: .bytes(Array("a\n".utf8)), in: folder
    ).run()
    #expect(shared.status == 0)
  }

  @Test func `check follows links and defaults of parameters`() throws {
    let folder = try folder()
    try folder.add(
      "p.yaml",
      Array("params: {a: {default: link}}\nstages: [{tee: in}, {tee: '{params.a}'}]\n".utf8))
    let outcome = try Command(["check", "p.yaml"], in: folder).run()
    #expect(outcome.status == 2)
    #expect(
      outcome.text.contains("the file of stage 'tee' and the file of stage 'tee-2' are one file"))
  }
}
