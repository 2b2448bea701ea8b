import Lines
import Records

/// Checks a text, alone in memory or with others behind it.
func checked(
  _ text: [UInt8], by checker: JSONChecker = JSONChecker()
) throws(RecordFault) -> Range<Int> {
  let batch = Batch.of([text])
  return try batch.withBytes { (bytes) throws(RecordFault) in
    try checker.check(bytes, batch.range(0))
  }
}

/// The bytes of a compact row.
func row(_ write: (inout BatchBuilder) throws -> Void) rethrows -> [UInt8] {
  var builder = BatchBuilder(delimiter: 0x0A)
  try write(&builder)
  builder.endLine(number: 1, kind: .record)
  return builder.take(covering: 1..<2).bytes(0)
}

func record(_ fields: [(String, Value)]) -> [UInt8] {
  row { builder in
    builder.beginRow()
    for (name, value) in fields { builder.field(FieldName(name), value) }
    builder.endRow()
  }
}

/// A row as its JSON.
func json(_ row: [UInt8]) -> String {
  let batch = Batch.of([row])
  var builder = BatchBuilder(delimiter: 0x0A)
  batch.withBytes { builder.append(json: $0, row: batch.range(0)) }
  builder.endLine(number: 1)
  return String(decoding: builder.take(covering: 1..<2).bytes(0), as: UTF8.self)
}

/// What a locator finds.
func located(_ row: [UInt8], _ paths: [String]) throws -> [Value?] {
  let names = paths.map { path in path.split(separator: ".").map { FieldName(String($0)) } }
  let locator = RowLocator(paths: names)
  let batch = Batch.of([row])
  return batch.withBytes { bytes in
    locator.locate(bytes, batch.range(0))
    let slots = Slots(Array(repeating: .missing, count: paths.count))
    locator.fill(slots, Array(paths.indices), bytes)
    return paths.indices.map { slots[$0].value(in: bytes) }
  }
}
