import PipelineModel
import Testing

/// Files that are cut off or damaged are read or refused, never trapped on.
struct DamageTests {
  private let whole = """
    name: slow   # é
    params: {api: {default: "x\\u00e9", type: string}}
    defaults: &d {timeout: 2s, retry: {attempts: 3, when: [5xx, timeout]}}
    stages:
      - grep: '" 50[0-9] '
      - {exec: [sh, -c, "{}"], <<: *d, on_error: {dead_letter: d}, max_errors: 1%}
      - stages:
          - trim
          - tee: >-
              a
              b
        fanout: {workers: 4, order: none}
        if: {grep: {pattern: [a, b], fixed: true}}
    """

  private func check(_ bytes: [UInt8]) {
    let result = PipelineReader.read(bytes: bytes, file: "p", catalogue: sampleCatalogue)
    // A definition exactly when nothing is wrong; and every message can be shown.
    if (result.definition == nil) == result.errors.isEmpty
      || result.diagnostics.contains(where: \.rendered.isEmpty)
    {
      Issue.record("\(String(decoding: bytes, as: UTF8.self))")
    }
  }

  @Test func `the whole file is good`() {
    #expect(read(whole).definition != nil)
  }

  @Test func `every prefix is read or refused`() {
    let bytes = Array(whole.utf8)
    for end in 0...bytes.count { check(Array(bytes[..<end])) }
  }

  @Test func `every change of one byte is read or refused`() {
    let bytes = Array(whole.utf8)
    let changes: [UInt8] = [0, 9, 10, 32, 34, 39, 42, 58, 91, 123, 0xFF]
    for index in bytes.indices {
      for change in changes {
        var damaged = bytes
        damaged[index] = change
        check(damaged)
      }
    }
  }
}
