import Foundation
import Glibc
import TestSupport
import Testing

/// INT, TERM and HUP at each phase of a run, once and twice, and KILL.
@Suite(.enabled(if: programIsThere, programIsMissing))
struct SignalTests {
  private func name(_ number: Int32) -> String {
    [SIGINT: "INT", SIGTERM: "TERM", SIGHUP: "HUP"][number] ?? ""
  }

  /// Signals count as two only if 100 ms lie between them. That is real time by its meaning, so the
  /// test lets it pass: in a process that sleeps, not in one that hopes for something meanwhile.
  private func letTimePass() throws {
    var command = Command(["-c", "sleep 0.3"], in: try CommandFolder())
    command.program = "/bin/sh"
    _ = try command.run()
  }

  // MARK: Once

  @Test(arguments: [SIGINT, SIGTERM, SIGHUP])
  func `while reading: what was read is written, half a line is dropped`(number: Int32) throws {
    let run = try call("stages: [trim, {upper, fanout: 2}]").start()
    try run.send("a\nb\nhal")
    try run.waitForLines(2)
    run.send(signal: number)
    let outcome = try run.finish()
    outcome.expect(
      status: 128 + number, output: "A\nB\n",
      messages: """
        streamline: stopped by \(name(number)): 2 lines read, complete through line 2, output line 2
        streamline: the last 3 bytes read are no whole line and were dropped

        """)
    #expect(outcome.signal == number)
  }

  @Test(arguments: [SIGINT, SIGTERM])
  func `while reading: stages that hold lines flush them`(number: Int32) throws {
    let run = try call("stages: [{tee: /dev/stderr}, {join: {with: '+', size: 2}}, reverse]")
      .start()
    try run.send("a\nb\nc\n")
    try run.waitForMessage("c\n")
    run.send(signal: number)
    let outcome = try run.finish()
    outcome.expect(
      status: 128 + number, output: "c\na+b\n",
      messages: """
        a
        b
        c
        streamline: stopped by \(name(number)): 3 lines read
        streamline: how far the output is complete is not known: stage 'tee' does not take each \
        line by itself

        """)
  }

  /// Children that tell that they are up and wait to go on.
  private let gated = """
    stages:
      - exec: 'echo > up; read x < go; echo $1'
        fanout: 4
    """

  @Test(arguments: [SIGINT, SIGTERM])
  func `in flight: what was read is finished`(number: Int32) throws {
    let folder = try CommandFolder()
    let up = try LineGate("up", in: folder)
    let go = try LineGate("go", in: folder)
    let run = try call(gated, in: folder).start()
    try run.send(numbers(8))
    try run.wait(for: up, lines: 4)
    run.send(signal: number)
    go.letThrough(8)
    let outcome = try run.finish()
    outcome.expect(
      status: 128 + number, output: numbers(8),
      messages: "streamline: stopped by \(name(number)): 8 lines read, complete through line 8, "
        + "output line 8\n")
  }

  /// Four children that ignore signals, of which the first has ended and its line is written; eight
  /// lines were read.
  private func startStubborn(grace: String, in folder: CommandFolder) throws -> CommandRun {
    let up = try LineGate("up", in: folder)
    let run = try call(
      """
      grace: \(grace)
      stages:
        - exec: 'trap "" TERM INT; echo > up; [ $1 = 1 ] || sleep 1000; echo $1'
          fanout: 4
      """, in: folder
    ).start()
    try run.send(numbers(8))
    try run.wait(for: up, lines: 4)
    try run.waitForLines(1)
    return run
  }

  @Test(arguments: [SIGINT, SIGTERM])
  func `draining: what is not finished within the grace is ended`(number: Int32) throws {
    let folder = try CommandFolder()
    let run = try startStubborn(grace: "300ms", in: folder)
    run.send(signal: number)
    let outcome = try run.finish()
    outcome.expect(
      status: 128 + number, output: "1\n",
      messages: "streamline: stopped by \(name(number)): 8 lines read, complete through line 1, "
        + "output line 1\n")
  }

  /// More than all pipes and queues of such a run hold.
  private static let much: [UInt8] = (1...16_000).flatMap { number in
    Array("\(number) \(String(repeating: "x", count: 1000))\n".utf8)
  }
  /// With so many bytes taken, more has been read than stdout's pipe holds: four queues and stdin's
  /// pipe hold a MiB each.
  private static let rest = much.count - 4_500_000

  @Test(arguments: [SIGINT, SIGTERM])
  func `writing blocked: a reader that goes on gets all that was read`(number: Int32) throws {
    let run = try call("grace: 1h\nstages: [trim, trim, trim]", output: .held).start()
    run.offer(Self.much)
    try run.waitForInput(leaving: Self.rest)
    run.send(signal: number)
    let outcome = try run.finish()
    #expect(outcome.status == 128 + number)
    outcome.expectPrefix(of: String(decoding: Self.much, as: UTF8.self))
    let count = outcome.lines.count - 1
    #expect(count > 1000)
    #expect(
      outcome.messages.filter { $0 != "," }.hasPrefix(
        "streamline: stopped by \(name(number)): \(count) lines read complete through line \(count) "
          + "output line \(count)\n"
      ))
  }

  @Test(arguments: [SIGINT, SIGTERM])
  func `writing blocked: a reader that does not read is not waited for`(number: Int32) throws {
    let run = try call("grace: 200ms\nstages: [trim, trim, trim]", output: .held).start()
    run.offer(Self.much)
    try run.waitForInput(leaving: Self.rest)
    run.send(signal: number)
    try run.waitForMessage("stopped by")
    let outcome = try run.finish()
    #expect(outcome.status == 128 + number)
    #expect(Self.much.starts(with: outcome.output))
    if outcome.output.last != 0x0A {
      #expect(outcome.messages.contains("the output ends inside a line"))
    }
  }

  @Test func `-o: nothing appears, whatever was finished`() throws {
    let run = try call("stages: [{tee: /dev/stderr}]", ["-o", "out"]).start()
    try run.send("a\n")
    try run.waitForMessage("a\n")
    run.send(signal: SIGTERM)
    let outcome = try run.finish()
    #expect(outcome.status == 128 + SIGTERM)
    #expect(outcome.newFiles == [])
  }

  @Test func `a failure after the signal is said, and the status stays the signal's`() throws {
    let folder = try CommandFolder()
    let up = try LineGate("up", in: folder)
    let go = try LineGate("go", in: folder)
    let run = try call(
      "stages: [{exec: 'echo > up; read x < go; echo $1; [ $1 != 2 ]'}]", in: folder
    ).start()
    try run.send(numbers(3))
    try run.wait(for: up)
    run.send(signal: SIGTERM)
    go.letThrough(3)
    let outcome = try run.finish()
    #expect(outcome.status == 128 + SIGTERM)
    #expect(outcome.text == "1\n2\n")
    #expect(outcome.messages.contains("stopped by TERM"))
    #expect(outcome.messages.contains("stage 'exec': input line 2: exit status 1"))
  }

  @Test func `a signal that is ignored at the start stays ignored`() throws {
    var command = try call("stages: [trim]")
    command.before = "trap '' INT"
    let run = try command.start()
    try run.send("a\n")
    try run.waitForLines(1)
    run.send(signal: SIGINT)
    try run.send("b\n")
    try run.waitForLines(2)
    run.endInput()
    try run.finish().expect(status: 0, output: "a\nb\n")
  }

  @Test func `USR1 prints the counters and the run goes on`() throws {
    let run = try call("stages: [trim]").start()
    try run.send("a\n")
    try run.waitForLines(1)
    run.send(signal: SIGUSR1)
    try run.waitForMessage("trim")
    try run.send("b\n")
    run.endInput()
    let outcome = try run.finish()
    #expect(outcome.status == 0)
    #expect(outcome.text == "a\nb\n")
  }

  // MARK: Before the first line

  @Test(arguments: [SIGINT, SIGTERM, SIGHUP])
  func `while starting: the input ended before its first line`(number: Int32) throws {
    let folder = try CommandFolder()
    let path = folder.path("late.yaml")
    #expect(mkfifo(path, 0o600) == 0)
    // An input that does not end by itself: else the run may be over before the signal is looked at.
    let run = try Command(["run", "late.yaml"], in: folder, input: .held).start()
    // Comes back when the program is about to read its pipeline.
    let end = open(path, O_WRONLY | O_CLOEXEC)
    run.send(signal: number)
    let pipeline = Array("stages: [trim, {exec: cat, fanout: 4}]\n".utf8)
    #expect(write(end, pipeline, pipeline.count) == pipeline.count)
    close(end)
    let outcome = try run.finish()
    outcome.expect(
      status: 128 + number,
      messages: "streamline: stopped by \(name(number)): 0 lines read, complete through line 0, "
        + "output line 0\n")
    #expect(outcome.signal == number)
  }

  // MARK: Stopped and continued

  @Test func `TSTP stops children too, CONT goes on, and limits stand still meanwhile`() throws {
    let folder = try CommandFolder()
    let up = try LineGate("up", in: folder)
    let go = try LineGate("go", in: folder)
    let run = try call(
      """
      stages:
        - exec: |
            sh -c 'echo > up; read x < go' &
            wait
            echo $1
          fanout: 3
          timeout: 2s
      """, in: folder
    ).start()
    try run.send(numbers(3))
    try run.wait(for: up, lines: 3)
    let children = folder.processes().filter { $0 != run.process && !isWatcher($0) }
    #expect(children.count >= 6)
    run.send(signal: SIGTSTP)
    try run.waitUntilStopped()
    // Longer than the limit of each.
    for _ in 0..<8 { try letTimePass() }
    for child in children { #expect(folder.isStopped(child), "\(child)") }
    run.send(signal: SIGCONT)
    go.letThrough(3)
    run.endInput()
    try run.finish().expect(status: 0, output: numbers(3))
  }

  /// It looks after the sessions while everything else stands still.
  private func isWatcher(_ process: Int32) -> Bool {
    let line = (try? String(contentsOfFile: "/proc/\(process)/cmdline", encoding: .utf8)) ?? ""
    return line.hasPrefix("streamline-watcher")
  }

  // MARK: Twice

  @Test func `two signals at once are one request`() throws {
    let folder = try CommandFolder()
    let up = try LineGate("up", in: folder)
    let go = try LineGate("go", in: folder)
    let run = try call(gated, in: folder).start()
    try run.send(numbers(4))
    try run.wait(for: up, lines: 4)
    run.send(signal: SIGTERM)
    run.send(signal: SIGHUP)
    go.letThrough(4)
    let outcome = try run.finish()
    #expect(outcome.text == numbers(4))
    #expect(outcome.signal == SIGTERM || outcome.signal == SIGHUP)
  }

  @Test(arguments: [(SIGINT, SIGINT), (SIGTERM, SIGTERM), (SIGTERM, SIGINT)])
  func `in flight: a second signal ends at once, children that ignore it too`(
    first: Int32, second: Int32
  ) throws {
    let folder = try CommandFolder()
    let run = try startStubborn(grace: "1h", in: folder)
    run.send(signal: first)
    try letTimePass()
    run.send(signal: second)
    let outcome = try run.finish()
    #expect(outcome.text == "1\n")
    #expect(outcome.signal == first)
    #expect(outcome.messages.contains("stopped by \(name(first)): 8 lines read"))
  }

  @Test(arguments: [SIGINT, SIGTERM])
  func `while reading: a second signal finds nothing left to stop`(number: Int32) throws {
    let run = try call("grace: 1h\nstages: [trim]").start()
    try run.send("a\n")
    try run.waitForLines(1)
    run.send(signal: number)
    try letTimePass()
    run.send(signal: number)
    let outcome = try run.finish()
    #expect(outcome.text == "a\n")
    #expect(outcome.signal == number)
  }

  @Test(arguments: [SIGINT, SIGTERM])
  func `writing blocked: a second signal ends at once`(number: Int32) throws {
    let run = try call("grace: 1h\nstages: [trim, trim, trim]", output: .held).start()
    run.offer(Self.much)
    try run.waitForInput(leaving: Self.rest)
    run.send(signal: number)
    try letTimePass()
    run.send(signal: number)
    try run.waitForMessage("stopped by")
    let outcome = try run.finish()
    #expect(outcome.signal == number)
    #expect(Self.much.starts(with: outcome.output))
  }

  @Test func `ending: a second signal cuts short the grace of children that were told to end`()
    throws
  {
    let folder = try CommandFolder()
    let up = try LineGate("up", in: folder)
    let run = try call(
      // The failure of line 2 ends line 3's child, which ignores it.
      """
      grace: 1h
      stages:
        - exec: 'if [ $1 = 2 ]; then read x < up2; exit 1; fi; trap "" TERM INT; echo > up; sleep 1000'
          fanout: 4
          if: {grep: '[23]'}
      """, in: folder)
    let release = try LineGate("up2", in: folder)
    let started = try run.start()
    try started.send(numbers(3))
    try started.wait(for: up)
    release.letThrough()
    // Line 1 is through; its writing says nothing about line 2, so the children are watched.
    try started.waitForLines(1)
    started.send(signal: SIGTERM)
    try letTimePass()
    started.send(signal: SIGTERM)
    let outcome = try started.finish()
    #expect(outcome.text == "1\n")
    #expect(outcome.status == 1 || outcome.signal == SIGTERM)
  }

  // MARK: Killed

  @Test(arguments: [false, true])
  func `KILL: no child outlives streamline, though it ignores TERM`(hasOutput: Bool) throws {
    let folder = try CommandFolder()
    let up = try LineGate("up", in: folder)
    let run = try call(
      """
      stages:
        - exec: |
            trap '' TERM HUP
            sh -c 'trap "" TERM HUP; sleep 1000' &
            timeout 1000 sleep 1000 &
            echo > up
            sleep 1000
          fanout: 4
      """, hasOutput ? ["-o", "out"] : [], in: folder
    ).start()
    try run.send(numbers(8))
    try run.wait(for: up, lines: 4)
    // streamline and four shells at the least; their children may still be starting.
    #expect(folder.processes().count >= 1 + 4)
    run.send(signal: SIGKILL)
    let outcome = try run.finish(awaitsOthers: true)
    #expect(outcome.signal == SIGKILL)
    #expect(outcome.newFiles == [])
  }

  @Test func `KILL while writing leaves a prefix`() throws {
    let run = try call("stages: [trim, trim, trim]", output: .held).start()
    run.offer(Self.much)
    try run.waitForLines(1000)
    run.send(signal: SIGKILL)
    let outcome = try run.finish(awaitsOthers: true)
    #expect(Self.much.starts(with: outcome.output))
  }
}
