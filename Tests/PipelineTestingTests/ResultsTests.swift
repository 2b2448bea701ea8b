import PipelineModel
import Testing

/// `results: list`: what several results of one item become where one value is wanted.
struct ResultsTests {
  @Test func `a list takes none, one or many results`() async throws {
    try await expectPass(
      """
      - parse: json
      - {split: ',', from: this.s, into: parts, results: list, if: this.s != "skip"}
      - {grep: x, from: this.s, into: found, results: list}
      """,
      """
      input: ['{"s":"a,x"}', '{"s":""}', '{"s":"skip"}']
      expect:
        - '{"s":"a,x","parts":["a","x"],"found":["a,x"]}'
        - '{"s":"","parts":[""],"found":[]}'
        - '{"s":"skip","found":[]}'
      """)
  }

  @Test func `records stay as they were read in a list of them`() async throws {
    try await expectPass(
      """
      - parse: json
      - {flat_map: this.l, into: got, results: list}
      - {flat_map: this.got}
      """,
      """
      input: '{"l":[{"n" : 1.0},{"n":123456789012345678901234567890}]}'
      expect: ['{"n" : 1.0}', '{"n":123456789012345678901234567890}']
      """)
  }

  @Test func `without it two results fail the item and say what to do`() async throws {
    try await expectPass(
      "- parse: json\n- {split: ',', from: this.s, into: parts}",
      """
      input: '{"s":"a,b"}'
      expect:
        error: {stage: split, message: "2 results, and 'into' takes one"}
        output: []
      """)
  }

  @Test func `what a policy puts in the place of the list is no element of one`() async throws {
    try await expectPass(
      """
      - parse: json
      - {assert: 'this == "a"', from: this.s, into: got, results: list, on_error: {default: '[0]'}}
      """,
      """
      input: ['{"s":"a"}', '{"s":"b"}']
      expect:
        errors: [{stage: assert, line: 2}]
        output: ['{"s":"a","got":["a"]}', '{"s":"b","got":[0]}']
      """)
  }

  @Test(arguments: [
    ("- {trim: , results: list}", "'results' can mean nothing without 'into'"),
    ("- {head: 3, results: list}", "'results' can mean nothing for 'head'"),
    ("- {sort: , results: list}", "'results' can mean nothing for 'sort'"),
    ("- {trim: , into: a, results: two}", "'results' takes 'one' or 'list', not 'two'"),
  ])
  func `where it can mean nothing it is refused`(stage: String, message: String) throws {
    #expect {
      try CaseBench(stage, "- {name: it, expect: []}")
    } throws: { error in
      (error as? Diagnostic)?.message.hasPrefix(message) == true
    }
  }
}
