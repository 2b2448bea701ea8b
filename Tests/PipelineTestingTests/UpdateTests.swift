import PipelineModel
import Testing
import YAMLTree

@testable import PipelineTesting

struct UpdateTests {
  /// The file of a pipeline `upper` with these cases, as `--update` leaves it.
  private func updated(_ cases: String) async throws -> String {
    let bench = try CaseBench("- upper", cases)
    var edits: [FileEdit] = []
    for index in bench.suite.cases.indices { edits += try await bench.result(index).edits }
    let bytes = bench.suite.definition.stages[0].place.source.bytes
    let text = String(decoding: FileEdit.applied(edits, to: bytes), as: UTF8.self)
    let again = try CaseBench(file: text)
    for index in again.suite.cases.indices {
      let result = try await again.result(index)
      #expect(result.status == .passed, "\(text)\n\(result.details)")
    }
    return text.split(separator: "\n", omittingEmptySubsequences: false).dropFirst(3)
      .map { $0.hasPrefix("  ") ? String($0.dropFirst(2)) : String($0) }.joined(separator: "\n")
  }

  @Test func `a block stays a block, and comments and the rest stay as they were`() async throws {
    let text = try await updated(
      """
      - name: it   # why
        input: [a, b]
        expect: |   # what comes out
          X

      # the next one
      - {name: two, input: c, expect: C}
      """)
    #expect(
      text == """
        - name: it   # why
          input: [a, b]
          expect: |
            A
            B

        # the next one
        - {name: two, input: c, expect: C}

        """)
  }

  @Test func `lists stay lists, flow stays flow, text stays text`() async throws {
    let text = try await updated(
      """
      - name: list
        input: [a, b]
        expect:
          - X
          - Y   # last
      - name: flow
        input: [a, it's]
        expect: [X, Y]   # here
      - name: text
        input: [a]
        expect: X
      - {name: row, input: [a], expect: X}
      - name: key
        input: [a, b]
        expect: {count: 3, elapsed: 1s}
      """)
    #expect(
      text == """
        - name: list
          input: [a, b]
          expect:
            - 'A'
            - 'B'   # last
        - name: flow
          input: [a, it's]
          expect: ['A', 'IT''S']   # here
        - name: text
          input: [a]
          expect: A
        - {name: row, input: [a], expect: A}
        - name: key
          input: [a, b]
          expect: {count: 2, elapsed: 0s}

        """)
  }

  @Test func `a missing expectation is written behind the case`() async throws {
    let text = try await updated(
      """
      - name: it
        input: |
          a
          b
      - {name: row, input: [a]}
      - name: odd
        input: {base64: CSAAYQpi}
      """)
    #expect(
      text == """
        - name: it
          input: |
            a
            b
          expect: |
            A
            B
        - {name: row, input: [a], expect: ['A']}
        - name: odd
          input: {base64: CSAAYQpi}
          expect: ["\\t \\x00A", 'B']

        """)
  }
}
