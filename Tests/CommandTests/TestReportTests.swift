import Foundation
import TestSupport
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// What `streamline test` writes for machines, under many schedules, and into files.
@Suite(.enabled(if: programIsThere, programIsMissing))
struct TestReportTests {
  private func report(_ format: String) throws -> CommandOutcome {
    try test(["p.yaml": TestCommandTests.shouting], ["p.yaml", "--format", format])
  }

  @Test func `TAP has a line for each case, and what is wrong below it`() throws {
    let outcome = try report("tap")
    #expect(
      outcome.text == """
        TAP version 14
        ok 1 - p.yaml: it shouts
        not ok 2 - p.yaml: it "shouts" <louder> & 100%
          ---
          at: "p.yaml:11"
          message: |
            expect: 2 lines expected (-), 2 there (+)
                A
              - C
              + B   (from input line 2)
            schedule: seed 1
            again: streamline test p.yaml --filter 'it "shouts" <louder> & 100%' --seed 1
          ...
        1..2

        """)
    #expect(outcome.status == 1)
  }

  @Test func `GitHub's annotations stand at the line of the case`() throws {
    let outcome = try report("github")
    #expect(
      outcome.text.hasPrefix(
        "::error file=p.yaml,line=11,col=5,title=it \"shouts\" <louder> & 100%25::expect: 2 lines"))
    #expect(outcome.lines.count == 2)
    #expect(outcome.status == 1)
  }

  @Test func `JSON is one object with all cases`() throws {
    let outcome = try report("json")
    let root = try #require(
      try JSONSerialization.jsonObject(with: Data(outcome.output)) as? [String: Any])
    #expect(root["passed"] as? Int == 1)
    #expect(root["failed"] as? Int == 1)
    let cases = try #require(root["cases"] as? [[String: Any]])
    #expect(cases.map { $0["status"] as? String } == ["passed", "failed"])
    #expect(cases.map { $0["line"] as? Int } == [6, 11])
    #expect(cases.last?["name"] as? String == "it \"shouts\" <louder> & 100%")
    #expect(cases.last?["seed"] as? Int == 1)
    #expect((cases.last?["details"] as? String)?.contains("  - C\n  + B") == true)
  }

  // MARK: JUnit

  @Test func `JUnit's XML is what the schemas of Jenkins and of Ant ask for`() throws {
    let cases = """
        - {name: it hangs, mocks: {upper: {hang: true}}, input: "\\e", expect: []}
      """
    let outcome = try test(
      ["a&b.yaml": TestCommandTests.shouting + cases, "q.yaml": TestCommandTests.shouting],
      ["--format", "junit"])
    let found = try Elements(outcome.output)
    let suite = """
      testsuite name package id tests failures errors time timestamp hostname
      properties
      testcase name classname time
      testcase name classname time
      failure message type

      """
    let streams = "system-out\nsystem-err\n"
    let hung = "testcase name classname time\nerror message type\n"
    #expect(found.text == "testsuites\n" + suite + hung + streams + suite + streams)
    let suites = found.all.filter { $0.name == "testsuite" }.map(\.values)
    #expect(suites.map { $0["name"] } == ["a&b.yaml", "q.yaml"])
    #expect(suites.map { $0["id"] } == ["0", "1"])
    #expect(suites.map { $0["tests"] } == ["3", "2"])
    #expect(suites.map { $0["failures"] } == ["1", "1"])
    #expect(suites.map { $0["errors"] } == ["1", "0"])
    for one in suites {
      // ISO8601_DATETIME_PATTERN of Ant's schema.
      #expect(try #/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/#.wholeMatch(in: one["timestamp"] ?? "") != nil)
      #expect(one["hostname"]?.isEmpty == false)
    }
    #expect(found.all.contains { $0.values["name"] == "it \"shouts\" <louder> & 100%" })
    #expect(outcome.status == 1)
  }

  /// The elements of a document, in order, with their attributes as they are written.
  private struct Elements {
    struct Element {
      var name: String
      var attributes: [String]
      var values: [String: String]
    }
    var all: [Element] = []

    /// Throws if the document is not well formed.
    init(_ bytes: [UInt8]) throws {
      let reader = Reader()
      let parser = XMLParser(data: Data(bytes))
      parser.delegate = reader
      try #require(parser.parse(), "\(String(decoding: bytes, as: UTF8.self))")
      // The parser does not tell the order of attributes.
      let heads = String(decoding: bytes, as: UTF8.self).matches(of: #/<(\w[\w-]*)([^<>]*)>/#)
      all = zip(reader.found, heads).map { found, head in
        let attributes = head.output.2.matches(of: #/ (\w+)="/#).map { String($0.output.1) }
        return Element(name: found.name, attributes: attributes, values: found.values)
      }
    }

    var text: String {
      all.map { ([$0.name] + $0.attributes).joined(separator: " ") + "\n" }.joined()
    }

    private final class Reader: NSObject, XMLParserDelegate {
      var found: [(name: String, values: [String: String])] = []
      func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
        qualifiedName: String?, attributes: [String: String]
      ) {
        found.append((name, attributes))
      }
    }
  }

  // MARK: Schedules

  /// Which line comes first is left to the schedule.
  private static let race = """
    stages:
      - name: ask
        exec: [ask, '{}']
        fanout: {workers: 4, order: none}
      - head: 1
    tests:
      - name: the first is the first
        input: [a, b, c, d]
        mocks: {ask: {}}
        expect: {contains: [a]}
    """

  @Test func `a race is found under some schedule, and its seed shows it again`() throws {
    let files = ["p.yaml": Self.race]
    let found = try test(files, ["--schedules", "200"])
    #expect(found.status == 1, "\(found.text)")
    let seed = try #require(found.text.firstMatch(of: #/schedule: seed (\d+)/#)?.output.1)
    let again = try test(files, ["--seed", String(seed), "--schedules", "1"])
    #expect(again.status == 1)
    let fewer = try test(files, ["--schedules", "200", "--jobs", "1"])
    #expect(fewer.text.contains("schedule: seed \(seed)\n"))
  }

  @Test func `without a race a case passes under every schedule`() throws {
    let ordered = Self.race.replacing(", order: none", with: "")
    let outcome = try test(["p.yaml": ordered], ["--schedules", "200", "--seed", "7"])
    #expect(outcome.timeless == "1 case, all passed, in TIME s\n")
  }

  @Test func `in real time no schedule can be chosen`() throws {
    let real = Self.race.replacing("    mocks:", with: "    real_time: true\n    mocks:")
    let outcome = try test(["p.yaml": real], ["--schedules", "2"])
    #expect(outcome.status == 2)
    #expect(
      outcome.messages.hasPrefix(
        "streamline: p.yaml:7:5: case 'the first is the first' runs in real time, where no schedule"
      ))
  }

  // MARK: Coverage

  private static let covered = """
    stages:
      - name: ask
        exec: [ask, '{}']
        if: {grep: x}
        timeout: 2s
        retry: 2
        on_error: skip
    tests:
      - {name: it asks, input: x, mocks: {ask: y}, expect: y}
      - {name: it asks twice, input: x, mocks: {ask: [{times: 1, exit: 1}, {}]}, expect: x}
    """

  @Test func `coverage shows what was never reached, and fails below what is asked for`() throws {
    let outcome = try test(["p.yaml": Self.covered], ["--coverage=51"])
    #expect(
      outcome.timeless == """
        2 cases, all passed, in TIME s
        p.yaml: 3 of 6 reached
        !    3 |     exec: [ask, '{}']
               | never: 'ask' timeout: attempt, 'ask' on_error
        !    4 |     if: {grep: x}
               | never: 'ask' if: false

        3 of 6 reached, 50.0 %

        """)
    #expect(
      outcome.messages == "streamline: the cases reach less than the 51.0 % asked for\n")
    #expect(outcome.status == 1)
    #expect(try test(["p.yaml": Self.covered], ["--coverage=50"]).status == 0)
    let alone = try test(["p.yaml": Self.covered], ["--coverage"])
    #expect(alone.text.hasSuffix("3 of 6 reached, 50.0 %\n"))
    #expect(alone.status == 0)
  }

  @Test func `beside another form, coverage is told on stderr`() throws {
    let outcome = try test(["p.yaml": Self.covered], ["--coverage", "--format", "tap"])
    #expect(outcome.text.hasSuffix("\n1..2\n"))
    #expect(outcome.messages.hasSuffix("3 of 6 reached, 50.0 %\n"))
  }

  @Test func `a tracefile has lines and branches`() throws {
    var command = Command(
      ["test", "--lcov", "cover.info"], in: try CommandFolder(["p.yaml": Self.covered]))
    command.output = .captured
    #expect(try command.run().newFiles == ["cover.info"])
    let records = try command.folder.text("cover.info").split(separator: "\n")
    #expect(records.prefix(2) == ["TN:", "SF:p.yaml"])
    for record in ["BRF:6", "BRH:3", "LF:2", "LH:2", "end_of_record"] {
      #expect(records.contains { $0 == record }, "\(records)")
    }
  }

  // MARK: Updating

  private static let outdated = """
    # An opening comment.
    stages:
      - upper

    tests:
      - name: a block       # it stays a block
        input: [a, b]
        expect: |
          X

      # Between two cases.
      - {name: a list in a line, input: [a, b], expect: [X, B]}   # behind
      - name: a list
        input: [a, 'b: c']
        expect:
          output:
            - X
          count: 7          # how many
      - name: missing
        input: a
      - name: good
        input: a
        expect: A

    """

  private static let updated = """
    # An opening comment.
    stages:
      - upper

    tests:
      - name: a block       # it stays a block
        input: [a, b]
        expect: |
          A
          B

      # Between two cases.
      - {name: a list in a line, input: [a, b], expect: ['A', 'B']}   # behind
      - name: a list
        input: [a, 'b: c']
        expect:
          output:
            - 'A'
            - 'B: C'
          count: 2          # how many
      - name: missing
        input: a
        expect: |
          A
      - name: good
        input: a
        expect: A

    """

  @Test func `--update writes what came out, and leaves the rest of the file as it is`() throws {
    var command = Command(["test", "--update"], in: try CommandFolder(["p.yaml": Self.outdated]))
    command.before = "unset CI"
    let outcome = try command.run()
    #expect(outcome.messages == "streamline: p.yaml: 5 expectations written\n")
    #expect(try command.folder.text("p.yaml") == Self.updated)
    command.arguments = ["test"]
    #expect(try command.run().status == 0)
  }

  @Test func `where CI is set nothing is written`() throws {
    var command = Command(["test", "--update"], in: try CommandFolder(["p.yaml": Self.outdated]))
    command.environment = ["CI": "true"]
    let outcome = try command.run()
    #expect(outcome.status == 2)
    #expect(
      outcome.messages.hasPrefix("streamline: --update does not run where CI is set"))
    #expect(try command.folder.text("p.yaml") == Self.outdated)
  }
}
