import Testing

@testable import PipelineTesting

struct MockTests {
  private let exec = "- {name: w, exec: [get, 'http://x/{}'], fanout: 3}"

  @Test func `without an output the item itself is the result`() async throws {
    try await expectPass(exec, "input: [a, b]\nmocks: {w: {}}\nexpect: [a, b]")
  }

  @Test func `a text is the results, as lines`() async throws {
    try await expectPass(exec, "input: [a]\nmocks: {w: \"x\\ny\\n\"}\nexpect: [x, y]")
    try await expectPass(exec, "input: [a]\nmocks: {w: ''}\nexpect: []")
  }

  @Test func `a list gives each item its own, in the order of the items`() async throws {
    try await expectPass(
      exec,
      "input: [a, b, c, d]\nmocks: {w: {output: [one, two, three]}}\nexpect: [one, two, three, one]",
      seeds: 1..<40)
  }

  @Test func `the first rule that is for the item and its request counts`() async throws {
    try await expectPass(
      exec,
      """
      input: [a, b, c]
      mocks: {w: [{match: '^a$', output: A}, {request: 'get http://x/b', output: B}, {output: other}]}
      expect: [A, B, other]
      """)
  }

  @Test func `an item that no rule is for fails the run`() async throws {
    try await expectFail(
      exec, "input: [a]\nmocks: {w: {match: b}}\nexpect: [a]", "its mock has no rule for this item")
  }

  @Test func `times counts the attempts at each item`() async throws {
    try await expectPass(
      "- {name: w, exec: x, fanout: 2, retry: {attempts: 3, backoff: 0s}}",
      """
      input: [a, b]
      mocks: {w: [{times: 2, exit: 7}, {output: ok}]}
      expect: {output: [ok, ok], calls: {w: 6}}
      """, seeds: 1..<20)
  }

  @Test func `calls counts over the stage`() async throws {
    try await expectPass(
      "- {name: w, exec: x, on_error: skip}",
      "input: [a, b, c]\nmocks: {w: [{calls: 2, error: no}, {}]}\nexpect: {output: c, skipped: 2}")
  }

  @Test func `what fails is what its kind says`() async throws {
    let stage = "- {name: w, exec: x, on_error: skip}"
    for (rule, kind) in [
      ("exit: 3", "exit"), ("status: 503", "http"), ("error: no", "exit"),
      ("error: {kind: timeout, message: late}", "timeout"), ("error: {kind: spawn}", "spawn"),
    ] {
      try await expectPass(
        stage,
        "input: a\nmocks: {w: {\(rule)}}\nexpect: {errors: [{stage: w, kind: \(kind), line: 1}]}")
    }
    try await expectPass(
      stage, "input: a\nmocks: {w: {error: {kind: stage, message: gone}}}\nexpect: {error: gone}")
  }

  @Test func `what stands before a failure has left`() async throws {
    try await expectPass(
      "- {name: w, exec: x}",
      "input: [a, b]\nmocks: {w: [{match: a, output: A}, {output: B, exit: 2}]}\nexpect: {output: [A, B], error: {line: 2}}"
    )
  }

  @Test func `a mock tells what it was called with, and how many at once`() async throws {
    try await expectPass(
      exec,
      """
      input: [a, b, c, d]
      mocks: {w: {delay: 1s}}
      expect: {output: [a, b, c, d], seen: {w: [get http://x/a, get http://x/b, get http://x/c, get http://x/d]}, max_in_flight: {w: 3}, elapsed: 2s}
      """)
  }

  @Test func `any stage can have one`() async throws {
    let input = "input: [b, a]\n"
    for (stage, expected) in [
      ("grep: x", "[m, m]"), ("dedupe: {keep: last}", "[m]"), ("dedupe", "[m, m]"),
      ("tee: f", "[m, m]"), ("throttle: 1/h", "[m, m]"), ("head: 1", "[m, m]"),
      ("reverse", "[m]"), ("stages: [upper, lower]", "[m, m]"), ("delay: 1h", "[m, m]"),
    ] {
      let kind = stage.prefix { $0 != ":" }
      try await expectPass(
        "- \(stage)", input + "mocks: {\(kind): m}\nexpect: {output: \(expected), elapsed: 0s}")
    }
  }

  @Test func `a stage in a group has one of its own`() async throws {
    try await expectPass(
      "- {name: g, stages: [upper, {name: w, exec: x}], fanout: 2, on_error: collect}",
      "input: [a, b]\nmocks: {g/w: [{match: A, exit: 1}, {}]}\nexpect: {count: 2, errors: [{stage: g/w, line: 1}]}"
    )
  }

  @Test func `a template that fails for an item fails the call as it would the stage`() async throws
  {
    try await expectFail(
      "- {name: w, exec: [x, '{}']}", "input: {base64: 'YQBiCg=='}\nmocks: {w: ok}\nexpect: [ok]",
      "an argument can not hold a NUL byte")
  }

  @Test func `a mock of a coprocess answers for it, item by item`() async throws {
    try await expectPass(
      "- {name: w, coprocess: [no-such-command], fanout: 3, timeout: 1s, on_error: skip}",
      """
      input: [a, b, c]
      mocks: {w: [{match: b, hang: true}, {template: '{}!'}]}
      expect: {output: [a!, c!], errors: [{stage: w, kind: timeout, line: 2}]}
      """, seeds: 1..<20)
  }

  @Test func `a mock of a pipe gives its output once, at the end, with blocks too`() async throws {
    for pipe in ["pipe: [sort]", "pipe: {command: [sort], block: 2}, fanout: 3"] {
      try await expectPass(
        "- {name: w, \(pipe)}", "input: [b, a]\nmocks: {w: \"1\\n2\"}\nexpect: ['1', '2']",
        seeds: 1..<20)
      try await expectPass(
        "- {name: w, \(pipe)}",
        "input: [b, a]\nmocks: {w: {exit: 3}}\nexpect: {output: [], error: {stage: w, kind: exit}}")
    }
  }

  @Test func `coprocess and pipe without a mock are refused`() async throws {
    for stage in ["coprocess: [cat], timeout: 1s", "pipe: [cat]"] {
      try await expectFail(
        "- {name: w, \(stage)}", "input: [a]\nexpect: [a]",
        "stage 'w' would reach the world outside")
    }
  }
}
