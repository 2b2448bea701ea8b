import Lines
import Records

extension Function {
  static let texts: [Function] = [
    Function(
      "contains", ["string.contains(string) -> bool"], "Whether the text has the other in it.",
      ("\"stream\".contains(\"rea\")", "true"),
      .test { $0.position(of: $1) != nil }),
    Function(
      "startsWith", ["string.startsWith(string) -> bool"], "Whether it begins with the other.",
      ("\"/api/v1\".startsWith(\"/api\")", "true"), .test { $0.stands($1, at: 0) }),
    Function(
      "endsWith", ["string.endsWith(string) -> bool"], "Whether it ends with the other.",
      ("\"a.log\".endsWith(\".log\")", "true"),
      .test { $0.stands($1, at: $0.byteCount - $1.count) }),
    Function(
      "lowerAscii", ["string.lowerAscii() -> string"],
      "A to Z made small, everything else as it is.",
      ("\"TacoC\u{c6}t\".lowerAscii()", "\"tacoc\u{c6}t\""),
      .one { (value) throws(Problem) in
        .string(Text(try value.text().map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }))
      }),
    Function(
      "upperAscii", ["string.upperAscii() -> string"], "a to z made large.",
      ("\"tacoC\u{e6}t\".upperAscii()", "\"TACOC\u{e6}T\""),
      .one { (value) throws(Problem) in
        .string(Text(try value.text().map { (0x61...0x7A).contains($0) ? $0 & 0xDF : $0 }))
      }),
    Function(
      "trim", ["string.trim() -> string"],
      "Without the white space at both ends, as Unicode has it.",
      ("\"  a b \".trim()", "\"a b\""),
      .one { (value) throws(Problem) in .string(Text(TextPieces.trimmed(try value.text()))) }),
    Function(
      "reverse", ["string.reverse() -> string", "list(A).reverse() -> list(A)"],
      "The characters, or the elements, from the last to the first.",
      ("\"abc\".reverse() + string([1, 2].reverse()[0])", "\"cba2\""), .one(reversed)),
    Function(
      "strings.quote", ["strings.quote(string) -> string"],
      "The text as a literal: between double quotes, with escapes. What is no UTF-8 is replaced.",
      ("strings.quote(\"a\\\"b\")", "'\"a\\\\\"b\"'"),
      .one { (value) throws(Problem) in .string(Text(TextPieces.quoted(try value.text()))) }),
    Function(
      "format",
      [
        "string.format(list(dyn)) -> string", "timestamp.format(string) -> string",
        "timestamp.format(string, string) -> string",
      ],
      "The text with its clauses filled from the list: %s any value, %d a whole number, %f and %e a "
        + "number (%.2f with two digits), %b, %o, %x and %X other bases, %% a percent sign. A "
        + "timestamp is formatted as strftime(3) does it, in UTC or in the time zone given.",
      ("\"%s=%.1f\".format([\"a\", 2.25]) + timestamp(0).format(\" %Y\")", "\"a=2.2 1970\""),
      .many(format)),
  ]

  @Sendable private static func reversed(_ value: Value) throws(Problem) -> Value {
    if case .list(let list) = value { return .list(list.reversed()) }
    let text = try value.text()
    var pieces: [UInt8] = []
    pieces.reserveCapacity(text.count)
    var end = text.count
    while end > 0 {
      var start = end - 1
      while start > 0, end - start < 4, text[start] & 0xC0 == 0x80 { start -= 1 }
      if utf8Width(text.span.bytes, start) != end - start { start = end - 1 }
      pieces += text[start..<end]
      end = start
    }
    return .string(Text(pieces))
  }

  @Sendable private static func format(_ values: [Value]) throws(Problem) -> Value {
    switch (values[0], values[1]) {
    case (.string(let text), .list(let arguments)) where values.count == 2:
      var format = TextFormat(text.bytes, arguments)
      return .string(Text(try format.run()))
    case (.timestamp(let time), .string(let text)):
      let zone = values.count > 2 ? try TimeZone.named(Text(try values[2].text())) : .utc
      return .string(Text(try Strftime(text.bytes).format(time, in: zone)))
    default: throw .unsuited
    }
  }
}

extension Value {
  func text() throws(Problem) -> [UInt8] {
    guard case .string(let text) = self else { throw .unsuited }
    return text.bytes
  }

  func integer() throws(Problem) -> Int {
    guard case .int(let number) = self else { throw .unsuited }
    return Int(number)
  }

  func list() throws(Problem) -> [Value] {
    guard case .list(let list) = self else { throw .unsuited }
    return list
  }

  func map() throws(Problem) -> ValueMap {
    guard case .map(let map) = self else { throw .unsuited }
    return map
  }
}
