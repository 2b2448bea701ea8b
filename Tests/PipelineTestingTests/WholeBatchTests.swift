import Testing

@testable import PipelineTesting

/// Stages work on batches as a whole; what an item fails with, gives and gets is its own all the same.
struct WholeBatchTests {
  private func expectPass(file: String) async throws {
    let bench = try CaseBench(file: file)
    #expect(bench.diagnostics == [])
    for cutsReads in [false, true] {
      let result = try await bench.result(seeds: 1..<6, cutsReads: cutsReads)
      #expect(result.status == .passed, "\(result.details)")
    }
  }

  @Test func `what a failing item gave before it failed is taken back, and no other item's`()
    async throws
  {
    let long = String(repeating: "x", count: 120)
    try await expectPass(
      file: """
        input: {format: lines, max_line: 100}
        stages:
          - flat_map: '[this + "a", int(this) % 4 == 2 ? "\(long)" : this + "b"]'
            on_error: skip
        tests:
          - name: it
            input: {generate: {lines: 11}}
            expect:
              errors: [{line: 2, kind: too_large}, {line: 6}, {line: 10}]
              output: [1a, 1b, 3a, 3b, 4a, 4b, 5a, 5b, 7a, 7b, 8a, 8b, 9a, 9b, 11a, 11b]
        """)
  }

  @Test func `each failing item is replaced in its place, the first, the last and neighbours`()
    async throws
  {
    try await expectPass(
      file: """
        stages:
          - assert: '!(int(this) in [1, 4, 5, 9])'
            on_error: {default: '"no " + this'}
        tests:
          - name: it
            input: {generate: {lines: 9}}
            expect:
              errors: [{line: 1}, {line: 4}, {line: 5}, {line: 9}]
              output: [no 1, 2, 3, no 4, no 5, 6, 7, 8, no 9]
        """)
  }

  @Test func `a field is taken and set for each item, and fails for each`() async throws {
    try await expectPass(
      file: """
        input: {format: lines, max_line: 60}
        stages:
          - if: this != "3"
            map: 'this == "8" ? {"n": null} : {"n": this, "s": this + " " + this}'
          - split: ' '
            from: this.n
            into: n
            on_error: skip
          - name: set
            replace: {pattern: '[27]', with: 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'}
            from: this.s
            into: s
            on_error: skip
        tests:
          - name: it
            input: {generate: {lines: 9}}
            expect:
              skipped: 4
              json: [{n: "1", s: 1 1}, {n: "4", s: 4 4}, {n: "5", s: 5 5}, {n: "6", s: 6 6}, {n: "9", s: 9 9}]
        """)
  }

  @Test func `what is given is what stands in the record, byte for byte`() async throws {
    try await expectPass(
      file: #"""
        input: json
        stages:
          - {flat_map: this, from: this.l, into: got, results: list}
          - {unset: l}
        tests:
          - name: it
            input: '{"l":[1.50,{"n" : 123456789012345678901234567890},"\u00e9"]}'
            expect: '{"got":[1.50,{"n" : 123456789012345678901234567890},"é"]}'
        """#)
  }

  @Test func `an item with more results than a batch has them in a list, others beside it`()
    async throws
  {
    try await expectPass(
      file: """
        stages:
          - map: '{"n": int(this), "s": nr == 2 ? this : "a,b"}'
          - {split: ',', from: this.s, into: parts, results: list}
          - map: 'string(this.n) + " " + string(size(this.parts))'
        tests:
          - name: it
            input: {generate: {lines: 3}}
            expect: [1 2, 2 1, 3 2]
        """)
  }
}
