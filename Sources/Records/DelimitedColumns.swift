import Lines

/// The columns of delimited records, and how their fields become rows.
struct DelimitedColumns {
  private struct Column {
    var name: FieldName
    var type: FieldType
    /// The name and the tag of a text, as a row has them.
    var prefix: [UInt8]
  }

  private let format: DelimitedFormat
  private var columns: [Column] = []
  /// Nil until they are known.
  private(set) var count: Int?

  init(_ format: DelimitedFormat) {
    self.format = format
    if let names = format.columns { setNames(names) }
  }

  /// The names in a header. One that has been there gets `_2`, `_3` and so on.
  mutating func setHeader(_ names: [[UInt8]]) {
    var seen: Set<[UInt8]> = []
    setNames(
      names.map { name in
        var unique = name
        var number = 2
        while !seen.insert(unique).inserted {
          unique = name + Array("_\(number)".utf8)
          number += 1
        }
        return FieldName(unique)
      })
  }

  /// Without names the columns are called by their numbers.
  mutating func setNumbers(_ count: Int) {
    setNames((1...max(1, count)).map { FieldName("\($0)") })
  }

  private mutating func setNames(_ names: [FieldName]) {
    columns = names.map { column($0) }
    count = names.count
  }

  private func column(_ name: FieldName) -> Column {
    Column(
      name: name, type: format.types[name] ?? .string,
      prefix: name.compact + [RowTag.text.rawValue])
  }

  /// Types that are given for columns that are not there.
  var unknownTypes: [FieldName] {
    format.types.keys.filter { name in !columns.contains { $0.name == name } }
      .sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
  }

  enum Outcome { case row, skipped }

  /// Appends the row of the record found last by `scan`.
  ///
  /// - Parameter start: where the record begins, for the places of faults.
  /// - Throws: something may have been appended then.
  mutating func append(
    _ scan: DelimitedScan, _ bytes: RawSpan, start: Int, into out: inout BatchBuilder
  ) throws(RecordFault) -> Outcome {
    let fields = scan.fields
    if count == nil { setNumbers(fields.count) }
    if fields.count != count {
      switch format.ragged {
      case .skip: return .skipped
      case .fail: throw ragged(fields, start)
      case .pad:
        for extra in columns.count..<max(columns.count, fields.count) {
          columns.append(column(FieldName("\(extra + 1)")))
        }
      }
    }
    out.beginRow()
    for (i, field) in fields.enumerated() {
      if columns[i].type != .string || field.isEscaped {
        try append(scan, bytes, i, start, into: &out)
      } else {
        out.append(columns[i].prefix)
        out.append(rowBytes: bytes.extracting(field.lower..<field.upper))
      }
    }
    for i in min(fields.count, count ?? 0)..<(count ?? 0) { out.nullField(columns[i].name) }
    out.endRow()
    return .row
  }

  private func append(
    _ scan: DelimitedScan, _ bytes: RawSpan, _ i: Int, _ start: Int, into out: inout BatchBuilder
  ) throws(RecordFault) {
    let field = scan.fields[i]
    let text = scan.text(bytes, field)
    if columns[i].type == .string {
      unsafe out.field(columns[i].name, text: text.span.bytes)
      return
    }
    guard let value = unsafe columns[i].type.value(text.span.bytes) else {
      let name = String(decoding: columns[i].name.bytes, as: UTF8.self)
      let found = String(decoding: text.prefix(40), as: UTF8.self)
      throw RecordFault(
        expected: "\(columns[i].type.phrase) in column '\(name)'",
        found: .other("'\(found)'\(text.count > 40 ? "…" : "")"), at: field.lower - start)
    }
    out.field(columns[i].name, value)
  }

  private func ragged(_ fields: [DelimitedScan.Field], _ start: Int) -> RecordFault {
    RecordFault(
      expected: count == 1 ? "1 field" : "\(count ?? 0) fields",
      found: .other("\(fields.count)"), at: (fields.last?.upper ?? start) - start)
  }
}

extension BatchBuilder {
  /// A length and as many bytes.
  @inline(__always)
  mutating func append(rowBytes bytes: RawSpan) {
    append(rowLength: bytes.byteCount)
    append(bytes)
  }
}
