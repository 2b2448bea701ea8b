import Lines
import Records
import TestSupport
import Testing

/// What reading records asks for is for batches, not for records.
struct AllocationTests {
  /// For how much memory the reader asks that is given so many lines of CSV.
  private func pieces(_ lines: Int, of line: String, _ format: DelimitedFormat) throws -> Int? {
    let batch = Batch.of(Array(repeating: line, count: lines))
    var count = 0
    let pieces = try allocations {
      var reader = DelimitedReader(format, maxRecord: 1 << 20)
      reader.put(batch)
      while let rows = try reader.take() { count += rows.count }
    }
    #expect(count == lines)
    return pieces
  }

  @Test(arguments: [
    FieldType.string, .int, .uint, .double, .bool, .timestamp, .duration,
  ])
  func `a record of CSV asks for no memory of its own`(type: FieldType) throws {
    let texts: [FieldType: String] = [
      .int: "-1234567", .uint: "0", .double: "1.25", .bool: "true",
      .timestamp: "2026-10-10T13:55:36Z", .duration: "5s",
    ]
    var format = DelimitedFormat.csv
    format.hasHeader = false
    format.columns = ["a", "b", "c"]
    format.types = ["b": type]
    let line = "some text," + texts[type, default: "another text"] + ",more"
    guard let few = try pieces(100, of: line, format),
      let many = try pieces(1100, of: line, format)
    else { return }
    #expect(many - few < 100)
  }

  @Test func `a row of CSV made of JSON asks for no memory of its own, numbers or not`() throws {
    func pieces(_ rows: Int) throws -> Int? {
      var batch = Batch.of(
        Array(repeating: "{\"a\":\"some text\",\"b\":-1.50,\"c\":true,\"d\":null}", count: rows))
      batch = batch.asKind(.record)
      var writer = DelimitedWriter(.csv)
      var out = BatchBuilder(delimiter: 0x0A)
      let pieces = try allocations {
        for i in 0..<rows { try writer.write(batch, i, into: &out) }
      }
      #expect(out.take(covering: 0..<0).lines.last == Array("some text,-1.50,true,".utf8))
      return pieces
    }
    guard let few = try pieces(100), let many = try pieces(1100) else { return }
    #expect(many - few < 100)
  }
}
