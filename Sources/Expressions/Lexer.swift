/// Cuts the text of an expression into tokens, one at a time.
struct Lexer {
  let text: [UInt8]
  private(set) var position: Int

  init(_ text: [UInt8], from start: Int = 0) {
    self.text = text
    position = start
  }

  func byte(_ ahead: Int = 0) -> UInt8? {
    position + ahead < text.count ? text[position + ahead] : nil
  }

  mutating func next() throws(ExpressionFault) -> Token {
    skipSpace()
    let start = position
    guard let first = byte() else { return Token(kind: .end, range: start..<start) }
    let kind: Token.Kind
    if first == UInt8(ascii: "`") {
      kind = try quotedName()
    } else if first.isDigit || first == UInt8(ascii: ".") && byte(1)?.isDigit == true {
      kind = try number()
    } else if let literal = try literal() {
      kind = literal
    } else if first.beginsName {
      while byte()?.continuesName == true { position += 1 }
      kind = .name(String(decoding: text[start..<position], as: UTF8.self))
    } else {
      kind = .mark(try mark())
    }
    return Token(kind: kind, range: start..<position)
  }

  private mutating func skipSpace() {
    while let c = byte() {
      switch c {
      case 0x20, 0x09, 0x0A, 0x0C, 0x0D: position += 1
      case UInt8(ascii: "/") where byte(1) == UInt8(ascii: "/"):
        while let c = byte(), c != 0x0A { position += 1 }
      default: return
      }
    }
  }

  private mutating func mark() throws(ExpressionFault) -> Mark {
    if let mark = pair() {
      position += 2
      return mark
    }
    if let mark = byte().flatMap(single) {
      position += 1
      return mark
    }
    var width = 1
    while let c = byte(width), c & 0xC0 == 0x80 { width += 1 }
    let range = position..<position + width
    let shown = String(decoding: text[range], as: UTF8.self)
    throw ExpressionFault(
      "'\(shown)' means nothing here", at: range, remedy: Lexer.remedy(for: shown))
  }

  private func pair() -> Mark? {
    guard let first = byte(), let second = byte(1) else { return nil }
    switch (first, second) {
    case (UInt8(ascii: "&"), UInt8(ascii: "&")): return .and
    case (UInt8(ascii: "|"), UInt8(ascii: "|")): return .or
    case (UInt8(ascii: "="), UInt8(ascii: "=")): return .equal
    case (UInt8(ascii: "!"), UInt8(ascii: "=")): return .notEqual
    case (UInt8(ascii: "<"), UInt8(ascii: "=")): return .atMost
    case (UInt8(ascii: ">"), UInt8(ascii: "=")): return .atLeast
    default: return nil
    }
  }

  private func single(_ byte: UInt8) -> Mark? {
    switch byte {
    case UInt8(ascii: "<"): .less
    case UInt8(ascii: ">"): .greater
    case UInt8(ascii: "+"): .plus
    case UInt8(ascii: "-"): .minus
    case UInt8(ascii: "*"): .star
    case UInt8(ascii: "/"): .slash
    case UInt8(ascii: "%"): .percent
    case UInt8(ascii: "!"): .not
    case UInt8(ascii: "?"): .question
    case UInt8(ascii: ":"): .colon
    case UInt8(ascii: "."): .dot
    case UInt8(ascii: ","): .comma
    case UInt8(ascii: "("): .openParenthesis
    case UInt8(ascii: ")"): .closeParenthesis
    case UInt8(ascii: "["): .openBracket
    case UInt8(ascii: "]"): .closeBracket
    case UInt8(ascii: "{"): .openBrace
    case UInt8(ascii: "}"): .closeBrace
    default: nil
    }
  }

  private static func remedy(for shown: String) -> String? {
    switch shown {
    case "=": "Two values are compared with '=='."
    case "&": "Both of two conditions are asked with '&&'; bits are math.bitAnd(a, b)."
    case "|": "One of two conditions is asked with '||'; bits are math.bitOr(a, b)."
    case "$": "A field is this.name, a parameter params.name, the environment env.NAME."
    case "\u{201C}", "\u{201D}", "\u{2018}", "\u{2019}": "Text stands between ' or \"."
    default: nil
    }
  }

  private mutating func quotedName() throws(ExpressionFault) -> Token.Kind {
    let start = position
    position += 1
    while let c = byte(), c != UInt8(ascii: "`") {
      guard c.continuesName || ".-/ ".utf8.contains(c) else {
        throw ExpressionFault(
          "a name in backquotes holds letters, digits, '_', '.', '-', '/' and spaces",
          at: position..<position + 1, remedy: "Any other name can be written as this[\"name\"].")
      }
      position += 1
    }
    guard byte() != nil, position > start + 1 else {
      throw ExpressionFault("the name in backquotes has no end", at: start..<position)
    }
    position += 1
    return .quotedName(String(decoding: text[start + 1..<position - 1], as: UTF8.self))
  }

  // MARK: Numbers

  private mutating func number() throws(ExpressionFault) -> Token.Kind {
    let start = position
    if byte() == UInt8(ascii: "0"), let x = byte(1), x | 0x20 == UInt8(ascii: "x") {
      position += 2
      while byte()?.hexDigit != nil { position += 1 }
      return try integer(from: start, digits: start + 2, radix: 16)
    }
    while byte()?.isDigit == true { position += 1 }
    var isDouble = false
    if byte() == UInt8(ascii: "."), byte(1)?.isDigit == true {
      isDouble = true
      position += 1
      while byte()?.isDigit == true { position += 1 }
    }
    if let e = byte(), e | 0x20 == UInt8(ascii: "e") {
      let sign = byte(1).map { "+-".utf8.contains($0) } == true ? 1 : 0
      if byte(1 + sign)?.isDigit == true {
        isDouble = true
        position += 1 + sign
        while byte()?.isDigit == true { position += 1 }
      }
    }
    guard isDouble else { return try integer(from: start, digits: start, radix: 10) }
    let written = String(decoding: text[start..<position], as: UTF8.self)
    guard let value = Double(written) else {
      throw ExpressionFault("'\(written)' is no number", at: start..<position)
    }
    return .double(value)
  }

  private mutating func integer(
    from start: Int, digits: Int, radix: Int
  ) throws(ExpressionFault) -> Token.Kind {
    let written = String(decoding: text[digits..<position], as: UTF8.self)
    let isUnsigned = byte().map { $0 | 0x20 == UInt8(ascii: "u") } ?? false
    if isUnsigned { position += 1 }
    guard let value = UInt64(written, radix: radix), isUnsigned || value <= 1 << 63 else {
      let limit = isUnsigned ? "0 to \(UInt64.max)" : "\(Int64.min) to \(Int64.max)"
      throw ExpressionFault(
        written.isEmpty ? "a number is missing" : "the number is outside of \(limit)",
        at: start..<position)
    }
    return isUnsigned ? .uint(value) : .int(Token.Magnitude(value: value))
  }

  // MARK: Text

  /// A string or bytes, if one begins here.
  private mutating func literal() throws(ExpressionFault) -> Token.Kind? {
    var prefix = 0
    var isRaw = false
    var isBytes = false
    while let c = byte(prefix), prefix < 2 {
      if c | 0x20 == UInt8(ascii: "r"), !isRaw {
        isRaw = true
      } else if c | 0x20 == UInt8(ascii: "b"), !isBytes {
        isBytes = true
      } else {
        break
      }
      prefix += 1
    }
    guard let quote = byte(prefix), "\"'".utf8.contains(quote) else { return nil }
    let start = position
    position += prefix
    var reader = LiteralReader(text, at: position, quote: quote, isRaw: isRaw, isBytes: isBytes)
    let content = try reader.read(from: start)
    position = reader.position
    return isBytes ? .bytes(content) : .string(content)
  }
}

extension UInt8 {
  var isDigit: Bool { (0x30...0x39).contains(self) }

  var beginsName: Bool {
    self == UInt8(ascii: "_") || (0x61...0x7A).contains(self | 0x20)
  }

  var continuesName: Bool { beginsName || isDigit }

  var hexDigit: UInt32? {
    switch self {
    case 0x30...0x39: UInt32(self) - 0x30
    case 0x41...0x46, 0x61...0x66: UInt32(self | 0x20) - 0x57
    default: nil
    }
  }
}
