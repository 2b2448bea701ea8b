import Foundation
import Glibc
import TestSupport
import Testing

/// Children that stay up: stopped and continued with the run, and with few descriptors.
@Suite(.enabled(if: programIsThere, programIsMissing))
struct StandingChildTests {
  // MARK: Stopped and continued

  /// Stops a run whose children wait at a gate, for longer than any limit in it, and goes on.
  private func expectStandstill(
    _ pipeline: String, input: String, waiting: Int, output: String, files: Set<String> = []
  ) throws {
    let folder = try CommandFolder()
    let up = try LineGate("up", in: folder)
    let go = try LineGate("go", in: folder)
    let run = try call(pipeline, in: folder).start()
    try run.send(input)
    run.endInput()
    try run.wait(for: up, lines: waiting)
    let children = folder.processes().filter { $0 != run.process && !isWatcher($0) }
    #expect(children.count >= waiting)
    run.send(signal: SIGTSTP)
    try run.waitUntilStopped()
    var pause = Command(["1.5"], in: try CommandFolder())
    pause.program = "/bin/sleep"
    _ = try pause.run()
    for child in children { #expect(folder.isStopped(child), "\(child)") }
    run.send(signal: SIGCONT)
    go.letThrough(100)
    try run.finish().expect(status: 0, output: output, files: files)
  }

  /// It looks after the sessions while everything else stands still.
  private func isWatcher(_ process: Int32) -> Bool {
    let line = (try? String(contentsOfFile: "/proc/\(process)/cmdline", encoding: .utf8)) ?? ""
    return line.hasPrefix("streamline-watcher")
  }

  @Test(arguments: ["timeout: 1s", "timeout: {idle: 1s}", "timeout: {item: 1s}, retry: 2"])
  func `processes that answer lines are stopped with the run, and limits stand still`(
    keys: String
  ) throws {
    try expectStandstill(
      """
      stages:
        - {coprocess: 'while read -r x; do echo > up; read y < go; echo $x!; done', fanout: 3, \(keys)}
      """, input: numbers(6), waiting: 3, output: (1...6).map { "\($0)!\n" }.joined())
  }

  @Test func `the wait for a process to be up stands still too`() throws {
    try expectStandstill(
      """
      stages:
        - coprocess:
            command: 'echo > up; read y < go; echo ready; exec cat'
            ready: ready
            start_timeout: 1s
          timeout: 1s
      """, input: numbers(3), waiting: 1, output: numbers(3))
  }

  @Test(arguments: ["", "block: 4"])
  func `filters are stopped with the run, and limits stand still`(block: String) throws {
    try expectStandstill(
      """
      stages:
        - pipe: {command: 'echo > up; read y < go; exec cat', \(block)}
          timeout: {\(block.isEmpty ? "idle: 1s, " : "")total: 1s}
      """, input: numbers(2), waiting: 1, output: numbers(2))
  }

  @Test func `the grace of processes at their end stands still`() throws {
    try expectStandstill(
      """
      grace: 1s
      stages:
        - coprocess: 'while read -r x; do echo $x; done; echo > up; read y < go; echo left > left'
        - tail: 9
        - exec: 'test -e left && echo $1'
      """, input: numbers(2), waiting: 1, output: numbers(2), files: ["left"])
  }

  // MARK: Few descriptors

  @Test(
    arguments: [24, 30, 50],
    [
      "coprocess: 'while read -r x; do echo $x; done', fanout: 64",
      "pipe: {command: [cat], block: 10}, fanout: 64",
    ])
  func `few descriptors reduce the workers`(limit: Int, stage: String) throws {
    var command = try call(
      "stages: [{\(stage)}]", input: .bytes(Array(numbers(200).utf8)))
    command.before = "ulimit -n \(limit)"
    let outcome = try command.run()
    #expect(outcome.status == 0, "\(outcome.messages)")
    #expect(outcome.text == numbers(200))
    let messages = outcome.messages.split(separator: "\n")
    #expect(messages.count == 1, "\(outcome.messages)")
    #expect(messages.first?.hasPrefix("streamline: only ") == true)
  }

  @Test(arguments: ["coprocess: [cat]", "pipe: [cat]", "pipe: {command: [cat], block: 10}"])
  func `one worker has descriptors enough or is refused`(stage: String) throws {
    // Refused at first, then it runs, and in between is nothing.
    var runs = false
    for limit in 12...30 {
      var command = try call("stages: [{\(stage)}]", input: .bytes(Array(numbers(50).utf8)))
      command.before = "ulimit -n \(limit)"
      let outcome = try command.run()
      runs = runs || outcome.status == 0
      if runs {
        outcome.expect(status: 0, output: numbers(50))
      } else {
        outcome.expect(
          status: 2,
          messages: """
            streamline: there are not descriptors enough for even one child process of each stage
              = raise the limit, as by 'ulimit -n 1024'

            """)
      }
    }
    #expect(runs)
  }

  @Test func `a process that is replaced needs no descriptors that are not there`() throws {
    for limit in [24, 30] {
      var command = try call(
        "stages: [{coprocess: 'read -r x; echo $x', fanout: 8, timeout: 20s}]",
        input: .bytes(Array(numbers(60).utf8)))
      command.before = "ulimit -n \(limit)"
      let outcome = try command.run()
      #expect(outcome.status == 0, "\(outcome.messages)")
      #expect(outcome.text == numbers(60))
    }
  }

  @Test func `stages that stay up side by side share few descriptors`() throws {
    for limit in [40, 60] {
      var command = try call(
        """
        stages:
          - {coprocess: [cat], fanout: 32}
          - {pipe: [cat]}
          - {exec: 'echo $1', fanout: 32}
        """, input: .bytes(Array(numbers(100).utf8)))
      command.before = "ulimit -n \(limit)"
      let outcome = try command.run()
      #expect(outcome.status == 0, "\(outcome.messages)")
      #expect(outcome.text == numbers(100))
    }
  }
}
