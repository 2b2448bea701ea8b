import Lines

/// Puts a row together of fields that are copied and fields that are new, in either form.
struct RowWriter {
  /// The form that is written.
  let isJSON: Bool
  /// The form that fields are copied from.
  let isFromJSON: Bool
  /// Names in JSON that is copied from may have escapes.
  let hasEscapes: Bool
  private var isFirst = true

  init(isJSON: Bool, isFromJSON: Bool, hasEscapes: Bool) {
    self.isJSON = isJSON
    self.isFromJSON = isFromJSON
    self.hasEscapes = hasEscapes
  }

  func begin(_ out: inout BatchBuilder) {
    if isJSON { out.append(byte: UInt8(ascii: "{")) } else { out.beginRow() }
  }

  func end(_ out: inout BatchBuilder) {
    if isJSON { out.append(byte: UInt8(ascii: "}")) } else { out.endRow() }
  }

  private mutating func separate(_ out: inout BatchBuilder) {
    if !isFirst { out.append(byte: UInt8(ascii: ",")) }
    isFirst = false
  }

  /// A field as it is.
  mutating func copy(_ field: RowFields.Field, _ bytes: RawSpan, _ out: inout BatchBuilder) {
    if isJSON {
      separate(&out)
      // With its quotes; and mostly with nothing but the colon before the value, all in one piece.
      let start = field.name.lowerBound - 1
      let end = field.name.upperBound + 1
      if field.value.lowerBound == end + 1 {
        out.append(bytes.extracting(start..<field.value.upperBound))
        return
      }
      out.append(bytes.extracting(start..<end))
      out.append(byte: UInt8(ascii: ":"))
    } else if isFromJSON, hasEscapes {
      let name = JSONDecoding.unescaped(bytes.extracting(field.name))
      unsafe out.append(rowName: name.span.bytes)
    } else {
      out.append(rowName: bytes.extracting(field.name))
    }
    copyValue(field.value, bytes, &out)
  }

  /// The value of a field under another name.
  mutating func put(
    _ name: FieldName, _ field: RowFields.Field, _ bytes: RawSpan, _ out: inout BatchBuilder
  ) {
    put(name, &out)
    copyValue(field.value, bytes, &out)
  }

  mutating func put(
    _ name: FieldName, _ source: FieldSource, _ bytes: RawSpan, _ out: inout BatchBuilder
  ) {
    put(name, &out)
    switch source {
    case .value(let value):
      if isJSON { out.append(json: value) } else { out.append(rowValue: value) }
    case .row(let row):
      if isJSON { out.append(row) } else { unsafe out.append(rowCopy: row.span.bytes) }
    case .place(let place) where !place.isMissing: copyValue(place.whole, bytes, &out)
    case .place, .unchanged:
      if isJSON { out.append("null") } else { out.append(byte: RowTag.null.rawValue) }
    }
  }

  private mutating func put(_ name: FieldName, _ out: inout BatchBuilder) {
    if isJSON {
      separate(&out)
      out.append(name.json)
    } else {
      out.append(name.compact)
    }
  }

  private func copyValue(_ range: Range<Int>, _ bytes: RawSpan, _ out: inout BatchBuilder) {
    let value = bytes.extracting(range)
    if isJSON { out.append(value) } else { out.append(rowCopy: value) }
  }
}
