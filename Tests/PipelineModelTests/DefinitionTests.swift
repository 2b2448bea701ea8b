import PipelineModel
import Testing
import YAMLTree

struct DefinitionTests {
  private func definition(_ text: String) throws -> PipelineDefinition {
    let result = read(text)
    #expect(result.diagnostics.map(\.message) == [])
    return try #require(result.definition)
  }

  private func stage(_ lines: String...) throws -> StageDefinition {
    try #require(
      try definition("stages:\n  - " + lines.joined(separator: "\n    ")).stages.first)
  }

  @Test func `all top-level keys arrive`() throws {
    let pipeline = try definition(
      """
      #!/usr/bin/env -S streamline run
      name: slow
      description: Slow ones.
      params:
        api: { default: "http://x", description: Base }
        n: { type: int }
      input: nul
      output: { format: lines, max_line: 1MiB }
      timeout: 1m30s
      grace: 500ms
      stages:
        - grep: error
        - trim
      tests:
        - name: a
      """)
    #expect(pipeline.name == "slow")
    #expect(pipeline.parameters.map(\.name) == ["api", "n"])
    #expect(pipeline.parameters.map(\.defaultValue) == ["http://x", nil])
    #expect(pipeline.parameters[1].kind == .int)
    #expect(pipeline.input == Framing(format: .nul))
    #expect(pipeline.output == Framing(maxLine: 1 << 20))
    #expect(pipeline.timeout == .seconds(90))
    #expect(pipeline.grace == .milliseconds(500))
    #expect(pipeline.stages.map(\.kind) == ["grep", "trim"])
    #expect(pipeline.tests?.sequence?.count == 1)
  }

  @Test func `a value fills the shorthand and a mapping the fields`() throws {
    #expect(try stage("grep: error").arguments.strings("pattern") == ["error"])
    #expect(try stage("grep: 404").arguments.strings("pattern") == ["404"])
    #expect(try stage("grep: [a, b]").arguments.strings("pattern") == ["a", "b"])
    let full = try stage("grep: {pattern: a, fixed: true}").arguments
    #expect(full.bool("fixed") == true)
    #expect(full.bool("ignore_case") == false)
    #expect(full.isGiven("fixed"))
    #expect(!full.isGiven("ignore_case"))
    #expect(try stage("head").arguments.int("count") == 10)
    #expect(try stage("head:").arguments.int("count") == 10)
    #expect(try stage("head: 0x10").arguments.int("count") == 16)
    #expect(try stage("exec: [sleep, 1]").arguments.strings("command") == ["sleep", "1"])
    #expect(try stage("exec: sleep 1").arguments.string("command") == "sleep 1")
    let exec = try stage("exec: {command: [a], env: {X: y}}").arguments
    #expect(exec.mapping("env")?.map(\.name) == ["X"])
    #expect(exec.list("success")?.map(\.int) == [0])
  }

  @Test func `common keys mean what they say`() throws {
    let keys = try stage(
      "exec: [a]", "fanout: {workers: auto, lookahead: {lines: 5, bytes: 1MB}}",
      "timeout: {attempt: 1s, idle: 2s}", "rate: {limit: 600/m, burst: 3}",
      "retry: {attempts: 3, backoff: 200ms, when: [timeout, 429, 5xx]}", "max_errors: 1%",
      "on_error: {dead_letter: {path: d, append: true}}", "queue: {lines: 1}", "emit: input",
      "if: {grep: {pattern: x, fixed: true}}"
    ).common
    #expect(keys.fanout?.workers == .auto)
    #expect(keys.fanout?.keepsOrder == true)
    #expect(keys.fanout?.lookaheadLines == 5)
    #expect(keys.fanout?.lookaheadBytes == 1_000_000)
    #expect(keys.limits.attempt == .seconds(1))
    #expect(keys.limits.idle == .seconds(2))
    #expect(keys.limits.item == nil)
    #expect(keys.rate?.limit == 600)
    #expect(keys.rate?.per == .seconds(60))
    #expect(keys.rate?.burst == 3)
    #expect(keys.retry?.attempts == 3)
    #expect(keys.retry?.backoff == .milliseconds(200))
    #expect(keys.retry?.causes == [.kind("timeout"), .status(429), .statusClass(5)])
    #expect(keys.maxErrors == .percent(1))
    #expect(keys.queue.lines == 1)
    #expect(keys.queue.bytes == 1 << 20)
    #expect(keys.queue.isGiven)
    #expect(keys.emitsInput)
    guard case .grep(let test)? = keys.condition?.test else {
      Issue.record("no pattern")
      return
    }
    #expect(test.bool("fixed") == true)
    guard case .deadLetter(let path, true)? = keys.onError else {
      Issue.record("no dead letter")
      return
    }
    #expect(path.string == "d")
  }

  @Test func `short forms mean the same as long ones`() throws {
    let keys = try stage(
      "exec: [a]", "fanout: 4", "timeout: 2s", "retry: 3", "rate: 10/s", "on_error: skip",
      "max_errors: 10", "queue: 7"
    ).common
    #expect(keys.fanout?.workers == .number(4))
    #expect(keys.limits.attempt == .seconds(2))
    #expect(keys.retry?.attempts == 3)
    #expect(keys.rate?.burst == 1)
    #expect(keys.maxErrors == .number(10))
    #expect(keys.queue.lines == 7)
    guard case .skip? = keys.onError else {
      Issue.record("no skip")
      return
    }
  }

  @Test func `names come from the kind, are numbered, and never take a written one`() throws {
    let pipeline = try definition(
      """
      stages:
        - exec: [a]
        - exec: [b]
        - {name: exec-3, exec: [c]}
        - exec: [d]
        - {name: enrich, stages: [{exec: [e]}, {exec: [f]}]}
        - stages: [trim]
      """)
    #expect(
      pipeline.stages.map(\.name) == ["exec", "exec-2", "exec-3", "exec-4", "enrich", "stages"])
    #expect(pipeline.stages[4].stages.map(\.name) == ["enrich/exec", "enrich/exec-2"])
    #expect(pipeline.stages[5].stages.map(\.name) == ["stages/trim"])
  }

  @Test func `defaults reach the stages that take them, not groups, and no stage that has its own`()
    throws
  {
    let pipeline = try definition(
      """
      defaults: {timeout: 2s, retry: 2, queue: 5, on_error: collect, max_errors: 3}
      stages:
        - exec: [a]
        - {exec: [b], timeout: 9s}
        - head: 5
        - sort
        - {delay: 1s, on_error: fail}
        - stages: [{exec: [c]}]
      """)
    let common = pipeline.stages.map(\.common)
    #expect(common.map(\.limits.attempt) == [.seconds(2), .seconds(9), nil, nil, .seconds(2), nil])
    #expect(common.map { $0.retry?.attempts } == [2, 2, nil, nil, nil, nil])
    #expect(common.map(\.queue.lines) == [5, 5, 5, 5, 5, 16_384])
    #expect(common.map { $0.onError != nil } == [true, true, true, false, true, false])
    #expect(common.map { $0.maxErrors != nil } == [true, true, true, false, false, false])
    #expect(pipeline.stages[5].stages[0].common.limits.attempt == .seconds(2))
  }

  @Test func `an anchor carries keys from one stage to others`() throws {
    let pipeline = try definition(
      """
      defaults: &slow {timeout: 2s, fanout: 4}
      stages:
        - {exec: [a], <<: *slow, timeout: 5s}
      """)
    #expect(pipeline.stages[0].common.limits.attempt == .seconds(5))
    #expect(pipeline.stages[0].common.fanout?.workers == .number(4))
  }

  @Test func `stages on the command line go behind those of the file`() throws {
    let base = try definition("stages: [trim]")
    let result = PipelineReader.read(
      stages: ["grep: x", "[head, trim]"], behind: base, catalogue: sampleCatalogue)
    #expect(result.definition?.stages.map(\.name) == ["trim", "grep", "head", "trim-2"])
    #expect(result.definition?.file == "p.yaml")
    let wrong = PipelineReader.read(stages: ["gerp: x"], catalogue: sampleCatalogue)
    #expect(wrong.diagnostics.map { "\($0.place?.description ?? "")" } == ["-e:1:1"])
  }

  @Test func `every default of every manual can be read`() {
    let manuals = sampleCatalogue.flatMap(\.fields)
    for field in manuals + CommonKeyTable.fields + TopLevelTable.fields
      + TopLevelTable.parameterFields
    where field.defaultValue != nil {
      #expect(field.defaultArgument != nil, "\(field.name)")
    }
  }

  @Test func `parameters come from the command line, else from their defaults`() throws {
    let parameters = try definition(
      """
      params: {n: {type: int}, api: {default: x}, key: {secret: true, type: bool}}
      stages: [trim]
      """
    ).parameters
    let good = ParameterValues.resolve(
      parameters, given: [("n", "1"), ("n", "2"), ("key", "true")])
    #expect(good.diagnostics.isEmpty)
    #expect(good.values == ["n": "2", "api": "x", "key": "true"])
    let bad = ParameterValues.resolve(
      parameters, given: [("ap", "y"), ("n", "1.5"), ("key", "geheim")])
    #expect(
      bad.diagnostics.map { $0.message + ($0.remedy.map { " = \($0)" } ?? "") } == [
        "the pipeline has no parameter 'ap' = did you mean 'api'?",
        "the parameter 'n' is no int: '1.5'",
        "the parameter 'key' is no bool",
      ])
    #expect(
      ParameterValues.resolve(parameters, given: [("key", "true")]).diagnostics.map(\.rendered)
        == [
          """
          p.yaml:1:10: error: the parameter 'n' is not given
           1 | params: {n: {type: int}, api: {default: x}, key: {secret: true, type: bool}}
             |          ^
             = give it: --param n=VALUE
          """
        ])
  }
}
