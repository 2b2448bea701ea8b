import Lines
import Records
import Stages
import TestSupport
import Testing

/// Random records through random changes of their fields, against the plain way to do it, in both
/// forms that a record can have.
struct FieldPropertyTests {
  private typealias Fields = [(name: String, value: String)]

  private func json(_ fields: Fields) -> String {
    "{" + fields.map { "\"\($0.name)\":\($0.value)" }.joined(separator: ",") + "}"
  }

  private let names = ["a", "b", "c", "d", "ab"]
  private let values = ["0", "-7", "true", "null", "\"\"", "\"x y\"", "[1,{\"k\":2}]", "{\"a\":3}"]

  private func record(_ random: inout Random) -> Fields {
    var fields: Fields = []
    for name in names where random.below(2) == 0 { fields.append((name, random.pick(values))) }
    if random.below(2) == 0 { fields.reverse() }
    return fields
  }

  private func someNames(_ random: inout Random) -> [String] {
    let some = names.filter { _ in random.below(3) == 0 }
    return some.isEmpty ? ["a"] : some
  }

  /// A stage and what it makes of fields.
  private func change(_ random: inout Random) -> (String, (Fields) -> Fields) {
    let some = someNames(&random)
    let list = "[" + some.joined(separator: ", ") + "]"
    switch random.below(4) {
    case 0: return ("unset: \(list)", { $0.filter { !some.contains($0.name) } })
    case 1:
      return (
        "select: \(list)", { fields in some.compactMap { n in fields.first { $0.name == n } } }
      )
    case 2:
      // All of `some`, each to what its right neighbour was called.
      let targets = Array(some.dropFirst()) + ["z"]
      let pairs = zip(some, targets).map { "\($0): \($1)" }.joined(separator: ", ")
      return ("rename: {\(pairs)}", { renamed($0, some, targets) })
    default:
      let value = random.pick(values)
      let pairs = some.map { "\($0): '\(value)'" }.joined(separator: ", ")
      return ("set: {\(pairs)}", { setAll($0, some, value) })
    }
  }

  private func renamed(_ fields: Fields, _ old: [String], _ new: [String]) -> Fields {
    let there = zip(old, new).filter { pair in fields.contains { $0.name == pair.0 } }
    return fields.compactMap { field in
      if let target = there.first(where: { $0.0 == field.name })?.1 {
        return (target, field.value)
      }
      return there.contains { $0.1 == field.name } ? nil : field
    }
  }

  private func setAll(_ fields: Fields, _ names: [String], _ value: String) -> Fields {
    var result = fields
    for name in names {
      if let k = result.firstIndex(where: { $0.name == name }) {
        result[k].value = value
      } else {
        result.append((name, value))
      }
    }
    return result
  }

  @Test(arguments: 0..<150 as Range<UInt64>)
  func `fields change as the plain way has it, whatever form the record has`(seed: UInt64) throws {
    var random = Random(seed: seed)
    let (stage, expected) = change(&random)
    let records = (0..<20).map { _ in record(&random) }
    let text = records.map { json($0) + "\n" }.joined()
    let wanted = records.map { json(expected($0)) + "\n" }.joined()
    let batch = try Batch.records(text)
    let size = 1 + random.below(25)
    let output = try StageRun(stage).run(batch, batchSize: size)
    #expect(output.failure == nil && output.text == wanted, "seed \(seed): \(stage)")

    let compact = try compacted(batch)
    let again = try StageRun(stage).run(compact, batchSize: size)
    #expect(again.failure == nil && again.text == wanted, "seed \(seed): \(stage), compact")
  }

  /// The same records in the compact form.
  private func compacted(_ batch: Batch) throws -> Batch {
    guard case .transform(let make) = try StageRun("map: this.merge({})").work else { return batch }
    var transform = make()
    var cursor = Cursor()
    var out = BatchBuilder(delimiter: 0x0A)
    _ = try transform.process(batch, &cursor, upTo: batch.count, into: &out)
    return out.take(covering: batch.covered)
  }
}
