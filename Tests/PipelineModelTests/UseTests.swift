import PipelineModel
import Testing
import YAMLTree

/// A pipeline that uses others, with what is said when that goes wrong.
struct UseTests {
  private static let catalogue =
    sampleCatalogue + [
      StageManual(
        kind: "use", chapter: .concurrency, stageClass: .lineWise, summary: "Uses a file.",
        fields: [
          Field("pipeline", .pipeline, required: true, "The file."),
          Field("params", .mapping(of: .template), "Values."),
        ],
        shorthand: "pipeline",
        examples: [StageManual.Example(stage: "use: a.yaml", input: "", output: "")])
    ]

  private func read(
    _ text: String, file: String = "p.yaml", _ files: [String: String] = [:]
  ) -> PipelineReader.Result {
    PipelineReader.read(text: text, file: file, catalogue: Self.catalogue) {
      path throws(Diagnostic) in
      guard let text = files[path] else { throw Diagnostic("'\(path)' can not be read: none") }
      return Array(text.utf8)
    }
  }

  private func messages(_ result: PipelineReader.Result) -> [String] {
    result.diagnostics.map { diagnostic in
      let place = diagnostic.place.map { "\($0.file):\($0.line):\($0.column): " } ?? ""
      return place + diagnostic.message + (diagnostic.remedy.map { " = \($0)" } ?? "")
    }
  }

  @Test func `the stages of the file are those of the stage, called after the file`() throws {
    let result = read(
      "stages: [{use: sub/enrich.yaml}, {use: ./sub/enrich.yaml}, {use: sub/enrich.yaml, name: c}]",
      file: "dir/p.yaml", ["dir/sub/enrich.yaml": "stages: [trim, {grep: x}]"])
    let definition = try #require(result.definition)
    #expect(
      definition.stagePaths == [
        "enrich", "enrich/trim", "enrich/grep", "enrich-2", "enrich-2/trim", "enrich-2/grep",
        "c", "c/trim", "c/grep",
      ])
    #expect(definition.stages[0].stages[1].place.file == "dir/sub/enrich.yaml")
    #expect(definition.stages[0].isStreamGroup)
  }

  @Test func `a file in a used one is relative to that`() throws {
    let result = read(
      "stages: [{use: a/b.yaml}]",
      ["a/b.yaml": "stages: [{use: ../c.yaml}]", "c.yaml": "stages: [trim]"])
    #expect(messages(result) == [])
    #expect(result.definition?.stagePaths == ["b", "b/c", "b/c/trim"])
  }

  @Test func `a file that has no name for a stage leaves it to the kind`() throws {
    let result = read("stages: [{use: a=b.yaml}]", ["a=b.yaml": "stages: [trim]"])
    #expect(result.definition?.stagePaths == ["use", "use/trim"])
  }

  @Test func `its defaults are for its own stages, and those of the user stay outside`() throws {
    let result = read(
      "defaults: {on_error: skip}\nstages: [{grep: x}, {use: b.yaml}]",
      ["b.yaml": "defaults: {queue: 3}\nstages: [{grep: y}]"])
    let stages = try #require(result.definition?.stages)
    #expect(stages[0].common.queue.lines == 16_384)
    let inner = stages[1].stages[0].common
    #expect(inner.queue.lines == 3)
    #expect(inner.onError == nil)
    #expect(stages[1].common.onError == nil)
  }

  @Test(arguments: [
    (["p.yaml": "stages: [{use: p.yaml}]"], "p.yaml → p.yaml"),
    (["a.yaml": "stages: [{use: ./d/../p.yaml}]"], "p.yaml → a.yaml → p.yaml"),
    (
      ["a.yaml": "stages: [{use: b.yaml}]", "b.yaml": "stages: [{use: p.yaml}]"],
      "p.yaml → a.yaml → b.yaml → p.yaml"
    ),
  ])
  func `a cycle is an error that names the chain`(files: [String: String], chain: String) throws {
    let text = files["p.yaml"] ?? "stages: [{use: a.yaml}]"
    let result = read(text, files.merging(["p.yaml": text]) { one, _ in one })
    #expect(result.definition == nil)
    let cycle = "can not be used: its stages would stand in themselves, \(chain)"
    #expect(messages(result).contains { $0.hasSuffix(cycle) }, "\(messages(result))")
  }

  @Test func `what links make endless ends`() {
    // Each file is another one, as far as names tell.
    let result = PipelineReader.read(text: "stages: [{use: d/p}]", catalogue: Self.catalogue) { _ in
      Array("stages: [{use: d/p}]".utf8)
    }
    let deepest = "'d/p' can not be used: more than 32 stand in one another"
    #expect(messages(result).contains { $0.hasSuffix(deepest) })
  }

  @Test func `files that each use the next one many times end`() {
    let many = "stages: [" + (0..<11).map { _ in "{use: next/p}" }.joined(separator: ", ") + "]"
    let result = PipelineReader.read(text: many, catalogue: Self.catalogue) { _ in
      Array(many.utf8)
    }
    #expect(messages(result).contains { $0.hasSuffix("more than 1000 files are used") })
  }

  @Test func `an error is told at its own place, and where the file is used`() {
    let result = read(
      "stages:\n  - use: b.yaml\n  - use: c.yaml\n",
      ["b.yaml": "stages:\n  - use: d.yaml\n", "d.yaml": "stages: [gerp: x]", "c.yaml": "{"])
    #expect(
      messages(result) == [
        "b.yaml:2:10: the pipeline used here, 'd.yaml', has errors",
        "c.yaml:2:1: this is no YAML: while parsing a flow node (line 2), did not find expected node "
          + "content",
        "d.yaml:1:10: there is no stage 'gerp' = did you mean 'grep'?",
        "p.yaml:2:10: the pipeline used here, 'b.yaml', has errors",
        "p.yaml:3:10: the pipeline used here, 'c.yaml', has errors",
      ])
  }

  @Test(arguments: [
    ("use: no.yaml", ["2:10: 'no.yaml' can not be read: none"]),
    (
      "use",
      [
        "2:5: 'use' needs the path of a pipeline file, or {pipeline, params} = for example: use: a.yaml"
      ]
    ),
    (
      "use: b.yaml",
      [
        "2:5: 'b.yaml' needs the parameter 'n' (how many)"
          + " = give it: {pipeline: b.yaml, params: {n: …}}"
      ]
    ),
    (
      "use: {pipeline: b.yaml, params: {n: 1, tims: 2}}",
      ["2:44: 'b.yaml' has no parameter 'tims' = did you mean 'times'?"]
    ),
    (
      "use: {pipeline: b.yaml, params: {n: x}}", ["2:41: the parameter 'n' is no int: 'x'"]
    ),
    (
      "use: {pipeline: b.yaml, params: {n: 1, key: x}}",
      ["2:49: the parameter 'key' is no int"]
    ),
    (
      "{fanout: 2, use: s.yaml}",
      [
        "2:22: the pipeline used here, 's.yaml', has errors",
        "s.yaml:1:10: 'head' can not stand in 'use' with 'fanout': it remembers items, and there "
          + "each item goes its own way = put it before or behind it, or leave 'fanout' out",
      ]
    ),
  ])
  func `a use that is wrong`(stage: String, expected: [String]) {
    let result = read(
      "stages:\n  - \(stage)\n",
      [
        "b.yaml": """
        params:
          n: {type: int, description: how many}
          times: {type: int, default: 2}
          key: {type: int, secret: true, default: 3}
        stages: [trim]
        """, "s.yaml": "stages: [head]",
      ])
    #expect(
      messages(result).map { $0.hasPrefix("p.yaml:") ? String($0.dropFirst(7)) : $0 } == expected)
  }
}
