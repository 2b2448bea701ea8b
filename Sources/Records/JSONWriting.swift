package import Lines

/// Writing JSON text into the open line of a builder.
extension BatchBuilder {
  /// The row in `range` as one line of JSON. What was read as JSON stays as it was; timestamps are
  /// RFC 3339 strings, durations strings as "1.5s", bytes Base64, and NaN and the infinities the
  /// strings "NaN", "Infinity" and "-Infinity", as in protobuf's JSON.
  package mutating func append(json bytes: RawSpan, row range: Range<Int>) {
    if RowScan.isCompact(bytes, at: range.lowerBound) {
      append(json: bytes, compact: range.lowerBound)
    } else {
      append(bytes.extracting(range))
    }
  }

  /// - Returns: the offset behind the value.
  @discardableResult
  private mutating func append(json bytes: RawSpan, compact offset: Int) -> Int {
    switch RowScan.tag(bytes, offset) {
    case .text:
      let payload = RowScan.lengthened(bytes, at: offset + 1)
      append(jsonText: bytes.extracting(payload))
      return payload.upperBound
    case .json:
      let payload = RowScan.lengthened(bytes, at: offset + 1)
      append(bytes.extracting(payload))
      return payload.upperBound
    case .map:
      append(byte: UInt8(ascii: "{"))
      var next = offset + 1
      while RowScan.tag(bytes, next) != .end {
        if next > offset + 1 { append(byte: UInt8(ascii: ",")) }
        let name = RowScan.lengthened(bytes, at: next + 1)
        append(jsonText: bytes.extracting(name))
        append(byte: UInt8(ascii: ":"))
        next = append(json: bytes, compact: name.upperBound)
      }
      append(byte: UInt8(ascii: "}"))
      return next + 1
    case .list:
      append(byte: UInt8(ascii: "["))
      var next = offset + 1
      while RowScan.tag(bytes, next) != .end {
        if next > offset + 1 { append(byte: UInt8(ascii: ",")) }
        next = append(json: bytes, compact: next)
      }
      append(byte: UInt8(ascii: "]"))
      return next + 1
    default:
      append(json: RowScan.place(bytes, at: offset).value(in: bytes))
      return RowScan.end(bytes, at: offset)
    }
  }

  /// A value as JSON.
  ///
  /// - Parameter quotesSpecial: false to write what JSON has no form of without its quotes.
  package mutating func append(json value: Value, quotesSpecial: Bool = true) {
    switch value {
    case .null: append("null")
    case .bool(let bool): append(bool ? "true" : "false")
    case .int(let number): append(decimal: number)
    case .uint(let number): append(String(number))
    case .double(let number): append(json: number, isQuoted: quotesSpecial)
    case .string(let text), .type(let text): unsafe append(jsonText: text.bytes.span.bytes)
    case .bytes(let bytes): append(quoted: quotesSpecial) { $0.append(base64: bytes) }
    case .timestamp(let time): append(quoted: quotesSpecial) { $0.append(rfc3339: time) }
    case .duration(let span): append(quoted: quotesSpecial) { $0.append(seconds: span) }
    case .list(let values):
      append(byte: UInt8(ascii: "["))
      for (i, value) in values.enumerated() {
        if i > 0 { append(byte: UInt8(ascii: ",")) }
        append(json: value)
      }
      append(byte: UInt8(ascii: "]"))
    case .map(let map):
      append(byte: UInt8(ascii: "{"))
      for (i, entry) in map.recordEntries.enumerated() {
        if i > 0 { append(byte: UInt8(ascii: ",")) }
        unsafe append(jsonText: entry.name.bytes.span.bytes)
        append(byte: UInt8(ascii: ":"))
        append(json: entry.value)
      }
      append(byte: UInt8(ascii: "}"))
    case .optional(let value): append(json: value ?? .null, quotesSpecial: quotesSpecial)
    }
  }

  private mutating func append(quoted: Bool, _ write: (inout BatchBuilder) -> Void) {
    if quoted { append(byte: UInt8(ascii: "\"")) }
    write(&self)
    if quoted { append(byte: UInt8(ascii: "\"")) }
  }

  private mutating func append(json number: Double, isQuoted: Bool) {
    if number.isFinite {
      append(double: number)
    } else {
      let word = number.isNaN ? "NaN" : number < 0 ? "-Infinity" : "Infinity"
      append(quoted: isQuoted) { $0.append(word) }
    }
  }

  /// A string with its quotes. What is no UTF-8 becomes U+FFFD, byte by byte: JSON has no other way,
  /// and a line of output has to be JSON.
  package mutating func append(jsonText text: RawSpan) {
    var i = text.endOfPlainJSON(from: 0)
    if i == text.byteCount {
      // Nearly always; in one piece.
      unsafe append(upTo: i &+ 2) { target in
        var cursor = unsafe RowCursor(target)
        cursor.put(UInt8(ascii: "\""))
        cursor.put(text)
        cursor.put(UInt8(ascii: "\""))
        return cursor.count
      }
      return
    }
    append(byte: UInt8(ascii: "\""))
    append(text.extracting(0..<i))
    while i < text.byteCount {
      let plain = text.endOfPlainJSON(from: i)
      if plain > i { append(text.extracting(i..<plain)) }
      if plain == text.byteCount { break }
      append(jsonEscape: text[plain])
      i = plain + 1
    }
    append(byte: UInt8(ascii: "\""))
  }

  mutating func append(jsonEscape byte: UInt8) {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"):
      append(byte: UInt8(ascii: "\\"))
      append(byte: byte)
    case 0x0A: append("\\n")
    case 0x0D: append("\\r")
    case 0x09: append("\\t")
    case 0x08: append("\\b")
    case 0x0C: append("\\f")
    case 0x80...: append("\u{FFFD}")
    default:
      append("\\u00")
      append(byte: byte < 0x10 ? 0x30 : 0x31)
      append(byte: hexDigits[Int(byte & 15)])
    }
  }
}

private let hexDigits = Array("0123456789abcdef".utf8)

extension RawSpan {
  /// The first offset, from `start` on, of a byte that a JSON string can not have as it is.
  fileprivate func endOfPlainJSON(from start: Int) -> Int {
    var i = start
    while i < byteCount {
      if i &+ 8 <= byteCount, isPlainJSON(eightAt: i) {
        i &+= 8
        continue
      }
      let byte = self[i]
      if byte < 0x80 {
        if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { return i }
        i &+= 1
      } else {
        let width = utf8Width(self, i)
        if width == 1 { return i }
        i &+= width
      }
    }
    return i
  }

  /// Whether eight bytes are ASCII without anything to escape, all looked at in one word.
  @inline(__always)
  private func isPlainJSON(eightAt offset: Int) -> Bool {
    let word = unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
    let ones: UInt64 = 0x0101_0101_0101_0101
    let high = ones &* 0x80
    let quote = word ^ ones &* 0x22
    let backslash = word ^ ones &* 0x5C
    // A byte below `n` borrows from its highest bit when `n` is taken away.
    let hits =
      word | (word &- ones &* 0x20) | (quote &- ones) & ~quote | (backslash &- ones) & ~backslash
    return hits & high == 0
  }
}
