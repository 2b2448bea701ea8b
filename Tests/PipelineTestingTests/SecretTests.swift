import Testing

@testable import PipelineTesting

/// What a case says does not tell the value of a secret parameter.
struct SecretTests {
  @Test func `neither a line that differs nor a message of the run tells it`() async throws {
    let bench = try CaseBench(
      file: """
        params: {key: {default: none-at-all, secret: true}, plain: {default: shown}}
        stages:
          - template: 'key {params.key} {params.plain}'
          - assert: {that: '!this.endsWith("shown")', message: 'it is {params.key}'}
        tests:
          - {name: output, params: {key: s3cret}, input: a, expect: [b]}
          - {name: run alone, stage: template, params: {key: s3cret}, input: a, expect: [b]}
        """)
    for index in 0..<2 {
      let result = try await bench.result(index)
      #expect(result.status == .failed)
      #expect(result.details.contains("***"), "\(result.details)")
      #expect(!result.details.contains("s3cret") && !result.message.contains("s3cret"))
    }
  }

  @Test func `nor those of a pipeline that another one uses, however deep`() async throws {
    let bench = try CaseBench(
      file: """
        stages:
          - use: {pipeline: ./middle.yaml, params: {token: t0ken-given}}
        tests:
          - {name: output, input: a, expect: [b]}
        """,
      files: [
        "middle.yaml": """
        params: {token: {secret: true}}
        stages: [{use: inner.yaml}, {template: '{} {params.token}'}]
        """,
        "inner.yaml": """
        params: {word: {default: w0rd, secret: true}}
        stages: [{template: '{} {params.word}'}]
        """,
      ])
    #expect(bench.diagnostics == [])
    let result = try await bench.result()
    #expect(result.status == .failed)
    #expect(result.details.contains("a *** ***"), "\(result.details)")
    for value in ["t0ken-given", "w0rd"] { #expect(!result.details.contains(value)) }
  }
}
