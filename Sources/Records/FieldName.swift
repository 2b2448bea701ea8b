import Lines

/// The name of a field, with the forms of it that rows are made of, ready to be copied.
package struct FieldName: Sendable {
  package let bytes: [UInt8]
  /// With its tag and length, as the compact form has it.
  let compact: [UInt8]
  /// The same with the tag of a text behind it.
  let compactText: [UInt8]
  /// `"name":`
  let json: [UInt8]

  package init(_ bytes: [UInt8]) {
    self.bytes = bytes
    var builder = BatchBuilder(delimiter: 0x0A)
    builder.append(byte: RowTag.name.rawValue)
    builder.append(rowLength: bytes.count)
    builder.append(bytes)
    compact = builder.takeOpenLine()
    compactText = compact + [RowTag.text.rawValue]
    unsafe builder.append(jsonText: bytes.span.bytes)
    builder.append(byte: UInt8(ascii: ":"))
    json = builder.takeOpenLine()
  }

  package init(_ name: String) { self.init(Array(name.utf8)) }
}

extension FieldName: Hashable {
  package static func == (a: FieldName, b: FieldName) -> Bool { a.bytes == b.bytes }
  package func hash(into hasher: inout Hasher) { hasher.combine(bytes) }
}

extension FieldName: ExpressibleByStringLiteral {
  package init(stringLiteral name: String) { self.init(name) }
}

extension BatchBuilder {
  /// What was appended since the last line ended; the builder is empty afterwards.
  package mutating func takeOpenLine() -> [UInt8] {
    endLine(number: 0)
    let batch = take(covering: 0..<0)
    return batch.bytes(batch.count - 1)
  }
}
