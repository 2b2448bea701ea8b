package import Lines

/// Writes `name=value` pairs. A value is in quotes where it would not be read as one word; null is
/// nothing behind the `=`. What a name can not have (space, `=`, quotes, control characters) is an
/// underscore.
package struct LogfmtWriter: RecordWriter, ~Copyable {
  private let columns: [FieldName]?
  private let fields: RowFields
  private var scratch = BatchBuilder(delimiter: 0x0A)

  /// - Parameter columns: those to write, in this order; else all that a record has.
  package init(columns: [FieldName]? = nil) {
    self.columns = columns
    fields = RowFields(columns ?? [])
  }

  package mutating func write(
    _ batch: Batch, _ i: Int, into out: inout BatchBuilder
  ) throws(RecordFault) {
    if batch.kind(i) == .line {
      throw RecordFault(expected: "a record", found: .other("a line"), at: 0)
    }
    try batch.withBytes { (bytes) throws(RecordFault) in
      try fields.read(bytes, batch.range(i))
      var isFirst = true
      for field in chosen() {
        if !isFirst { out.append(byte: UInt8(ascii: " ")) }
        isFirst = false
        write(field, bytes, &out)
      }
    }
    out.endLine(number: batch.number(i))
  }

  private func chosen() -> [RowFields.Field] {
    let all = (0..<fields.count).map { fields[$0] }
    guard let columns else { return all }
    return columns.indices.compactMap { k in all.last { $0.match == k } }
  }

  private mutating func write(
    _ field: RowFields.Field, _ bytes: RawSpan, _ out: inout BatchBuilder
  ) {
    let raw = bytes.extracting(field.name)
    let name = fields.hasEscapes ? JSONDecoding.unescaped(raw) : raw.array
    if name.isEmpty { out.append(byte: UInt8(ascii: "_")) }
    for byte in name { out.append(byte: LogfmtText.isName(byte) ? byte : UInt8(ascii: "_")) }
    out.append(byte: UInt8(ascii: "="))
    let place = RowFields.place(bytes, field.value)
    if place.kind == .null { return }
    scratch.append(cell: place, bytes)
    let text = scratch.takeOpenLine()
    let isWord = !text.isEmpty && text.allSatisfy(LogfmtText.isWord)
    if isWord { out.append(text) } else { unsafe LogfmtText.quote(text.span.bytes, &out) }
  }
}

/// What logfmt's reader and writer agree on.
enum LogfmtText {
  static func isName(_ byte: UInt8) -> Bool {
    byte > 0x20 && byte != UInt8(ascii: "=") && byte != UInt8(ascii: "\"") && byte != 0x7F
  }

  /// A value of such bytes needs no quotes.
  static func isWord(_ byte: UInt8) -> Bool { isName(byte) && byte != UInt8(ascii: "\\") }

  /// Escapes are those of JSON; what is no UTF-8 stays as it is.
  static func quote(_ text: RawSpan, _ out: inout BatchBuilder) {
    out.append(byte: UInt8(ascii: "\""))
    for i in 0..<text.byteCount {
      switch text[i] {
      case 0x80...: out.append(byte: text[i])
      case let byte where byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\"):
        out.append(jsonEscape: byte)
      case let byte: out.append(byte: byte)
      }
    }
    out.append(byte: UInt8(ascii: "\""))
  }
}
