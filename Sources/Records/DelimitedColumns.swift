import Lines

/// The columns of delimited records, and how their fields become rows.
struct DelimitedColumns {
  private struct Column {
    var name: FieldName
    var type: FieldType
    /// Which of `prefixes` belong to it.
    var prefix: Range<Int>
  }

  private let format: DelimitedFormat
  private var columns: [Column] = []
  /// All names and the tags of texts, as rows have them, one behind the other.
  private var prefixes: [UInt8] = []
  /// All columns are texts.
  private var isPlain = true
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
    columns = []
    prefixes = []
    isPlain = true
    for name in names { add(name) }
    count = names.count
  }

  private mutating func add(_ name: FieldName) {
    let type = format.types[name] ?? .string
    let start = prefixes.count
    prefixes += name.compactText
    columns.append(Column(name: name, type: type, prefix: start..<prefixes.count))
    if type != .string { isPlain = false }
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
    _ scan: borrowing DelimitedScan, _ bytes: RawSpan, start: Int, into out: inout BatchBuilder
  ) throws(RecordFault) -> Outcome {
    if count == nil { setNumbers(scan.count) }
    if scan.count != count {
      switch format.ragged {
      case .skip: return .skipped
      case .fail: throw ragged(scan, start)
      case .pad: addExtra(scan.count)
      }
    }
    out.beginRow()
    if isPlain, !scan.hasEscapes {
      appendPlain(scan, bytes, into: &out)
    } else {
      for i in 0..<scan.count { try append(scan, bytes, i, start, into: &out) }
    }
    let known = count ?? 0
    if scan.count < known { for i in scan.count..<known { out.nullField(columns[i].name) } }
    out.endRow()
    return .row
  }

  private mutating func addExtra(_ wanted: Int) {
    while columns.count < wanted { add(FieldName("\(columns.count + 1)")) }
  }

  /// All fields are texts as they stand there: one piece of memory is enough for all.
  private func appendPlain(
    _ scan: borrowing DelimitedScan, _ bytes: RawSpan, into out: inout BatchBuilder
  ) {
    guard scan.count > 0 else { return }
    let size = scan.fields[scan.count &- 1].upper &- scan.fields[0].lower
    let names = columns[scan.count &- 1].prefix.upperBound
    unsafe out.append(upTo: size &+ names &+ 5 &* scan.count) { target in
      var cursor = unsafe RowCursor(target)
      for i in 0..<scan.count {
        let field = scan.fields[i]
        unsafe cursor.put(prefixes.span.bytes.extracting(columns[i].prefix))
        cursor.put(length: field.upper &- field.lower)
        cursor.put(bytes.extracting(field.lower..<field.upper))
      }
      return cursor.count
    }
  }

  private func append(
    _ scan: borrowing DelimitedScan, _ bytes: RawSpan, _ i: Int, _ start: Int,
    into out: inout BatchBuilder
  ) throws(RecordFault) {
    let field = scan.fields[i]
    let column = columns[i]
    if !field.isEscaped {
      let text = bytes.extracting(field.lower..<field.upper)
      if column.type == .string { return out.field(column.name, text: text) }
      return try append(text, column, field.lower - start, into: &out)
    }
    let text = scan.text(bytes, field)
    if column.type == .string { return unsafe out.field(column.name, text: text.span.bytes) }
    try unsafe append(text.span.bytes, column, field.lower - start, into: &out)
  }

  private func append(
    _ text: RawSpan, _ column: Column, _ offset: Int, into out: inout BatchBuilder
  ) throws(RecordFault) {
    guard let value = column.type.value(text) else {
      let name = String(decoding: column.name.bytes, as: UTF8.self)
      let found = text.extracting(0..<min(40, text.byteCount)).text
      throw RecordFault(
        expected: "\(column.type.phrase) in column '\(name)'",
        found: .other("'\(found)'\(text.byteCount > 40 ? "…" : "")"), at: offset)
    }
    out.field(column.name, value)
  }

  private func ragged(_ scan: borrowing DelimitedScan, _ start: Int) -> RecordFault {
    let end = scan.count > 0 ? scan.fields[scan.count - 1].upper : start
    return RecordFault(
      expected: count == 1 ? "1 field" : "\(count ?? 0) fields",
      found: .other("\(scan.count)"), at: end - start)
  }
}
