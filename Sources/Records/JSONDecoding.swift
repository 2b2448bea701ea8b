import Lines

/// Values from JSON text that has been checked.
package enum JSONDecoding {
  /// What stands in `range`, which is one value without white space around it.
  static func place(_ bytes: RawSpan, _ range: Range<Int>) -> FieldPlace {
    let first = bytes[range.lowerBound]
    switch first {
    case UInt8(ascii: "\""):
      let payload = range.lowerBound + 1..<range.upperBound - 1
      var place = FieldPlace(.text, payload: payload, whole: range, isJSON: true)
      place.isEscaped =
        bytes.extracting(payload).firstOffset(of: UInt8(ascii: "\\")) != nil
      return place
    case UInt8(ascii: "{"): return FieldPlace(.map, payload: range, whole: range, isJSON: true)
    case UInt8(ascii: "["): return FieldPlace(.list, payload: range, whole: range, isJSON: true)
    case UInt8(ascii: "n"): return FieldPlace(.null, payload: range, whole: range, isJSON: true)
    case UInt8(ascii: "t"), UInt8(ascii: "f"):
      var place = FieldPlace(.bool, payload: range, whole: range, isJSON: true)
      place.bits = first == UInt8(ascii: "t") ? 1 : 0
      return place
    default:
      let number = JSONNumber.read(bytes, at: range.lowerBound, end: range.upperBound)
      var place = FieldPlace(number.kind, payload: range, whole: range, isJSON: true)
      place.bits = number.bits
      return place
    }
  }

  /// The value that all of a checked text is.
  package static func value(in text: [UInt8]) -> Value {
    unsafe value(in: text.span.bytes, at: behindSpace(text.span.bytes, 0))
  }

  /// The value that begins at `offset`.
  static func value(in bytes: RawSpan, at offset: Int) -> Value {
    var next = offset
    return value(in: bytes, &next)
  }

  private static func value(in bytes: RawSpan, _ next: inout Int) -> Value {
    switch bytes[next] {
    case UInt8(ascii: "{"): return map(in: bytes, &next)
    case UInt8(ascii: "["): return list(in: bytes, &next)
    default:
      let start = next
      next = end(bytes, at: start)
      return place(bytes, start..<next).value(in: bytes)
    }
  }

  /// Of fields with the same name the last one's value stays, in the first one's place.
  private static func map(in bytes: RawSpan, _ next: inout Int) -> Value {
    var builder = ValueMapBuilder()
    next = behindSpace(bytes, next + 1)
    while bytes[next] != UInt8(ascii: "}") {
      if bytes[next] == UInt8(ascii: ",") { next = behindSpace(bytes, next + 1) }
      let start = next
      next = end(bytes, at: start)
      let name = place(bytes, start..<next).text(in: bytes)
      // The colon.
      next = behindSpace(bytes, behindSpace(bytes, next) + 1)
      builder[.string(name)] = value(in: bytes, &next)
      next = behindSpace(bytes, next)
    }
    next += 1
    return .map(builder.map())
  }

  private static func list(in bytes: RawSpan, _ next: inout Int) -> Value {
    var values: [Value] = []
    next = behindSpace(bytes, next + 1)
    while bytes[next] != UInt8(ascii: "]") {
      if bytes[next] == UInt8(ascii: ",") { next = behindSpace(bytes, next + 1) }
      values.append(value(in: bytes, &next))
      next = behindSpace(bytes, next)
    }
    next += 1
    return .list(values)
  }

  /// Where the string, number or word at `offset` ends.
  static func end(_ bytes: RawSpan, at offset: Int) -> Int {
    var i = offset
    if bytes[i] == UInt8(ascii: "\"") {
      i += 1
      while bytes[i] != UInt8(ascii: "\"") { i += bytes[i] == UInt8(ascii: "\\") ? 2 : 1 }
      return i + 1
    }
    while i < bytes.byteCount, !isEndOfWord(bytes[i]) { i += 1 }
    return i
  }

  @inline(__always)
  static func isEndOfWord(_ byte: UInt8) -> Bool {
    byte <= 0x20 || byte == UInt8(ascii: ",") || byte == UInt8(ascii: "}")
      || byte == UInt8(ascii: "]") || byte == UInt8(ascii: ":")
  }

  static func behindSpace(_ bytes: RawSpan, _ offset: Int) -> Int {
    var i = offset
    while i < bytes.byteCount, bytes[i] <= 0x20 { i += 1 }
    return i
  }

  // MARK: Escapes

  /// The bytes that an escaped string stands for. Half of a surrogate pair stands for nothing and
  /// becomes U+FFFD.
  package static func unescaped(_ raw: RawSpan) -> [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity(raw.byteCount)
    var i = 0
    while i < raw.byteCount {
      let next = raw.firstOffset(of: UInt8(ascii: "\\"), from: i) ?? raw.byteCount
      text.append(raw.extracting(i..<next))
      if next == raw.byteCount { break }
      i = unescape(raw, next + 1, into: &text)
    }
    return text
  }

  /// - Returns: the offset behind the escape whose letter is at `offset`.
  private static func unescape(_ raw: RawSpan, _ offset: Int, into text: inout [UInt8]) -> Int {
    switch raw[offset] {
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "u"):
      var unit = UInt32(codeUnit(raw, offset + 1))
      var end = offset + 5
      if unit & 0xFC00 == 0xD800, end + 6 <= raw.byteCount, raw[end] == UInt8(ascii: "\\"),
        raw[end + 1] == UInt8(ascii: "u"), codeUnit(raw, end + 2) & 0xFC00 == 0xDC00
      {
        unit = 0x10000 + (unit & 0x3FF) << 10 + UInt32(codeUnit(raw, end + 2) & 0x3FF)
        end += 6
      }
      let scalar = Unicode.Scalar(unit) ?? "\u{FFFD}"
      text.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
      return end
    default: text.append(raw[offset])
    }
    return offset + 1
  }

  private static func codeUnit(_ raw: RawSpan, _ offset: Int) -> UInt16 {
    (offset..<offset + 4).reduce(0) { $0 << 4 | UInt16(hexDigit(raw[$1]) ?? 0) }
  }

  static func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46, 0x61...0x66: (byte | 0x20) - 0x57
    default: nil
    }
  }
}
