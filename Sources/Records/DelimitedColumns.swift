import Lines

/// The columns of delimited records, and how their fields become rows.
struct DelimitedColumns {
  /// What is read of a column for each field: nothing in it is counted, so that it costs nothing to
  /// take it out of an array.
  private struct Column {
    var type: FieldType
    /// Which of `prefixes` belong to it.
    var prefix: Range<Int>
  }

  private let format: DelimitedFormat
  private var columns: [Column] = []
  /// One for each column.
  private var names: [FieldName] = []
  /// All names and the tags of texts, as rows have them, one behind the other.
  private var prefixes: [UInt8] = []
  /// Every value takes no more room than its text or than `RowCursor.largestScalar`.
  private var isBounded = true
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
    self.names = []
    prefixes = []
    isBounded = true
    for name in names { add(name) }
    count = names.count
  }

  private mutating func add(_ name: FieldName) {
    let type = format.types[name] ?? .string
    let start = prefixes.count
    prefixes += name.compactText
    columns.append(Column(type: type, prefix: start..<prefixes.count))
    names.append(name)
    if type == .json { isBounded = false }
  }

  /// Types that are given for columns that are not there.
  var unknownTypes: [FieldName] {
    format.types.keys.filter { name in !names.contains(name) }
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
    if isBounded, !scan.hasEscapes {
      try appendBounded(scan, bytes, start, into: &out)
    } else {
      for i in 0..<scan.count { try append(scan, bytes, i, start, into: &out) }
    }
    let known = count ?? 0
    if scan.count < known { for i in scan.count..<known { out.nullField(names[i]) } }
    out.endRow()
    return .row
  }

  private mutating func addExtra(_ wanted: Int) {
    while columns.count < wanted { add(FieldName("\(columns.count + 1)")) }
  }

  /// How much room all fields take at most is known: one piece of memory is enough for all.
  private func appendBounded(
    _ scan: borrowing DelimitedScan, _ bytes: RawSpan, _ start: Int, into out: inout BatchBuilder
  ) throws(RecordFault) {
    guard scan.count > 0 else { return }
    let size = scan.fields[scan.count &- 1].upper &- scan.fields[0].lower
    let names = columns[scan.count &- 1].prefix.upperBound
    var wrong = -1
    unsafe out.append(upTo: size &+ names &+ RowCursor.largestScalar &* scan.count) { target in
      var cursor = unsafe RowCursor(target)
      for i in 0..<scan.count {
        let field = scan.fields[i]
        let column = columns[i]
        let text = bytes.extracting(field.lower..<field.upper)
        if column.type == .string {
          unsafe cursor.put(prefixes.span.bytes.extracting(column.prefix))
          cursor.put(length: text.byteCount)
          cursor.put(text)
        } else {
          // The value brings a tag of its own.
          unsafe cursor.put(prefixes.span.bytes.extracting(column.prefix.dropLast()))
          guard let value = column.type.value(text), cursor.put(scalar: value) else {
            wrong = i
            break
          }
        }
      }
      return cursor.count
    }
    if wrong >= 0 {
      let field = scan.fields[wrong]
      throw fault(wrong, bytes.extracting(field.lower..<field.upper), field.lower - start)
    }
  }

  private func append(
    _ scan: borrowing DelimitedScan, _ bytes: RawSpan, _ i: Int, _ start: Int,
    into out: inout BatchBuilder
  ) throws(RecordFault) {
    let field = scan.fields[i]
    if !field.isEscaped {
      let text = bytes.extracting(field.lower..<field.upper)
      return try append(text, i, field.lower - start, into: &out)
    }
    let text = scan.text(bytes, field)
    try unsafe append(text.span.bytes, i, field.lower - start, into: &out)
  }

  private func append(
    _ text: RawSpan, _ i: Int, _ offset: Int, into out: inout BatchBuilder
  ) throws(RecordFault) {
    if columns[i].type == .string { return out.field(names[i], text: text) }
    guard let value = columns[i].type.value(text) else { throw fault(i, text, offset) }
    out.field(names[i], value)
  }

  /// The text of column `i` is none of its type.
  private func fault(_ i: Int, _ text: RawSpan, _ offset: Int) -> RecordFault {
    let name = String(decoding: names[i].bytes, as: UTF8.self)
    let found = text.extracting(0..<min(40, text.byteCount)).text
    return RecordFault(
      expected: "\(columns[i].type.phrase) in column '\(name)'",
      found: .other("'\(found)'\(text.byteCount > 40 ? "…" : "")"), at: offset)
  }

  private func ragged(_ scan: borrowing DelimitedScan, _ start: Int) -> RecordFault {
    let end = scan.count > 0 ? scan.fields[scan.count - 1].upper : start
    return RecordFault(
      expected: count == 1 ? "1 field" : "\(count ?? 0) fields",
      found: .other("\(scan.count)"), at: end - start)
  }
}
