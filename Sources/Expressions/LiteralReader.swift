/// Reads one string or bytes literal: its quotes, its escapes, its end.
struct LiteralReader {
  private let text: [UInt8]
  private(set) var position: Int
  private let quote: UInt8
  private let isRaw: Bool
  private let isBytes: Bool
  private var out: [UInt8] = []

  /// - Parameter position: that of the first quote.
  init(_ text: [UInt8], at position: Int, quote: UInt8, isRaw: Bool, isBytes: Bool) {
    self.text = text
    self.position = position
    self.quote = quote
    self.isRaw = isRaw
    self.isBytes = isBytes
  }

  private func byte(_ ahead: Int = 0) -> UInt8? {
    position + ahead < text.count ? text[position + ahead] : nil
  }

  /// - Parameter start: where the literal begins, with its prefix.
  mutating func read(from start: Int) throws(ExpressionFault) -> [UInt8] {
    let isTriple = byte(1) == quote && byte(2) == quote
    position += isTriple ? 3 : 1
    while let c = byte() {
      if c == quote, !isTriple || byte(1) == quote && byte(2) == quote {
        position += isTriple ? 3 : 1
        return out
      }
      if !isTriple, c == 0x0A || c == 0x0D { break }
      if c == UInt8(ascii: "\\"), !isRaw {
        try escape()
      } else {
        out.append(c)
        position += 1
      }
    }
    let closing = String(repeating: Character(UnicodeScalar(quote)), count: isTriple ? 3 : 1)
    throw ExpressionFault(
      "the text that begins here has no closing \(closing)", at: start..<position,
      remedy: byte() == nil ? nil : "Text of several lines stands between ''' or \"\"\".")
  }

  private mutating func escape() throws(ExpressionFault) {
    let start = position
    guard let c = byte(1) else {
      position += 1
      return
    }
    position += 2
    switch c {
    case UInt8(ascii: "a"): out.append(0x07)
    case UInt8(ascii: "b"): out.append(0x08)
    case UInt8(ascii: "f"): out.append(0x0C)
    case UInt8(ascii: "n"): out.append(0x0A)
    case UInt8(ascii: "r"): out.append(0x0D)
    case UInt8(ascii: "t"): out.append(0x09)
    case UInt8(ascii: "v"): out.append(0x0B)
    case UInt8(ascii: "\\"), UInt8(ascii: "'"), UInt8(ascii: "\""), UInt8(ascii: "`"),
      UInt8(ascii: "?"):
      out.append(c)
    case UInt8(ascii: "x"), UInt8(ascii: "X"):
      try append(try number(from: start, digits: 2, radix: 16), from: start)
    case UInt8(ascii: "u") where !isBytes:
      try append(try number(from: start, digits: 4, radix: 16), from: start)
    case UInt8(ascii: "U") where !isBytes:
      try append(try number(from: start, digits: 8, radix: 16), from: start)
    case UInt8(ascii: "0")...UInt8(ascii: "3"):
      position -= 1
      try append(try number(from: start, digits: 3, radix: 8), from: start)
    default:
      let shown = String(decoding: text[start..<position], as: UTF8.self)
      throw ExpressionFault(
        "'\(shown)' is no escape", at: start..<position,
        remedy: "A backslash is written \\\\, or the text as r'…', where it means itself.")
    }
  }

  private mutating func number(
    from start: Int, digits: Int, radix: UInt32
  ) throws(ExpressionFault) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<digits {
      guard let digit = byte()?.hexDigit, digit < radix else {
        throw ExpressionFault(
          "this escape takes \(digits) \(radix == 8 ? "octal" : "hexadecimal") digits",
          at: start..<position)
      }
      value = value &* radix &+ digit
      position += 1
    }
    return value
  }

  private mutating func append(_ value: UInt32, from start: Int) throws(ExpressionFault) {
    if isBytes {
      out.append(UInt8(truncatingIfNeeded: value))
      return
    }
    guard let scalar = UnicodeScalar(value) else {
      throw ExpressionFault("there is no such character", at: start..<position)
    }
    out += UTF8.encode(scalar).map { Array($0) } ?? []
  }
}
