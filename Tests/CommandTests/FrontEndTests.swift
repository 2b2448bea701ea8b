import Foundation
import PipelineModel
import Stages
import Testing

/// What the commands that need no input print, and the manual pages.
@Suite(.enabled(if: FrontEndCall.isThere, "the program is not beside the tests"))
struct FrontEndTests {
  private let wrong = """
    stages:
      - gerp: x
      - grep: "a(b"
        fanuot: 3

    """

  @Test func `check says nothing about good files`() throws {
    let call = try FrontEndCall(["check", "p.yaml"], files: ["p.yaml": "stages: [grep: x]\n"])
    #expect(call.output == "")
    #expect(call.messages == "")
    #expect(call.status == 0)
  }

  @Test func `check shows place, line, caret and what would be right`() throws {
    let call = try FrontEndCall(["check", "p.yaml"], files: ["p.yaml": wrong])
    #expect(
      call.output == """
        p.yaml:2:5: error: there is no stage 'gerp'
         2 |   - gerp: x
           |     ^
           = did you mean 'grep'?
        p.yaml:4:5: error: a stage has no key 'fanuot'
         4 |     fanuot: 3
           |     ^
           = did you mean 'fanout'?

        """)
    #expect(call.status == 2)
  }

  @Test func `check finds what only the stages know`() throws {
    let text = "params: {n: {type: int}}\nstages:\n  - grep: 'a(b'\n  - grep: '{params.n}'\n"
    let call = try FrontEndCall(["check", "p.yaml"], files: ["p.yaml": text])
    #expect(call.output.hasPrefix("p.yaml:3:"))
    #expect(call.output.contains("pattern"))
    #expect(call.status == 2)
  }

  @Test func `check as JSON is an array of objects`() throws {
    let call = try FrontEndCall(
      ["check", "--format", "json", "p.yaml"], files: ["p.yaml": wrong])
    let found = try #require(
      try JSONSerialization.jsonObject(with: Data(call.output.utf8)) as? [[String: Any]])
    #expect(found.map { $0["line"] as? Int } == [2, 4])
    #expect(found.map { $0["column"] as? Int } == [5, 5])
    #expect(found.map { $0["code"] as? String } == ["unknown-kind", "unknown-key"])
    #expect(found.first?["remedy"] as? String == "did you mean 'grep'?")
  }

  @Test func `check for GitHub is one annotation for each finding`() throws {
    let call = try FrontEndCall(
      ["check", "--format", "github", "a,b.yaml"], files: ["a,b.yaml": wrong])
    #expect(
      call.output.hasPrefix(
        "::error file=a%2Cb.yaml,line=2,col=5::there is no stage 'gerp'; did you mean 'grep'?\n"))
  }

  @Test func `check goes on behind a file that can not be read`() throws {
    let call = try FrontEndCall(["check", "none.yaml", "p.yaml"], files: ["p.yaml": wrong])
    #expect(
      call.messages == "streamline: none.yaml can not be read: No such file or directory\n")
    #expect(call.output.contains("gerp"))
    #expect(call.status == 2)
  }

  @Test(arguments: [
    (["rnu"], "streamline: there is no command 'rnu'\n  = did you mean 'run'?\n"),
    (
      ["p.yaml"], "streamline: there is no command 'p.yaml'\n  = to run it: streamline run p.yaml\n"
    ),
    (
      ["run"],
      """
      streamline: run needs a pipeline file, or stages by -e
        = 'streamline run --help' shows what it takes

      """
    ),
    (
      ["run", "-i", "a", "p.yaml"],
      """
      streamline: run needs a pipeline file, or stages by -e
        = the pipeline stands before -i: streamline run PIPELINE -i FILE…
        = 'streamline run --help' shows what it takes

      """
    ),
    (
      ["run", "p.yaml", "--timeout", "5"],
      """
      streamline: --timeout takes a duration such as 500ms, 2s or 1m30s, not '5'
        = 'streamline run --help' shows what it takes

      """
    ),
    (
      ["run", "p.yaml", "-p", "x"],
      """
      streamline: -p takes NAME=VALUE, not 'x'
        = 'streamline run --help' shows what it takes

      """
    ),
    (["stages", "gerp"], "streamline: there is no stage 'gerp'\n  = did you mean 'grep'?\n"),
    (
      ["run", "none.yaml"],
      "streamline: none.yaml can not be read: No such file or directory\n"
    ),
    (["run", "/"], "streamline: / can not be read: Is a directory\n"),
    (
      ["run", "-e", "gerp: x"],
      """
      streamline: -e:1:1: there is no stage 'gerp'
       1 | gerp: x
         | ^
         = did you mean 'grep'?

      """
    ),
    (
      ["run", "-e", "grep: x", "-p", "a=b", "--tap", "gerp", "--until", "grpe"],
      """
      streamline: the pipeline has no parameter 'a'
        = it has none
      streamline: --tap: the pipeline has no stage 'gerp'
        = did you mean 'grep'?
      streamline: --until: the pipeline has no stage 'grpe'
        = did you mean 'grep'?

      """
    ),
  ])
  func `a mistake on the command line is said in our form, with status 2`(
    arguments: [String], messages: String
  ) throws {
    let call = try FrontEndCall(arguments)
    #expect(call.messages == messages)
    #expect(call.output == "")
    #expect(call.status == 2)
  }

  @Test(arguments: [
    ["--help"], ["run", "--help"], ["check", "--help"], ["explain", "-h"], ["stages", "--help"],
    ["completions", "--help"], ["help", "run"], ["--version"],
  ])
  func `help is what was asked for`(arguments: [String]) throws {
    let call = try FrontEndCall(arguments)
    #expect(call.status == 0)
    #expect(call.messages == "")
    #expect(!call.output.isEmpty)
    if arguments.last == "--help", arguments.count > 1 {
      #expect(call.output.contains("USAGE: streamline \(arguments[0])"))
    }
  }

  @Test func `stages lists every kind and prints the manual of each`() throws {
    let list = try FrontEndCall(["stages"]).output
    for manual in Catalogue.manuals {
      #expect(list.contains("  \(manual.kind) "))
      let page = try FrontEndCall(["stages", manual.kind]).output
      #expect(page.contains(manual.summary.split(separator: " ")[0]))
      for field in manual.fields { #expect(page.contains("  \(field.name): "), "\(manual.kind)") }
      #expect(page.split(separator: "\n").allSatisfy { $0.count <= 100 }, "\(manual.kind)")
    }
  }

  @Test func `every default and every example of the catalogue can be read`() throws {
    for manual in Catalogue.manuals {
      for field in manual.fields where field.defaultValue != nil {
        #expect(field.defaultArgument != nil, "\(manual.kind): \(field.name)")
      }
      for example in manual.examples {
        let stage = try PipelineReader.stage(
          example.stage, catalogue: Catalogue.manuals, files: example.files)
        // What belongs together stands in a group.
        #expect(([stage] + stage.stages).contains { $0.kind == manual.kind })
      }
    }
  }

  @Test func `explain shows queues, workers, limits and why results are held`() throws {
    let text = """
      name: a
      stages:
        - {grep: x, fanout: 4, timeout: 2s, retry: 3, on_error: collect, queue: 7}
      """
    let call = try FrontEndCall(["explain", "p.yaml"], files: ["p.yaml": text])
    #expect(
      call.output == """
        a
          input lines, output lines, no time limit, grace 2s

          grep
              line-wise; queue of 7 lines, 1MiB
              4 workers, item by item; gathered in order, at most 64 items or 8MiB ahead
              time limits: attempt 2s
              3 attempts, pauses from 100ms to 30s, with jitter
              on_error: collect
              holds an item's results (up to 16MiB) until its attempt has ended: another attempt may take its place
              copies nothing: lines stay where they were read

        At the most:
          memory       39MiB in queues, gathering and work;
                       a line larger than its queue's bytes, up to 16MiB, goes through alone
          children     0 at once
          descriptors  10

        """)
    #expect(call.status == 0)
  }

  @Test(arguments: ["bash", "zsh", "fish"])
  func `completions are a script that the shell can read`(shell: String) throws {
    let call = try FrontEndCall(["completions", shell])
    #expect(call.status == 0)
    #expect(call.output.contains("streamline"))
    let program = "/bin/\(shell)"
    guard FileManager.default.isExecutableFile(atPath: program) else { return }
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try Data(call.output.utf8).write(to: folder)
    defer { try? FileManager.default.removeItem(at: folder) }
    let check = try Process.run(URL(fileURLWithPath: program), arguments: ["-n", folder.path])
    check.waitUntilExit()
    #expect(check.terminationStatus == 0)
  }

  @Test func `a full disk is never a success`() throws {
    let call = try FrontEndCall(["stages"], stdout: "/dev/full")
    #expect(call.messages == "streamline: stdout can not be written: No space left on device\n")
    #expect(call.status == 74)
  }
}
