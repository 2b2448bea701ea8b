import Testing

@testable import PipelineTesting

struct ExpectationTests {
  private let fanout = "- {name: w, exec: x, fanout: 2, on_error: skip}"

  @Test func `each key says what differs`() async throws {
    let input = "input: [b, a]\n"
    for (expected, words) in [
      ("[b]", "+ a   (from input line 2)"), ("{unordered: [a, c]}", "- c"),
      ("{contains: [c]}", "no line is c"), ("{count: 3}", "2 lines of output, not 3"),
      ("{count: {at_most: 1}}", "2 lines of output"), ("{empty: true}", "there is output"),
      ("{matches: {every: '^b'}}", "a line does not match ^b"),
      ("{matches: {some: '^c'}}", "no line matches ^c"),
      ("{matches: {none: '^a'}}", "a line matches ^a"), ("{json: [1]}", "a line is no JSON"),
      ("{exit: 1}", "the exit status is 0"), ("{error: x}", "the run does not fail"),
      ("{errors: [{line: 1}]}", "the failures absorbed are\n    none"),
      ("{skipped: 1}", "0 skipped, not 1"), ("{dead_letters: 1}", "0 put aside, not 1"),
      ("{files: {f: x}}", "it was not written; no file was"), ("{elapsed: 1s}", "it takes 0s"),
      ("{calls: {upper: 3}}", "2 calls, not 3"), ("{after: {upper: [B]}}", "+ A"),
      ("{stderr: x}", "- x"),
    ] {
      try await expectFail("- upper\n- lower", input + "expect: \(expected)", words)
    }
  }

  @Test func `each key is content with what is there`() async throws {
    for expected in [
      "[b, a]", "\"b\\na\\n\"", "{unordered: [a, b]}", "{contains: a}", "{count: 2}",
      "{count: {at_least: 2, at_most: 2}}", "{empty: false}",
      "{matches: {every: '^[ab]$', some: [a, b], none: c}}", "{exit: 0, errors: [], skipped: 0}",
      "{calls: {upper: 2}, after: {upper: [B, A]}, stderr: ''}", "{elapsed: 0s}",
    ] {
      try await expectPass("- upper\n- lower", "input: [b, a]\nexpect: \(expected)")
    }
  }

  @Test func `json compares values, not their text`() async throws {
    let input = "input: ['{\"a\": 1.0, \"b\": [null, \"x\"]}']\n"
    try await expectPass("- trim", input + "expect: {json: [{b: [null, x], a: 1.0}]}")
    try await expectFail(
      "- trim", input + "expect: {json: [{b: [null, y], a: 1.0}]}", "a value differs")
  }

  @Test func `a failure that no key mentions fails the case`() async throws {
    try await expectFail(
      fanout, "input: [a]\nmocks: {w: {exit: 1}}\nexpect: []",
      "failures were absorbed, and no key mentions them", "stage: w, kind: exit, line: 1")
    try await expectFail(
      "- {name: w, exec: x}", "input: [a]\nmocks: {w: {exit: 1}}\nexpect: []",
      "the run fails, and nothing says so: exit status 1", "exit status 1")
  }

  @Test func `absorbed failures are told in the order of their items`() async throws {
    try await expectPass(
      fanout,
      "input: [slow, b, c]\nmocks: {w: [{match: slow, delay: 1s, exit: 1}, {exit: 2}]}\n"
        + "expect: {output: [], errors: [{line: 1, message: '1'}, {line: 2}, {line: 3}]}",
      seeds: 1..<30)
  }

  @Test func `dead letters are told by their input`() async throws {
    let stage = "- {name: w, exec: x, on_error: {dead_letter: d.ndjson}}"
    let input = "input: [a, b, c]\nmocks: {w: [{match: '[ac]', exit: 1}, {}]}\n"
    try await expectPass(stage, input + "expect: {output: b, dead_letters: [a, c]}")
    try await expectPass(stage, input + "expect: {output: b, dead_letters: 2}")
    try await expectFail(stage, input + "expect: {output: b, dead_letters: [a]}", "+ c")
  }

  @Test func `files that a case writes are seen and are nobody else's`() async throws {
    try await expectPass(
      "- tee: /var/log/all.txt\n- grep: a\n- tee: {path: '{}.txt'}",
      "input: [a, b]\nexpect: {output: a, files: {/var/log/all.txt: [a, b], a.txt: a}}")
  }

  @Test func `upstream of a failure only what is before it is compared`() async throws {
    let stages = "- {name: up, upper: }\n- {name: w, exec: x}"
    let input = "input: [a, b, c]\nmocks: {w: [{match: B, exit: 1}, {}]}\n"
    try await expectPass(
      stages, input + "expect: {output: A, error: {line: 2}, after: {up: [A, B]}}", seeds: 1..<20)
    try await expectFail(
      stages, input + "expect: {output: A, error: {line: 2}, calls: {up: 3}}",
      "left to the schedule")
  }

  @Test func `a case may run one stage, or a stretch of them`() async throws {
    let stages = "- {name: a, upper: }\n- {name: b, template: '{}!'}\n- {name: c, template: '({})'}"
    try await expectPass(stages, "stage: b\ninput: x\nexpect: x!")
    try await expectPass(stages, "from: b\ninput: x\nexpect: (x!)")
    try await expectPass(stages, "to: b\ninput: x\nexpect: X!")
    try await expectPass(stages, "from: b\nto: b\ninput: x\nexpect: x!")
  }

  @Test func `input comes in every form`() async throws {
    for input in [
      "\"a\\nb\\n\"", "\"a\\nb\"", "[a, b]", "{text: \"a\\nb\"}", "{base64: YQpi}",
      "{text: \"a\\nb\\n\", final_newline: false}",
    ] {
      try await expectPass("- upper", "input: \(input)\nexpect: [A, B]")
    }
    try await expectPass(
      "- upper", "input: {generate: {lines: 2, line: 'x{nr}'}}\nexpect: [X1, X2]")
    try await expectPass("- upper", "input: {generate: {lines: 0}}\nexpect: []")
    try await expectPass("- upper", "expect: []")
  }

  @Test func `environment and parameters are the case's`() async throws {
    try await expectFail(
      "- template: '{env.HOME}'", "input: x\nexpect: y", "HOME")
    try await expectPass(
      "- template: '{env.HOME}'", "env: {HOME: /home/ann}\ninput: x\nexpect: /home/ann")
  }

  @Test func `seeded draws are the case's, and the same in every process`() async throws {
    try await expectPass(
      "- sample: {rate: 0.5}", "seed: 7\ninput: {generate: {lines: 12}}\nexpect: {count: 5}")
  }
}
