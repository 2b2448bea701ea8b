package import Lines

/// Writing rows in the compact form into the open line of a builder. Between `beginRow` and `endRow`
/// come fields, of different names.
extension BatchBuilder {
  package mutating func beginRow() { append(byte: RowTag.map.rawValue) }

  package mutating func endRow() {
    append(byte: RowTag.end.rawValue)
    // A compact row may have any byte in it.
    noteInnerDelimiters()
  }

  package mutating func field(_ name: FieldName, text: RawSpan) {
    unsafe append(upTo: name.compactText.count &+ 5 &+ text.byteCount) { target in
      var cursor = unsafe RowCursor(target)
      cursor.put(name.compactText)
      cursor.put(length: text.byteCount)
      cursor.put(text)
      return cursor.count
    }
  }

  package mutating func field(_ name: FieldName, _ value: Value) {
    append(name.compact)
    append(rowValue: value)
  }

  package mutating func field(_ name: FieldName, int: Int64) {
    append(name.compact)
    append(.int, bits: UInt64(bitPattern: int))
  }

  package mutating func nullField(_ name: FieldName) {
    append(name.compact)
    append(byte: RowTag.null.rawValue)
  }

  /// A field whose value is a row, of either form.
  package mutating func field(_ name: FieldName, row: RawSpan) {
    append(name.compact)
    append(rowCopy: row)
  }

  /// A field whose name is met only now.
  package mutating func field(name: RawSpan, text: RawSpan) {
    append(rowName: name)
    append(rowText: text)
  }
}

/// The parts that rows are made of.
extension BatchBuilder {
  mutating func append(rowLength count: Int) {
    if count < 255 {
      append(byte: UInt8(truncatingIfNeeded: count))
    } else {
      append(byte: 255)
      append(low: UInt64(count), bytes: 4)
    }
  }

  mutating func append(rowName name: RawSpan) { append(.name, name) }
  mutating func append(rowText text: RawSpan) { append(.text, text) }

  private mutating func append(_ tag: RowTag, _ bytes: RawSpan) {
    unsafe append(upTo: 6 &+ bytes.byteCount) { target in
      var cursor = unsafe RowCursor(target)
      cursor.put(tag.rawValue)
      cursor.put(length: bytes.byteCount)
      cursor.put(bytes)
      return cursor.count
    }
  }

  /// A value of either form as a part of a compact row.
  mutating func append(rowCopy row: RawSpan) {
    if row.byteCount > 0, row[0] < RowTag.null.rawValue {
      append(byte: RowTag.json.rawValue)
      append(rowLength: row.byteCount)
    }
    append(row)
  }

  mutating func append(_ tag: RowTag, bits: UInt64) {
    append(byte: tag.rawValue)
    append(low: bits, bytes: 8)
  }

  mutating func append(low bits: UInt64, bytes count: Int) {
    unsafe append(upTo: 8) { target in
      unsafe UnsafeMutableRawPointer(target).storeBytes(of: bits.littleEndian, as: UInt64.self)
      return count
    }
  }

  /// What no row can hold becomes text: the name of a type is a string, an optional value that is
  /// none is null, and the keys of a map are their text, the last of two that are the same winning.
  package mutating func append(rowValue value: Value) {
    switch value {
    case .null: append(byte: RowTag.null.rawValue)
    case .bool(let bool): append(byte: (bool ? RowTag.isTrue : .isFalse).rawValue)
    case .int(let number): append(.int, bits: UInt64(bitPattern: number))
    case .uint(let number): append(.uint, bits: number)
    case .double(let number): append(.double, bits: number.bitPattern)
    case .string(let text), .type(let text): unsafe append(rowText: text.bytes.span.bytes)
    case .bytes(let bytes):
      append(byte: RowTag.bytes.rawValue)
      append(rowLength: bytes.count)
      append(bytes)
    case .timestamp(let time): append(.timestamp, time.seconds, time.nanoseconds)
    case .duration(let span): append(.duration, span.seconds, span.nanoseconds)
    case .list(let values):
      append(byte: RowTag.list.rawValue)
      for value in values { append(rowValue: value) }
      append(byte: RowTag.end.rawValue)
    case .map(let map): append(rowMap: map)
    case .optional(let value): append(rowValue: value ?? .null)
    }
  }

  private mutating func append(_ tag: RowTag, _ seconds: Int64, _ nanoseconds: Int32) {
    append(tag, bits: UInt64(bitPattern: seconds))
    append(low: UInt64(UInt32(bitPattern: nanoseconds)), bytes: 4)
  }

  private mutating func append(rowMap map: ValueMap) {
    append(byte: RowTag.map.rawValue)
    for entry in map.recordEntries {
      unsafe append(rowName: entry.name.bytes.span.bytes)
      append(rowValue: entry.value)
    }
    append(byte: RowTag.end.rawValue)
  }
}
