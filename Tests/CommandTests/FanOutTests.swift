import PipelineModel
import Stages
import TestSupport
import Testing

/// Order and concurrency of a fan-out, against the built program.
@Suite(.enabled(if: programIsThere, programIsMissing))
struct FanOutTests {
  /// A stage of every kind that may fan out, and how many lines it gets: those that start a process
  /// or wait for each line get fewer.
  private static let server = try? HTTPServer()
  private static let stages: [(stage: String, lines: Int, long: Int)] = {
    let arguments = [
      "cut": "{characters: '2-'}", "delay": "1ms", "exec": "'echo $1; echo x$1'",
      "grep": "'[37]'", "replace": "{pattern: '([0-9])([0-9])', with: '$2-$1'}", "sample": "0.5",
      "split": "'7'", "stages": "[{grep: 7}, {replace: {pattern: '7', with: x}}, upper]",
      "template": "'{nr}:{}'", "filter": "'this != \"7\"'", "map": "this + this",
      "gather": "[[upper], [trim]]",
      "switch": "[{when: this.contains('3'), stages: [upper, split: '7']}]",
      "http": "'\(server?.base ?? "http://127.0.0.1:1")/ok/{}'",
      "coprocess": "[sed, -u, 's/$/!/']", "parse": "json", "assert": "{that: size(this) > 0}",
      "flat_map": "'[this, this]'",
      "rescue": "[upper]", "use": "used.yaml",
    ]
    // What changes records is given lines here, and has nothing to change.
    let records: Set = ["set", "unset", "select", "rename", "lookup"]
    // What is begun goes on at once, and what is collected is only the rest of it.
    let parts: Set = ["start", "await"]
    let kinds = Catalogue.manuals.filter {
      $0.stageClass == .lineWise && !records.contains($0.kind) && !parts.contains($0.kind)
    }
    return kinds.map { manual in
      let stage = "{\(manual.kind): \(arguments[manual.kind] ?? "")"
      return switch manual.kind {
      case "coprocess": (stage, 1_000, 200_000)
      case "exec": (stage, 100, 20_000)
      case "http": (stage, 500, 100_000)
      case "delay": (stage, 150, 20_000)
      default: (stage, 3_000, 1_000_000)
      }
    }
  }()

  private static let files = ["used.yaml": "stages: [{replace: {pattern: 7, with: x}}, upper]"]

  @Test(arguments: stages)
  func `sixteen workers write what one does`(stage: String, lines: Int, long: Int) throws {
    let input = Array(numbers(isLongRun ? long : lines).utf8)
    let one = try call(
      "stages: [\(stage), fanout: 1}]", files: Self.files, input: .bytes(input)
    ).run()
    #expect(one.status == 0)
    #expect(one.messages == "")
    #expect(one.output.count > input.count / 4)
    for order in ["16", "{workers: 16, lookahead: {lines: 20, bytes: 64KiB}}"] {
      let many = try call(
        "stages: [\(stage), fanout: \(order)}]", files: Self.files, input: .bytes(input)
      ).run()
      #expect(many.status == 0)
      #expect(many.messages == "")
      let isEqual = many.output == one.output
      #expect(isEqual)
    }
    let none = try call(
      "stages: [\(stage), fanout: {workers: 16, order: none}}]", files: Self.files,
      input: .bytes(input)
    ).run()
    #expect(none.lines.sorted() == one.lines.sorted())
  }

  @Test func `a fan-out of three has three at work at once, gathered in order`() throws {
    let folder = try CommandFolder()
    let up = try LineGate("up", in: folder)
    // Each waits until three have met, so fewer would never end; the first ends last.
    let run = try call(
      "stages: [{exec: 'echo > up; read x < go$1; echo $1', fanout: 3}]",
      input: .bytes(Array(numbers(3).utf8)), in: folder)
    let gates = try (1...3).map { try LineGate("go\($0)", in: folder) }
    let started = try run.start()
    try started.wait(for: up, lines: 3)
    for gate in gates.reversed() { gate.letThrough() }
    try started.finish().expect(status: 0, output: numbers(3))
  }

  @Test(arguments: [1, 3])
  func `never are more at work than there are workers`(workers: Int) throws {
    // A child takes one of the places by making a folder; there are as many places as workers.
    let places = (1...workers).map { "{ mkdir p\($0) 2>/dev/null && p=p\($0); }" }
    let outcome = try streamline(
      """
      stages:
        - exec: '\(places.joined(separator: " || ")) || exit 9; sleep 0.01; rmdir $p; echo $1'
          fanout: \(workers)
      """, input: numbers(40))
    outcome.expect(status: 0, output: numbers(40))
  }

  @Test func `without order the first to end is the first to leave`() throws {
    let folder = try CommandFolder()
    let go = try LineGate("go", in: folder)
    let run = try call(
      "stages: [{exec: '[ $1 = 2 ] || read x < go; echo $1', fanout: {workers: 3, order: none}}]",
      input: .bytes(Array(numbers(3).utf8)), in: folder
    ).start()
    try run.waitForLines(1)
    #expect(run.text == "2\n")
    go.letThrough(2)
    let outcome = try run.finish()
    #expect(outcome.lines.sorted() == ["", "1", "2", "3"])
  }

  @Test(.enabled(if: isLongRun, isShortRun), arguments: [(3, 1), (1, 3)])
  func `three lines that take a second each`(workers: Int, seconds: Int) throws {
    let outcome = try streamline(
      "stages: [{exec: [sh, -c, 'sleep 1; echo \"$1\"', -, '{}'], fanout: \(workers)}]",
      input: "a\nb\nc\n")
    outcome.expect(status: 0, output: "a\nb\nc\n")
    #expect(
      outcome.elapsed > .seconds(seconds) && outcome.elapsed < .seconds(Double(seconds) + 0.7))
  }
}
