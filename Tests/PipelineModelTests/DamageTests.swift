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
      - sample: {every: 3}
    """

  private func read(_ bytes: [UInt8]) {
    let result = PipelineReader.read(bytes: bytes, file: "p", catalogue: sampleCatalogue)
    // A definition exactly when nothing is wrong; and every message can be shown.
    #expect((result.definition == nil) == !result.errors.isEmpty)
    for diagnostic in result.diagnostics { #expect(!diagnostic.rendered.isEmpty) }
  }

  @Test func `the whole file is good`() {
    #expect(messages(whole) == [])
  }

  @Test func `every prefix is read or refused`() {
    let bytes = Array(whole.utf8)
    for end in 0...bytes.count { read(Array(bytes[..<end])) }
  }

  @Test func `every change of one byte is read or refused`() {
    let bytes = Array(whole.utf8)
    let changes: [UInt8] = [
      0, 9, 10, 13, 32, 33, 34, 35, 38, 39, 42, 44, 45, 48, 58, 60, 62, 63, 91, 92, 93, 123, 124,
      125, 126, 0x80, 0xC3, 0xFF,
    ]
    for index in bytes.indices {
      for change in changes {
        var damaged = bytes
        damaged[index] = change
        read(damaged)
      }
    }
  }
}
