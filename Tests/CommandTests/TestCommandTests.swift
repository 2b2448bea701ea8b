import Foundation
import TestSupport
import Testing

/// `streamline test`: what it finds, chooses, tells, and ends with.
@Suite(.enabled(if: programIsThere, programIsMissing))
struct TestCommandTests {
  /// Two cases, of which the second fails.
  static let shouting = """
    stages:
      - upper
      - head: 2

    tests:
      - name: it shouts
        tags: [quick]
        input: [a, b, c]
        expect: [A, B]

      - name: it "shouts" <louder> & 100%
        tags: [loud, slow]
        input: [a, b, c]
        expect: [A, C]

    """

  // MARK: How it ends

  @Test func `cases that pass are counted, and the status is 0`() throws {
    let outcome = try test(["p.yaml": Self.shouting], ["p.yaml", "--tag", "quick"])
    #expect(outcome.timeless == "1 case, all passed, in TIME s\n")
    #expect(outcome.messages == "")
    #expect(outcome.status == 0)
  }

  @Test func `a case that fails is told with a diff, its seed and how to run it again`() throws {
    let outcome = try test(["p.yaml": Self.shouting], ["p.yaml"])
    #expect(
      outcome.timeless == """
        FAIL  p.yaml:11: it "shouts" <louder> & 100%
          expect: 2 lines expected (-), 2 there (+)
              A
            - C
            + B   (from input line 2)
          schedule: seed 1
          again: streamline test p.yaml --filter 'it "shouts" <louder> & 100%' --seed 1

        2 cases, 1 failed, in TIME s

        """)
    #expect(outcome.status == 1)
  }

  @Test func `the command that it prints runs just that case`() throws {
    let first = try test(["p.yaml": Self.shouting], ["p.yaml"])
    let again = try #require(first.lines.first { $0.hasPrefix("  again: ") })
    var command = try call(["p.yaml": Self.shouting], [])
    command.program = "/bin/sh"
    let words = again.dropFirst("  again: streamline ".count)
    command.arguments = ["-c", "exec \(try #require(Command.program)) \(words)"]
    let second = try command.run()
    #expect(second.timeless.hasSuffix("\n1 case, 1 failed, in TIME s\n"))
    #expect(second.lines.dropLast(2).elementsEqual(first.lines.dropLast(2)))
  }

  @Test func `without a case the status is 2`() throws {
    let none = try test(["p.yaml": "stages: [upper]\n"], ["p.yaml"])
    none.expect(
      status: 2,
      messages: """
        streamline: there is no case to run in p.yaml
          = cases stand under 'tests:' of a pipeline file, or in a file NAME.test.yaml

        """)
    let left = try test(["p.yaml": Self.shouting], ["p.yaml", "--filter", "whispers"])
    left.expect(
      status: 2,
      messages: """
        streamline: there is no case to run in p.yaml
          = --filter and --tag leave none over

        """)
  }

  @Test func `all mistakes are told at once, with the nearest spelling, and nothing is run`() throws
  {
    let outcome = try test(
      [
        "p.yaml": """
        stages:
          - upper
        tests:
          - name: one
            inptu: x
            expect: {outptu: X}
          - name: two
            mocks: {uper: x}
            expect: X
        """
      ], ["p.yaml"])
    outcome.expect(
      status: 2,
      messages: """
        streamline: p.yaml:5:5: a case has no key 'inptu'
         5 |     inptu: x
           |     ^
           = did you mean 'input'?
        streamline: p.yaml:6:14: 'expect' has no key 'outptu'
         6 |     expect: {outptu: X}
           |              ^
           = did you mean 'output'?
        streamline: p.yaml:8:13: the pipeline has no stage 'uper'
         8 |     mocks: {uper: x}
           |             ^
           = did you mean 'upper'?

        """)
  }

  @Test func `a stage that would reach outside needs a mock`() throws {
    let outcome = try test(
      [
        "p.yaml": """
        stages: [{name: ask, exec: [ask, '{}']}]
        tests: [{name: it asks, input: x, expect: y}]
        """
      ], ["p.yaml"])
    #expect(outcome.status == 2)
    #expect(
      outcome.messages.hasPrefix(
        "streamline: p.yaml:2:9: case 'it asks': stage 'ask' would reach the world outside\n"))
    #expect(
      outcome.messages.hasSuffix(
        "= give it a mock, mocks: {ask: …}, or let it: allow: [exec]\n"))
  }

  @Test(arguments: [
    (["--jobs", "0"], "--jobs takes 1 or more"),
    (["--schedules", "0"], "--schedules takes 1 or more"),
    (["--coverage=101"], "--coverage takes a percentage, 0 to 100"),
    (
      ["--case-timeout", "soon"], "--case-timeout takes a duration such as 500ms or 10s, not 'soon'"
    ),
    (["--watch", "--format", "tap"], "--watch goes with --format text only"),
  ])
  func `an option that is wrong is refused`(_ arguments: [String], _ message: String) throws {
    let outcome = try test(["p.yaml": Self.shouting], arguments)
    #expect(outcome.messages.hasPrefix("streamline: \(message)\n"))
    #expect(outcome.status == 2)
  }

  // MARK: Finding and choosing

  @Test func `in folders pipelines and test files are found, other YAML and hidden files are not`()
    throws
  {
    var command = try call([:], ["--list"])
    for folder in ["b", "b/inner", ".hidden"] {
      try FileManager.default.createDirectory(
        atPath: command.folder.path(folder), withIntermediateDirectories: true)
    }
    let pipeline = "stages: [upper]\ntests: [{name: here, expect: []}]\n"
    let tests = "pipeline: ../p.yaml\ntests: [{name: there, tags: [x, y], expect: []}]\n"
    for (name, text) in [
      ("p.yaml", pipeline), ("b/inner/q.yml", pipeline), ("b/p.test.yaml", tests),
      (".hidden/r.yaml", pipeline), ("compose.yaml", "services: [a\n"), ("b/notes.txt", pipeline),
    ] {
      try command.folder.add(name, Array(text.utf8))
    }
    let found = "p.yaml:2: here\nb/p.test.yaml:2: there [x, y]\nb/inner/q.yml:2: here\n"
    try command.run().expect(status: 0, output: found)
    command.arguments = ["test", "--list", "b", "p.yaml", "b/p.test.yaml"]
    try command.run().expect(
      status: 0, output: "b/p.test.yaml:2: there [x, y]\nb/inner/q.yml:2: here\np.yaml:2: here\n")
    command.arguments = ["test", "compose.yaml"]
    #expect(try command.run().status == 2)
  }

  @Test func `a test file whose pipeline is missing is told at its place`() throws {
    let outcome = try test(
      ["p.test.yaml": "pipeline: q.yaml\ntests: [{name: x, expect: []}]\n"], [])
    outcome.expect(
      status: 2,
      messages: """
        streamline: p.test.yaml:1:11: q.yaml can not be read: No such file or directory
         1 | pipeline: q.yaml
           |           ^

        """)
  }

  @Test(arguments: [
    (["--filter", "shouts"], ["6", "11"]), (["--filter", "p.yaml: it s"], ["6"]),
    (["--filter", "louder"], ["11"]), (["--tag", "slow"], ["11"]),
    (["--tag", "quick", "--tag", "slow"], ["6", "11"]),
    (["--tag", "quick", "--filter", "it"], ["6"]),
  ])
  func `a filter looks in file and name, a tag is a whole word`(
    _ arguments: [String], _ lines: [String]
  ) throws {
    let outcome = try test(["p.yaml": Self.shouting], ["--list"] + arguments)
    let found = outcome.lines.compactMap { $0.split(separator: ":").dropFirst().first }
    #expect(found.map(String.init) == lines)
  }

  @Test func `with --fail-fast nothing is run behind the first failure`() throws {
    let more = Self.shouting + "  - {name: it whispers, input: a, expect: a}\n"
    let files = ["p.yaml": more]
    #expect(try test(files, ["--jobs", "1"]).timeless.hasSuffix("3 cases, 2 failed, in TIME s\n"))
    let fast = try test(files, ["--fail-fast", "--jobs", "1"])
    #expect(fast.timeless.hasSuffix("\n2 cases, 1 failed, in TIME s\n"))
    #expect(fast.status == 1)
  }

  @Test func `however many cases run at once, they are told in the order of the file`() throws {
    let rows = (1...20).map { "  - {name: case \($0), input: {generate: {lines: \($0)}}}\n" }
    let files = ["p.yaml": "stages: [upper]\ntests:\n" + rows.joined()]
    let one = try test(files, ["--jobs", "1"])
    let many = try test(files, ["--jobs", "7"])
    #expect(one.timeless == many.timeless)
    #expect(one.timeless.hasSuffix("\n20 cases, 20 failed, in TIME s\n"))
  }

  // MARK: The world of a case

  @Test func `files of a case are not written to the disk`() throws {
    let outcome = try test(
      [
        "p.yaml": """
        stages: [{tee: 'out-{}'}]
        tests:
          - name: each line has its file
            input: [a, b]
            expect: {output: [a, b], files: {out-a: a, out-b: b}}
        """
      ], ["p.yaml"])
    #expect(outcome.status == 0, "\(outcome.text)\(outcome.messages)")
    #expect(outcome.newFiles == [])
  }

  @Test func `the environment is that of the case`() throws {
    let pipeline = """
      stages: [{template: '{env.WORD} {}'}]
      tests: [{name: greets, ENV input: ann, expect: hello ann}]
      """
    let given = pipeline.replacing("ENV", with: "env: {WORD: hello},")
    #expect(try test(["p.yaml": given], [], environment: ["WORD": "bye"]).status == 0)
    let missing = pipeline.replacing("ENV ", with: "")
    let outcome = try test(["p.yaml": missing], [], environment: ["WORD": "hello"])
    #expect(outcome.status == 2)
    #expect(outcome.messages.contains("WORD"))
  }

  @Test func `what is allowed runs, in real time`() throws {
    let outcome = try test(
      [
        "p.yaml": """
        stages: [{name: reverse, exec: [rev]}]
        tests:
          - name: it is reversed
            allow: [exec]
            input: [abc, de]
            expect: {output: [cba, ed], elapsed: {at_most: 1h}}
          - name: an exact time is refused
            allow: [exec]
            input: [abc]
            expect: {output: [cba], elapsed: 0s}
        """
      ], [])
    #expect(outcome.text.contains("elapsed: in real time it is a bound: say {at_most: …}\n"))
    #expect(outcome.timeless.hasSuffix("2 cases, 1 failed, in TIME s\n"), "\(outcome.text)")
  }

  // MARK: Cases that do not end

  @Test func `a case that is stuck is told at once, with the state of every stage`() throws {
    let outcome = try test(["p.yaml": Self.hanging], ["--tag", "virtual"])
    #expect(
      outcome.timeless.contains(
        """
        HUNG  p.yaml:5: it hangs in virtual time
          it is stuck: nothing can go on, and the run is not over, after 1h of its own time
            ask    1 in, 1 out, 1 in work
            delay  1 in, 1 out, waits for input
          schedule: seed 1

        """), "\(outcome.text)")
    #expect(outcome.status == 1)
  }

  @Test func `a case that hangs in real time is ended, and leaves no process`() throws {
    let outcome = try test(["p.yaml": Self.hanging], ["--case-timeout", "100ms", "--tag", "real"])
    for name in ["it hangs in real time", "its command hangs"] {
      #expect(outcome.text.contains(": \(name)\n  it did not end within 100ms\n"))
    }
    #expect(outcome.timeless.hasSuffix("\n2 cases, 2 failed, in TIME s\n"), "\(outcome.text)")
  }

  private static let hanging = """
    stages:
      - {name: ask, exec: [sleep, '1000']}
      - delay: 1h
    tests:
      - name: it hangs in virtual time
        tags: [virtual]
        input: [a, b]
        mocks: {ask: [{match: a}, {hang: true}]}
        expect: x
      - name: it hangs in real time
        tags: [real]
        real_time: true
        input: [a]
        mocks: {ask: {hang: true}}
        expect: x
      - name: its command hangs
        tags: [real]
        allow: [exec]
        input: [a]
        expect: x
    """
}

/// `streamline test ARGUMENTS` in a folder with these files.
func test(
  _ files: [String: String], _ arguments: [String], environment: [String: String] = [:]
) throws -> CommandOutcome {
  var command = try call(files, arguments)
  command.environment = environment
  return try command.run()
}

private func call(_ files: [String: String], _ arguments: [String]) throws -> Command {
  Command(["test"] + arguments, in: try CommandFolder(files))
}

extension CommandOutcome {
  /// stdout without the times that the machine took.
  var timeless: String {
    text.replacing(#/in \d+\.\d{3} s\n/#, with: "in TIME s\n")
  }
}
