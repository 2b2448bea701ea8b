import Lines
import Stages
import Testing

/// Gives items and moments to a stage that goes by the clock.
struct ClockRun {
  var transform: any Transform
  var given: [String] = []

  init(_ yaml: String) throws {
    guard case .transform(let make) = try StageRun(yaml).work else {
      throw Failure(.stage, "it is no computation")
    }
    transform = make()
    #expect(transform.goesByClock)
  }

  mutating func tick(_ seconds: Int64) throws {
    var out = BatchBuilder(delimiter: 0x0A)
    _ = try transform.tick(seconds * 1_000_000_000, into: &out)
    take(&out)
  }

  mutating func item(_ line: String, at seconds: Int64) throws {
    try tick(seconds)
    var out = BatchBuilder(delimiter: 0x0A)
    var cursor = Cursor()
    _ = try transform.process(Batch.of([line]), &cursor, upTo: 1, into: &out)
    take(&out)
  }

  private mutating func take(_ out: inout BatchBuilder) {
    let batch = out.take(covering: 0..<0)
    given += (0..<batch.count).map { String(decoding: batch.text($0), as: UTF8.self) }
  }
}
