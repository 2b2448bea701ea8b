import Foundation
import TestSupport
import Testing

/// What can be wrong with stdin, stdout, files and limits, against the built program.
@Suite(.enabled(if: programIsThere, programIsMissing))
struct EndFaultTests {
  private let pass = "stages: [trim]"

  // MARK: stdout

  @Test func `a reader that leaves after one line ends the run with 0`() throws {
    let run = try call("stages: [trim, enumerate, trim]", output: .held).start()
    run.offer(Array(numbers(200_000).utf8))
    try run.waitForLines(1)
    run.leaveOutput()
    let outcome = try run.finish()
    #expect(outcome.status == 0)
    #expect(outcome.messages == "")
  }

  @Test func `a reader that leaves is noticed while there is nothing to write`() throws {
    // The input is held open to the end: only the reader's leaving can end the run.
    let run = try call("stages: [{grep: rare}]").start()
    try run.send("rare\n")
    try run.waitForLines(1)
    run.leaveOutput()
    let outcome = try run.finish()
    outcome.expect(status: 0, output: "rare\n")
  }

  @Test func `a reader that leaves ends children that are at work`() throws {
    let folder = try CommandFolder()
    let up = try LineGate("up", in: folder)
    let run = try call(
      "stages: [{exec: 'echo $1; [ $1 = 1 ] || { echo > up; exec sleep 1000; }', fanout: 3}]",
      input: .bytes(Array(numbers(3).utf8)), in: folder
    ).start()
    try run.wait(for: up, lines: 2)
    try run.waitForLines(1)
    run.leaveOutput()
    try run.finish().expect(status: 0, output: run.text)
  }

  @Test func `stdout full`() throws {
    try call(pass, input: .bytes(Array(numbers(5).utf8)), output: .file("/dev/full")).run().expect(
      status: 74,
      messages: """
        streamline: writing stdout failed: No space left on device
        streamline: complete through input line 0, output line 0

        """)
  }

  @Test func `stdout closed`() throws {
    try call(pass, input: .bytes(Array(numbers(5).utf8)), output: .closed).run().expect(
      status: 74,
      messages: """
        streamline: stdout is closed
        streamline: complete through input line 0, output line 0

        """)
  }

  @Test func `stdout full while children are at work`() throws {
    let outcome = try call(
      "stages: [{exec: 'echo $1; [ $1 = 1 ] || exec sleep 1000', fanout: 3}]",
      input: .bytes(Array(numbers(3).utf8)), output: .file("/dev/full")
    ).run()
    #expect(outcome.status == 74)
    #expect(outcome.messages.hasPrefix("streamline: writing stdout failed: No space left"))
  }

  @Test func `stderr closed or full changes nothing else`() throws {
    for messages in [Command.Output.closed, .file("/dev/full")] {
      var command = try call(
        "stages: [{exec: 'echo $1; echo bad >&2; [ $1 != 3 ]'}]",
        input: .bytes(Array(numbers(5).utf8)))
      command.messages = messages
      let outcome = try command.run()
      #expect(outcome.status == 1)
      #expect(outcome.text == "1\n2\n3\n")
    }
  }

  // MARK: stdin

  @Test func `stdin a folder`() throws {
    try call(pass, input: .file("/")).run().expect(
      status: 74, messages: "streamline: stdin is a folder\n")
  }

  @Test func `stdin closed`() throws {
    try call(pass, input: .closed).run().expect(
      status: 74,
      messages: """
        streamline: stdin is closed
        streamline: complete through input line 0, output line 0

        """)
  }

  @Test func `stdin a terminal gives each line at once, and ends with control D`() throws {
    let run = try call(pass, input: .terminal).start()
    try run.send("a\n")
    try run.waitForLines(1)
    try run.send("b\n\u{4}")
    try run.finish().expect(status: 0, output: "a\nb\n")
  }

  @Test func `stdin empty, and a last line without its end`() throws {
    try streamline(pass).expect(status: 0)
    try streamline(pass, input: "\n").expect(status: 0, output: "\n")
    try streamline(pass, input: "a\n\nb").expect(status: 0, output: "a\n\nb\n")
  }

  @Test func `a child does not read the input of the run`() throws {
    try streamline("stages: [{exec: [cat, '-', '{}']}]", input: "/dev/null\n/dev/null\n", [])
      .expect(status: 0)
    try streamline("stages: [{exec: [sh, -c, 'cat; echo \"$0\"', '{}']}]", input: "a\nb\nc\n")
      .expect(status: 0, output: "a\nb\nc\n")
  }

  @Test func `a file that early end leaves is set back behind the last line used`() throws {
    let folder = try CommandFolder(["p.yaml": "stages: [head: 2]", "in": numbers(1000)])
    var command = Command(
      ["-c", "\"$0\" run p.yaml < /dev/null && { \"$0\" run p.yaml; cat; } < in | head -4", ""],
      in: folder)
    command.arguments[2] = try #require(Command.program)
    command.program = "/bin/sh"
    try command.run().expect(status: 0, output: "1\n2\n3\n4\n")
  }

  // MARK: -i and -o

  @Test func `-i of files that can not be read`() throws {
    for (file, words) in [
      ("none", "No such file or directory"), ("/", "it is a folder"),
    ] {
      try call(pass, ["-i", "p.yaml", file], input: .empty).run().expect(
        status: 74, messages: "streamline: cannot read '\(file)': \(words)\n")
    }
  }

  @Test func `-o into a missing folder`() throws {
    try streamline(pass, input: "a\n", ["-o", "none/out"]).expect(
      status: 74,
      messages: """
        streamline: cannot write 'none/out': No such file or directory
          = its folder has to be there

        """)
  }

  @Test func `-o appears whole or not at all`() throws {
    let good = try streamline(pass, input: "a\n", ["-o", "out"])
    good.expect(status: 0, files: ["out"])
    let bad = try streamline("stages: [exec: '[ $1 = a ]']", input: "a\nb\n", ["-o", "out"])
    #expect(bad.status == 1)
    #expect(bad.newFiles == [])
  }

  @Test func `-o keeps the old file when the run fails`() throws {
    let folder = try CommandFolder(["out": "old\n"])
    let bad = try call(
      "stages: [exec: 'echo new; false']", ["-o", "out"], input: .bytes([0x0A]), in: folder
    ).run()
    #expect(bad.status == 1)
    #expect(try folder.text("out") == "old\n")
  }

  @Test func `-o on a full device`() throws {
    let outcome = try streamline(pass, input: "a\n", ["-o", "/dev/full"])
    outcome.expect(
      status: 74,
      messages: """
        streamline: writing '/dev/full' failed: No space left on device
        streamline: complete through input line 0, output line 0

        """)
  }

  @Test(.enabled(if: SmallDisk.canBeMade, "a small disk can be mounted by root only"))
  func `-o onto a full disk leaves nothing on it`() throws {
    let disk = try SmallDisk()
    let text = String(repeating: "0123456789abcdef\n", count: 20_000)
    let outcome = try streamline(pass, input: text, ["-o", "\(disk.path)/out"])
    #expect(outcome.status == 74)
    #expect(outcome.output == [])
    #expect(outcome.messages.contains("No space left on device"))
    #expect(outcome.messages.hasSuffix("streamline: '\(disk.path)/out' was not written\n"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: disk.path) == [])
  }

  @Test(.enabled(if: SmallDisk.canBeMade, "a small disk can be mounted by root only"))
  func `stdout onto a full disk is a prefix`() throws {
    let disk = try SmallDisk()
    let text = String(repeating: "0123456789abcdef\n", count: 20_000)
    let outcome = try call(
      pass, input: .bytes(Array(text.utf8)), output: .file("\(disk.path)/out")
    ).run()
    #expect(outcome.status == 74)
    let written = try String(contentsOfFile: "\(disk.path)/out", encoding: .utf8)
    #expect(text.hasPrefix(written) && !written.isEmpty)
    // Only a full disk may tear a line, and then the message says so.
    if !written.hasSuffix("\n") {
      #expect(outcome.messages.contains("the output ends inside a line"))
    }
  }

  // MARK: Files beside the stream

  @Test func `dead letters onto a full device fail the stage at the line`() throws {
    let outcome = try streamline(
      "stages: [{exec: 'echo $1; [ $1 != 3 ]', on_error: {dead_letter: /dev/full}}]",
      input: numbers(5))
    outcome.expect(
      status: 1, output: "1\n2\n",
      messages: """
        streamline: p.yaml:1:11: stage 'exec': input line 3: writing '/dev/full' failed: No space \
        left on device
          = the failure that was to be put aside: exit status 1
        streamline: complete through input line 2, output line 2

        """)
  }

  @Test func `tee onto a full device fails the stage at the line`() throws {
    let outcome = try streamline("stages: [{tee: /dev/full}]", input: numbers(5))
    #expect(outcome.status == 1)
    #expect(outcome.text == "")
    #expect(
      outcome.messages.hasPrefix(
        "streamline: p.yaml:1:11: stage 'tee': input line 1: writing '/dev/full' failed: No space"))
  }

  @Test(.enabled(if: SmallDisk.canBeMade, "a small disk can be mounted by root only"))
  func `side files on a full disk are prefixes, and so is stdout`() throws {
    let disk = try SmallDisk()
    let text = (1...20_000).map { "line \($0) of them\n" }.joined()
    let outcome = try streamline("stages: [{tee: '\(disk.path)/copy'}]", input: text)
    #expect(outcome.status == 1)
    #expect(outcome.messages.contains("No space left on device"))
    outcome.expectPrefix(of: text)
    let copy = Array(try Data(contentsOf: URL(filePath: "\(disk.path)/copy")))
    #expect(isPrefix(copy, of: Array(text.utf8)) && !copy.isEmpty)
    // What could not be copied was not passed on either.
    #expect(copy.count == outcome.output.count)
  }

  @Test(.enabled(if: SmallDisk.canBeMade, "a small disk can be mounted by root only"))
  func `dead letters on a full disk are whole records, and no line is lost`() throws {
    let disk = try SmallDisk()
    let outcome = try streamline(
      """
      stages:
        - exec: '[ $(($1 % 2)) = 1 ] && echo $1'
          fanout: 4
          on_error: {dead_letter: '\(disk.path)/dead'}
      """, input: numbers(4000))
    #expect(outcome.status == 1)
    let dead = try String(contentsOfFile: "\(disk.path)/dead", encoding: .utf8)
    #expect(dead.hasSuffix("}\n"))
    let letters = dead.split(separator: "\n").count
    // Every other line was given; the record of the next one did not fit.
    #expect(outcome.lines.count - 1 == letters + 1)
    #expect(outcome.messages.contains("stage 'exec': input line \(2 * letters + 2): writing '"))
    #expect(outcome.messages.contains("stage 'exec': \(letters) put aside\n"))
  }

  // MARK: Limits

  @Test func `a line longer than max_line`() throws {
    let long = String(repeating: "x", count: 2000)
    let outcome = try streamline(
      "input: {format: lines, max_line: 1KB}\nstages: [trim]", input: "a\n\(long)\nb\n")
    #expect(outcome.status == 74)
    #expect(outcome.text == "a\n")
    #expect(outcome.messages.hasPrefix("streamline: input line 2 is longer than 1000 bytes\n"))
    try streamline(
      "input: {format: lines, max_line: 1KB}\nstages: [trim]",
      input: String(repeating: "x", count: 1000) + "\n"
    ).expect(status: 0, output: String(repeating: "x", count: 1000) + "\n")
  }

  @Test func `a line longer than max_line that a stage made`() throws {
    let outcome = try streamline(
      "input: {format: lines, max_line: 1KB}\nstages: [{replace: {pattern: x, with: '\(String(repeating: "y", count: 600))'}}]",
      input: "x\nxx\n")
    #expect(outcome.status == 1)
    #expect(outcome.text == String(repeating: "y", count: 600) + "\n")
    #expect(outcome.messages.contains("stage 'replace': input line 2: "))
  }

  @Test func `few descriptors are enough for stages without children`() throws {
    var command = try call(
      "stages: [trim, {grep: 1, fanout: 8}, enumerate, tee: out]",
      input: .bytes(Array(numbers(100).utf8)))
    command.before = "ulimit -n 20"
    let outcome = try command.run()
    #expect(outcome.status == 0, "\(outcome.messages)")
    #expect(outcome.messages == "")
    #expect(outcome.lines.count == 21)
  }

  @Test(arguments: [20, 24, 30, 40, 50])
  func `few descriptors reduce the workers`(limit: Int) throws {
    var command = try call(
      "stages: [{exec: 'cat > /dev/null; echo $1', fanout: 64}]",
      input: .bytes(Array(numbers(40).utf8)))
    command.before = "ulimit -n \(limit)"
    let outcome = try command.run()
    #expect(outcome.status == 0)
    #expect(outcome.text == numbers(40))
    let message = outcome.messages.split(separator: "\n")
    #expect(message.count == 1, "\(outcome.messages)")
    #expect(message.first?.hasPrefix("streamline: only ") == true)
    #expect(message.first?.hasSuffix("('ulimit -n') allows no more") == true)
  }

  @Test func `twenty descriptors are enough for one worker whatever its child does`() throws {
    // More than a pipe holds, a session with something left in it, stdin from a file.
    let lines = (1...3).map { String(repeating: "\($0)", count: 200_000) + "\n" }.joined()
    let folder = try CommandFolder(["lines": lines])
    var command = try call(
      "stages: [{exec: 'cat; (sleep 1000 > /dev/null &)'}]", input: .file(folder.path("lines")),
      in: folder)
    command.before = "ulimit -n 20"
    try command.run().expect(status: 0, output: lines)
  }

  @Test func `too few descriptors for one worker are refused before the first line`() throws {
    var command = try call(
      "stages: [{exec: 'cat', fanout: 16}]", input: .bytes(Array(numbers(40).utf8)))
    command.before = "ulimit -n 17"
    try command.run().expect(
      status: 2,
      messages: """
        streamline: there are not descriptors enough for even one child process of each stage
          = raise the limit, as by 'ulimit -n 1024'

        """)
  }

  @Test func `the time limit of the run`() throws {
    let run = try call("timeout: 300ms\nstages: [trim, {tail: 5}]").start()
    try run.send("a\n")
    let outcome = try run.finish()
    #expect(outcome.status == 124)
    // A hard end: nothing is flushed.
    #expect(outcome.text == "")
    #expect(
      outcome.messages == """
        streamline: the run took longer than its 'timeout' of 300ms
        streamline: how far the output is complete is not known: stage 'tail' makes results of \
        many lines

        """)
  }

  @Test func `the time limit of the run ends children`() throws {
    let outcome = try streamline(
      "timeout: 300ms\ngrace: 100ms\nstages: [{exec: 'trap \"\" TERM; sleep 1000', fanout: 4}]",
      input: numbers(4))
    #expect(outcome.status == 124)
    #expect(outcome.text == "")
  }
}

/// A file system of 64 KiB in memory.
final class SmallDisk {
  static let canBeMade = getuid() == 0 && (try? SmallDisk()) != nil
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.appending(path: "disk-" + UUID().uuidString).path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    guard Self.call("/bin/mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", path]) == 0 else {
      throw CocoaError(.fileWriteUnknown)
    }
  }

  deinit {
    _ = Self.call("/bin/umount", ["-l", path])
    try? FileManager.default.removeItem(atPath: path)
  }

  private static func call(_ program: String, _ arguments: [String]) -> Int32 {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return -1 }
    process.waitUntilExit()
    return process.terminationStatus
  }
}
