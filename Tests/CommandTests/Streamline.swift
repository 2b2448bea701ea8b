import Foundation
import TestSupport
import Testing

/// The condition of every suite that runs the program.
let programIsThere = Command.program != nil
let programIsMissing: Comment = "the built program is not beside the tests"

/// What takes minutes or gigabytes runs with STREAMLINE_LONG=1 only.
let isLongRun = LongRun.isAsked
let isShortRun: Comment = "STREAMLINE_LONG=1 runs it"

/// `streamline run p.yaml` on a pipeline and its input, to the end.
func streamline(
  _ pipeline: String, input: String = "", _ arguments: [String] = [],
  files: [String: String] = [:]
) throws -> CommandOutcome {
  try call(pipeline, arguments, files: files, input: .bytes(Array(input.utf8))).run()
}

/// The same, to be changed or started by the test.
func call(
  _ pipeline: String, _ arguments: [String] = [], files: [String: String] = [:],
  input: Command.Input = .held, output: Command.Output = .captured, in folder: CommandFolder? = nil
) throws -> Command {
  let folder = try folder ?? CommandFolder(files)
  try folder.add("p.yaml", Array(pipeline.utf8))
  return Command(["run", "p.yaml"] + arguments, in: folder, input: input, output: output)
}

/// The numbers from 1, one a line.
func numbers(_ count: Int) -> String { (1...count).map { "\($0)\n" }.joined() }

extension CommandOutcome {
  /// Compares all that a user sees: status, stdout, stderr, and the files that came about.
  func expect(
    status: Int32, output: String = "", messages: String = "", files: Set<String> = [],
    at place: SourceLocation = #_sourceLocation
  ) {
    #expect(self.status == status, "stderr: \(self.messages)", sourceLocation: place)
    #expect(text == output, sourceLocation: place)
    #expect(self.messages == messages, sourceLocation: place)
    #expect(newFiles == files, sourceLocation: place)
  }

  /// stdout is the beginning of what an undisturbed run writes, and ends behind a line.
  func expectPrefix(of whole: String, at place: SourceLocation = #_sourceLocation) {
    #expect(isPrefix(output, of: Array(whole.utf8)), "\(text.suffix(200))", sourceLocation: place)
  }
}

/// Whether bytes are whole lines from the beginning of others.
func isPrefix(_ bytes: [UInt8], of whole: [UInt8]) -> Bool {
  whole.starts(with: bytes) && (bytes.isEmpty || bytes.last == 0x0A)
}

@Test func `a torn line, a gap and a foreign line are no prefix`() {
  let whole = Array("one\ntwo\nthree\n".utf8)
  #expect(isPrefix([], of: whole))
  #expect(isPrefix(Array("one\n".utf8), of: whole))
  #expect(!isPrefix(Array("one\ntw".utf8), of: whole))
  #expect(!isPrefix(Array("two\n".utf8), of: whole))
  #expect(!isPrefix(Array("one\nthree\n".utf8), of: whole))
}

@Suite(.enabled(if: programIsThere, programIsMissing))
struct WatchTests {
  @Test func `a process that a command leaves is found`() throws {
    var command = Command(["-c", "sleep 1000 & echo $!"], in: try CommandFolder())
    command.program = "/bin/sh"
    #expect(throws: CommandFault.self) { try command.run() }
  }

  @Test func `a temporary file that a command leaves is found`() throws {
    var command = Command(["-c", "echo > \"$TMPDIR/x\""], in: try CommandFolder())
    command.program = "/bin/sh"
    #expect(throws: CommandFault.self) { try command.run() }
  }

  @Test func `status, signal, output and new files are told`() throws {
    var command = Command(
      ["-c", "echo out; echo err >&2; echo > new; kill -TERM $$"], in: try CommandFolder())
    command.program = "/bin/sh"
    let outcome = try command.run()
    outcome.expect(status: 128 + 15, output: "out\n", messages: "err\n", files: ["new"])
    #expect(outcome.signal == 15)
  }
}
