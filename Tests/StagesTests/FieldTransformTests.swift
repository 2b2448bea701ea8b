import Lines
import PipelineModel
import Records
import TestSupport
import Testing
import YAMLTree

@testable import Stages

/// `from` and `into` around a computation, for many items together.
struct FieldTransformTests {
  private func transform(_ yaml: String) throws -> any Transform {
    let run = try StageRun(yaml)
    guard case .transform(let make) = run.work else { throw Failure(.stage, "it does not compute") }
    let field = try #require(try ItemField(run.stage.common, run.setting))
    return field.around(make)()
  }

  private func lines(_ batch: Batch) -> [String] {
    (0..<batch.count).map {
      "\(batch.number($0)) " + String(decoding: batch.text($0), as: UTF8.self)
    }
  }

  /// What it gives for all of `batch`, in parts, and the items that failed.
  private func all(_ transform: any Transform, _ batch: Batch, step: Int) -> [String] {
    var transform = transform
    var cursor = Cursor()
    var given: [String] = []
    while cursor.item < batch.count {
      var out = BatchBuilder(viewing: batch, delimiter: 0x0A)
      let end = min(batch.count, cursor.item + step)
      do throws(Failure) {
        _ = try transform.process(batch, &cursor, upTo: end, into: &out)
        given += lines(out.take(covering: 0..<0))
      } catch {
        given += lines(out.take(covering: 0..<0))
        given.append("\(batch.number(cursor.item)) failed: \(error.message)")
        cursor.advance()
      }
    }
    return given
  }

  @Test(arguments: [
    "{split: ',', from: this.s}", "{split: ',', from: this.s, into: p, results: list}",
    "{upper: , from: this.s, into: s}", "{grep: a, from: this.s, into: n}",
    "{flat_map: 'this.split(\",\")', from: this.s}",
    "{assert: this != 'a', from: this.s, into: q}",
    "{parse: kv, from: this.s, into: kv}",
  ])
  func `it is the same however many items it is given together`(stage: String) throws {
    for seed in UInt64(0)..<20 {
      var random = Random(seed: seed)
      let records = (0..<random.below(60)).map { i -> (String, Bool) in
        let text = (0..<random.below(4)).map { _ in random.pick(["a", "b=1", "é", ""]) }
          .joined(separator: ",")
        switch random.below(6) {
        case 0: return (#"{"i":\#(i)}"#, true)
        case 1: return (#"{"i":\#(i),"s":null}"#, true)
        case 2: return ("a line", false)
        default: return (#"{"i":\#(i),"s":"\#(text)"}"#, true)
        }
      }
      let batch = Batch.of(records.map { (text: $0.0, isRecord: $0.1) })
      let one = all(try transform(stage), batch, step: 1)
      for step in [2, 7, 1000] {
        #expect(
          all(try transform(stage), batch, step: step) == one, "seed \(seed), \(step) at once")
      }
    }
  }

  @Test func `results of one item that fill batches are given, or become one field`() throws {
    let many = (0..<200_000).map { "\($0)" }.joined(separator: ",")
    let batch = Batch.of([
      (text: #"{"s":"1,2"}"#, isRecord: true), (text: #"{"s":"\#(many)"}"#, isRecord: true),
      (text: #"{"s":"3"}"#, isRecord: true),
    ])
    #expect(all(try transform("{split: ',', from: this.s}"), batch, step: 3).count == 200_003)
    let lists = all(
      try transform("{split: ',', from: this.s, into: p, results: list}"), batch, step: 3)
    #expect(lists.count == 3 && lists[1].hasSuffix(#""199999"]}"#))
    #expect(lists[2] == #"3 {"s":"3","p":["3"]}"#)
    let one = all(try transform("{split: ',', from: this.s, into: p}"), batch, step: 3)
    #expect(one[1].hasPrefix("2 failed: 200000 results"))
  }
}
