import PipelineModel
import Testing

@testable import Lines
@testable import Stages

/// What `explain` says of copying is so.
struct CopyingTests {
  /// Stages that compute, each with what it is said to do.
  @Test(arguments: [
    ("grep: a", Copying.nothing), ("{grep: {pattern: a, only_matching: true}}", .nothing),
    ("head: 1", .nothing), ("skip: 1", .nothing), ("trim", .nothing),
    ("{split: {on: '-'}}", .nothing),
    ("dedupe", .nothing), ("upper", .all), ("lower", .all), ("enumerate", .all),
    ("template: 'x {}'", .all), ("filter: size(this) > 0", .nothing),
    ("assert: size(this) > 0", .nothing), ("parse: csv", .all), ("map: this", .all),
  ])
  func `results stand in the bytes that were read exactly where nothing is copied`(
    yaml: String, copying: Copying
  ) throws {
    let run = try StageRun(yaml)
    #expect(run.stage.copying == copying)
    guard case .transform(let make) = run.work else {
      Issue.record("'\(yaml)' does not compute")
      return
    }
    let batch = Batch.of([Array("a-b ".utf8), Array("a-c ".utf8)], delimiter: 0x0A)
    var transform = make()
    var cursor = Cursor()
    var out = BatchBuilder(viewing: batch, delimiter: 0x0A)
    _ = try transform.process(batch, &cursor, upTo: 2, into: &out)
    let result = out.take(covering: 0..<0)
    #expect(!result.isEmpty)
    #expect((result.storage === batch.storage) == (copying == .nothing))
  }

  @Test(arguments: [
    ("dedupe: last", Copying.changed), ("{sample: {size: 3}}", .changed),
    ("{sample: {every: 3}}", .nothing), ("{cut: {fields: '1'}}", .changed), ("reverse", .changed),
    ("exec: [cat]", .all), ("delay: 1s", .nothing), ("tee: x", .nothing),
    ("throttle: 1/s", .nothing),
  ])
  func `what a stage copies depends on its arguments`(yaml: String, copying: Copying) throws {
    #expect(try StageRun(yaml).stage.copying == copying)
  }
}
