import Testing

@testable import PipelineTesting

/// Faults that show under few schedules only.
struct RaceTests {
  /// Six items race: that the fourth is first, then the second, then the last, happens about once in
  /// a thousand schedules.
  private func race() throws -> CaseBench {
    try CaseBench(
      """
      - {name: w, exec: x, fanout: {workers: 6, order: none}}
      - join: {size: 6, with: ''}
      """,
      """
      - name: it
        input: [a, b, c, d, e, f]
        mocks: {w: {}}
        expect: {matches: {none: '^dbf'}}
      """)
  }

  @Test func `a race that few schedules show is found, and its seed shows it again`() async throws {
    let bench = try race()
    let result = try await bench.result(seeds: 1..<10_001, cutsReads: true)
    #expect(result.status == .failed)
    let seed = try #require(result.seed)
    #expect(seed > 5, "every schedule shows it")
    let again = try await bench.result(seeds: seed..<seed + 1, cutsReads: true)
    #expect(again.status == .failed)
    #expect(again.details == result.details)
    #expect(again.seed == seed)
  }

  @Test func `a seed gives the same run again, in its output and in its failure`() async throws {
    let bench = try race()
    for seed in 1..<20 as Range<UInt64> {
      let one = try await bench.result(seeds: seed..<seed + 1, cutsReads: true)
      let other = try await bench.result(seeds: seed..<seed + 1, cutsReads: true)
      #expect(one == other)
    }
  }
}
