import Lines
import Records
import Stages
import TestSupport
import Testing

/// The lists that `batch` makes, whatever the batches it is given.
struct BatchItemsTests {
  @Test(arguments: 0..<40)
  func `lists are of so many items in order, each with the number of its first`(
    seed: UInt64
  ) throws {
    var random = Random(seed: seed)
    let size = 1 + random.below(9)
    let lines = (0..<random.below(200)).map { "\($0)" }
    let run = try StageRun("batch: \(size)").run(
      lines.map { Array($0.utf8) }, batchSize: 1 + random.below(40))
    let starts = stride(from: 0, to: lines.count, by: size)
    let wanted = starts.map { start in
      let items = lines[start..<min(lines.count, start + size)].map { "\"\($0)\"" }
      return "[" + items.joined(separator: ",") + "]"
    }
    #expect(run.texts == wanted, "seed \(seed)")
    #expect(run.numbers == starts.map { UInt64($0 + 1) }, "seed \(seed)")
  }

  @Test func `a line that is no UTF-8 is in its list byte for byte`() throws {
    let lines: [[UInt8]] = [[0xFF, 0x61], Array("é".utf8), [], [0x0A, 0x80]]
    let lists = try result(of: "batch: 3", Batch.of(lines))
    #expect(lists.count == 2 && lists.kind(0) == .record)
    #expect(try result(of: "flat_map: this", lists).lines == lines)
  }

  @Test func `a record in the compact form is an element as it is`() throws {
    let records = try result(of: "map: '{\"t\": timestamp(nr), \"n\": 1.0}'", Batch.of(["a", "b"]))
    let lists = try result(of: "batch: 2", records)
    #expect(
      String(decoding: lists.text(0), as: UTF8.self)
        == #"[{"t":"1970-01-01T00:00:01Z","n":1.0},{"t":"1970-01-01T00:00:02Z","n":1.0}]"#)
    // They are timestamps still, not texts.
    let times = try result(of: "map: this.map(r, type(r.t) == google.protobuf.Timestamp)", lists)
    #expect(String(decoding: times.text(0), as: UTF8.self) == "[true,true]")
  }

  private func result(of stage: String, _ batch: Batch) throws -> Batch {
    guard case .transform(let make) = try StageRun(stage).work else { return Batch() }
    var transform = make()
    var cursor = Cursor()
    var out = BatchBuilder(viewing: batch, delimiter: 0x0A)
    _ = try transform.process(batch, &cursor, upTo: batch.count, into: &out)
    _ = try transform.finish(into: &out)
    return out.take(covering: 0..<0)
  }
}
