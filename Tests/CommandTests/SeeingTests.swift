import Foundation
import Glibc
import TestSupport
import Testing

/// Seeing a run of the built program: the terminal, USR1, the summary, the plan.
@Suite(.enabled(if: FrontEndCall.isThere, "the program is not beside the tests"))
struct SeeingTests {
  /// A run whose stdin is held open and whose stdout and stderr are read as they come.
  private final class Running {
    let process = Process()
    let input = Pipe()
    let output = Pipe()
    /// Where stderr is read.
    let messages: FileHandle
    private var collected: [UInt8] = []

    init(
      _ arguments: [String], stderr: (reader: FileHandle, writer: FileHandle),
      environment: [String: String] = [:]
    ) throws {
      messages = stderr.reader
      process.executableURL = FrontEndCall.program
      process.arguments = arguments
      process.standardInput = input
      process.standardOutput = output
      process.standardError = stderr.writer
      process.environment = ["TERM": "xterm", "PATH": "/usr/bin:/bin"]
        .merging(environment) { one, _ in one }
      try process.run()
      // Else the end would not be seen.
      try stderr.writer.close()
      try input.fileHandleForReading.close()
    }

    func feed(_ text: String) throws {
      try input.fileHandleForWriting.write(contentsOf: Data(text.utf8))
    }

    /// Waits for a line of stdout: the run is under way.
    func waitForOutput() throws {
      try wait(for: output.fileHandleForReading)
      _ = try output.fileHandleForReading.read(upToCount: 1)
    }

    /// A run that hangs is killed, and fails the test.
    private func wait(for file: FileHandle) throws {
      var asked = pollfd(fd: file.fileDescriptor, events: Int16(POLLIN), revents: 0)
      if poll(&asked, 1, 60_000) != 0 { return }
      kill(process.processIdentifier, SIGKILL)
      throw Hung(messages: String(decoding: collected, as: UTF8.self))
    }

    /// Reads stderr until what came satisfies `isEnough`; all of it.
    func read(until isEnough: (String) -> Bool) throws -> String {
      var block = [UInt8](repeating: 0, count: 4096)
      while !isEnough(String(decoding: collected, as: UTF8.self)) {
        try wait(for: messages)
        let count = Glibc.read(messages.fileDescriptor, &block, block.count)
        // A terminal whose other side has closed gives EIO.
        if count <= 0 { break }
        collected += block[..<count]
      }
      return String(decoding: collected, as: UTF8.self)
    }

    func end() throws -> (messages: String, status: Int32) {
      try input.fileHandleForWriting.close()
      let text = try read { _ in false }
      process.waitUntilExit()
      return (text, process.terminationStatus)
    }
  }

  private struct Hung: Error { let messages: String }

  private func onPipe(_ arguments: [String]) throws -> Running {
    let pipe = Pipe()
    return try Running(
      arguments, stderr: (pipe.fileHandleForReading, pipe.fileHandleForWriting))
  }

  /// stderr is a terminal of this size.
  private func onTerminal(
    _ arguments: [String], columns: Int = 80, rows: Int = 24
  ) throws -> Running {
    var (leader, follower): (Int32, Int32) = (-1, -1)
    // It has no size of its own, so that what the environment says holds.
    try #require(openpty(&leader, &follower, nil, nil, nil) == 0)
    // Another test's program must not hold it open.
    for end in [leader, follower] { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return try Running(
      arguments,
      stderr: (
        FileHandle(fileDescriptor: leader, closeOnDealloc: true),
        FileHandle(fileDescriptor: follower)
      ), environment: ["COLUMNS": "\(columns)", "LINES": "\(rows)"])
  }

  @Test func `USR1 prints the counters and the run goes on`() throws {
    let run = try onPipe(["run", "-e", "grep: a", "-e", "upper"])
    try run.feed("a\nb\n")
    try run.waitForOutput()
    kill(run.process.processIdentifier, SIGUSR1)
    let counters = try run.read { $0.contains("upper") && $0.hasSuffix("\n") }
    #expect(counters.contains("2 in, 1 out\n"))
    #expect(counters.contains("  grep    2    1"))
    try run.feed("a\n")
    let (messages, status) = try run.end()
    #expect(messages.hasPrefix(counters))
    #expect(status == 0)
  }

  @Test func `the summary stands on stderr behind the messages`() throws {
    let run = try onPipe(["run", "--summary", "-e", "grep: a"])
    try run.feed("a\nb\n")
    let (messages, status) = try run.end()
    #expect(messages.hasPrefix("streamline: "))
    #expect(messages.contains("2 in, 1 out\n  stage  in  out"))
    #expect(messages.contains("  = the bottleneck is"))
    #expect(status == 0)
  }

  @Test func `the summary as JSON has the counts of every stage`() throws {
    let run = try onPipe(["run", "--summary=json", "-e", "grep: a", "-e", "head: 1"])
    try run.feed("b\na\na\n")
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(run.end().messages.utf8)) as? [String: Any])
    let stages = try #require(object["stages"] as? [[String: Any]])
    #expect(stages.map { $0["kind"] as? String } == ["grep", "head"])
    #expect(stages.map { $0["out"] as? Int } == [2, 1])
    #expect(object["out"] as? Int == 1)
  }

  @Test func `progress on a terminal leaves it as it was found, messages above it`() throws {
    let run = try onTerminal([
      "run", "--progress", "always", "-e", "{name: noisy, exec: 'echo note $1 >&2; cat'}",
    ])
    // Nothing of ours reads the terminal's size until it has been drawn twice.
    var drawn = try run.read { $0.contains("waiting for input") || $0.contains("gone") }
    try run.feed("x\n")
    drawn = try run.read { $0.contains("note x") && $0.hasSuffix("A\r") }
    var screen = Screen(columns: 80, rows: 24)
    screen.write(drawn)
    #expect(screen.rows.first == "[noisy:1] note x")
    #expect(screen.rows.dropFirst().first?.hasPrefix("stage") == true)
    #expect(screen.rows.contains { $0.hasPrefix("noisy") })
    let (messages, status) = try run.end()
    screen = Screen(columns: 80, rows: 24)
    screen.write(messages)
    #expect(screen.rows == ["[noisy:1] note x"])
    #expect(screen.cursor == (1, 0))
    #expect(screen.faults == [])
    #expect(status == 0)
  }

  @Test func `progress fits a small terminal`() throws {
    let stages = (0..<9).flatMap { ["-e", "{grep: x, name: stage-\($0)}"] }
    let run = try onTerminal(["run", "--progress", "auto"] + stages, columns: 24, rows: 5)
    _ = try run.read { $0.components(separatedBy: "more stages").count > 2 || $0.contains("gone") }
    let messages = try run.end().messages
    var screen = Screen(columns: 24, rows: 5)
    screen.write("first\n" + messages)
    #expect(screen.rows == ["first"])
    #expect(screen.scrolled == [])
    #expect(screen.faults == [])
  }

  @Test func `progress that is not wanted writes nothing`() throws {
    for arguments in [["--progress", "never"], ["-q"], ["--tap", "trim"]] {
      let run = try onTerminal(["run"] + arguments + ["-e", "trim"])
      try run.feed("x\n")
      try run.waitForOutput()
      let messages = try run.end().messages
      #expect(!messages.contains("\u{1B}"), "\(arguments)")
    }
  }

  @Test func `without a terminal progress is lines without control sequences`() throws {
    let run = try onPipe(["run", "--progress", "always", "-e", "trim"])
    try run.feed("x\n")
    let line = try run.read { $0.hasSuffix("\n") }
    #expect(line.hasPrefix("streamline: 1s gone; 1 in, 1 out; "))
    #expect(line.hasSuffix("held back by the input\n"))
    #expect(!line.contains("\u{1B}"))
    _ = try run.end()
  }

  @Test func `explain shows no value of a parameter or of the environment`() throws {
    let text = """
      params:
        token: {default: s3cret, secret: true}
        plain: {default: v4lue}
      stages:
        - exec: [curl, "-H", "{params.token}", "{params.plain}", "{env.HOME}", "{}"]
          on_error: {dead_letter: "{params.token}/{params.plain}.ndjson"}
        - tee: "{params.token}.txt"

      """
    let call = try FrontEndCall(["explain", "p.yaml"], files: ["p.yaml": text])
    #expect(call.status == 0, "\(call.messages)")
    #expect(call.output.contains("dead letters to {params.token}/{params.plain}.ndjson"))
    for value in ["s3cret", "v4lue"] {
      #expect(!call.output.contains(value))
      #expect(!call.messages.contains(value))
    }
  }

  @Test func `explain counts what groups multiply and names what holds the stream`() throws {
    let text = """
      stages:
        - name: each
          stages: [exec: cat, upper]
          fanout: 3
          max_errors: 5
          on_error: skip
        - {grep: x, fanout: 2}
        - tee: out.txt
        - tail: 5

      """
    let call = try FrontEndCall(["explain", "p.yaml"], files: ["p.yaml": text])
    #expect(
      call.output == """
        p.yaml
          input lines, output lines, no time limit, grace 2s

          each (stages)
              line-wise; queue of 16384 lines, 1MiB
              3 workers, item by item; gathered in order, at most 64 items or 8MiB ahead
              on_error: skip, at most 5 times
              holds an item's results (up to 16MiB) until its attempt has ended: on_error may replace them
            each/exec
                line-wise; queue of 16384 lines, 64KiB
                one worker, item by item
                makes every result anew
                runs processes
            each/upper
                line-wise; queue of 16384 lines, 64KiB
                makes every result anew
          grep
              line-wise; queue of 16384 lines, 1MiB
              2 workers, batch by batch; gathered in order, at most 32768 items or 8MiB ahead
              copies nothing: lines stay where they were read
          tee
              in-line; queue of 16384 lines, 1MiB
              copies nothing: lines stay where they were read
              writes files
          tail
              gathering; queue of 16384 lines, 1MiB
              holds the stream: holds the last lines, as many as it will give
              copies nothing: lines stay where they were read

        At the most:
          memory       133MiB in queues, gathering and work, and what these hold: tail;
                       a line larger than its queue's bytes, up to 16MiB, goes through alone
          children     3 at once, and one process that watches over them
          descriptors  32, 1 of them files written beside the stream

        """)
  }
}
