import Lines
import Records

extension Function {
  static let encodings: [Function] = [
    Function(
      "json.decode", ["json.decode(string) -> dyn", "json.decode(bytes) -> dyn"],
      "The value that a JSON text stands for. A number without point and exponent is an int, if it "
        + "fits.",
      ("json.decode('{\"a\": [1, 2.0]}').a", "[1, 2.0]"), .framed(decodedJSON)),
    Function(
      "json.encode", ["json.encode(dyn) -> string"],
      "The value as JSON on one line: timestamps and durations as strings, bytes as base64.",
      ("json.encode({\"a\": [1, 2.5, null]})", "'{\"a\":[1,2.5,null]}'"), .one(encodedJSON)),
    Function(
      "csv.decode",
      [
        "csv.decode(string) -> list(list(string))",
        "csv.decode(string, string) -> list(list(string))",
      ],
      "The rows of a CSV text (RFC 4180) as lists of their fields, which commas or another "
        + "character divide.",
      ("csv.decode('a,\"b,c\"')", "[[\"a\", \"b,c\"]]"), .many(decodedCSV)),
    Function(
      "kv.decode",
      [
        "kv.decode(string) -> map(string, string)",
        "kv.decode(string, string, string) -> map(string, string)",
      ],
      "The pairs of a text as a=1 b=\"two words\"; with other marks between pairs and between a key "
        + "and its value. A key without a value has an empty one; of equal keys the last wins.",
      ("kv.decode('a=1 b=\"x y\"').b", "\"x y\""), .many(decodedPairs)),
    Function(
      "url.parse", ["url.parse(string) -> map(string, dyn)"],
      "The parts of a URL that are there: scheme, user, password, host, port (an int), path, query, "
        + "fragment.",
      ("url.parse(\"http://h:80/p?q=1\").port", "80"),
      .one { (value) throws(Problem) in .map(try URLText.parsed(try value.text())) }),
    Function(
      "url.decodeQuery", ["url.decodeQuery(string) -> map(string, list(string))"],
      "The parameters of a query and all their values.",
      ("url.decodeQuery(\"a=1&b=x+y&a=2\")", "{\"a\": [\"1\", \"2\"], \"b\": [\"x y\"]}"),
      .one { (value) throws(Problem) in .map(URLText.decodedQuery(try value.text())) }),
    Function(
      "url.encode", ["url.encode(string) -> string", "url.encode(map(string, dyn)) -> string"],
      "The text with every byte but letters, digits and -._~ written as %XX; or a map as a query.",
      ("url.encode(\"a b\") + \"?\" + url.encode({\"q\": \"x/y\"})", "\"a%20b?q=x%2Fy\""),
      .one(encodedURL)),
    Function(
      "url.decode", ["url.decode(string) -> string"], "The text with every %XX as its byte.",
      ("url.decode(\"a%20b\")", "\"a b\""),
      .one { (value) throws(Problem) in .string(Text(URLText.decoded(try value.text()[...]))) }),
    Function(
      "base64.encode", ["base64.encode(bytes) -> string"], "The bytes in base64, with padding.",
      ("base64.encode(b\"hello\")", "\"aGVsbG8=\""),
      .one { (value) throws(Problem) in
        guard case .bytes(let bytes) = value else { throw .unsuited }
        var out = BatchBuilder(delimiter: 0x0A)
        out.append(base64: bytes)
        return .string(Text(out.takeOpenLine()))
      }),
    Function(
      "base64.decode", ["base64.decode(string) -> bytes"],
      "The bytes that base64 stands for. The padding may be missing, white space is "
        + "passed over.",
      ("base64.decode(\"aGVsbG8\")", "b\"hello\""),
      .one { (value) throws(Problem) in
        guard let bytes = [UInt8](base64: try value.text()) else {
          throw Problem("\(value.shown) is no base64")
        }
        return .bytes(bytes)
      }),
  ]

  @Sendable private static func decodedJSON(
    _ frame: inout Frame, _ value: Value
  ) throws(Problem) -> Value {
    let text: [UInt8]
    switch value {
    case .string(let string): text = string.bytes
    case .bytes(let bytes): text = bytes
    default: throw .unsuited
    }
    do throws(RecordFault) {
      let checker = frame.json
      _ = try Text(text).withSpan { (bytes) throws(RecordFault) in
        try checker.check(bytes, 0..<bytes.byteCount)
      }
    } catch {
      throw Problem("this is no JSON: \(error.description)")
    }
    return JSONDecoding.value(in: text)
  }

  @Sendable private static func encodedJSON(_ value: Value) throws(Problem) -> Value {
    try Limit.check(weightOf: value)
    var out = BatchBuilder(delimiter: 0x0A)
    out.append(json: value)
    return .string(Text(out.takeOpenLine()))
  }

  @Sendable private static func encodedURL(_ value: Value) throws(Problem) -> Value {
    guard case .map(let map) = value else {
      return .string(Text(URLText.encoded(try value.text())))
    }
    var out: [UInt8] = []
    for entry in map.entries {
      var values = [entry.value]
      if case .list(let list) = entry.value { values = list }
      for value in values {
        if !out.isEmpty { out.append(UInt8(ascii: "&")) }
        out += URLText.encoded(try Conversion.string(entry.key).text())
        out.append(UInt8(ascii: "="))
        out += URLText.encoded(try Conversion.string(value).text())
      }
    }
    return .string(Text(out))
  }
}

extension [UInt8] {
  /// Nil if it is no base64 (RFC 4648, section 4). The padding may be missing; white space, as that
  /// of wrapped lines, is passed over.
  init?(base64 wrapped: [UInt8]) {
    let text = wrapped.filter { $0 != 0x20 && !(0x09...0x0D).contains($0) }
    var out: [UInt8] = []
    out.reserveCapacity(text.count / 4 * 3)
    var group: UInt32 = 0
    var bits: UInt32 = 0
    var end = text.count
    while end > 0, text.count - end < 2, text[end - 1] == UInt8(ascii: "=") { end -= 1 }
    if end < text.count, text.count % 4 != 0 { return nil }
    for c in text[..<end] {
      guard let digit = [UInt8].base64Digit(c) else { return nil }
      group = group << 6 | digit
      bits += 6
      if bits >= 8 {
        bits -= 8
        out.append(UInt8(truncatingIfNeeded: group >> bits))
      }
    }
    guard end % 4 != 1 else { return nil }
    self = out
  }

  private static func base64Digit(_ c: UInt8) -> UInt32? {
    switch c {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(c) - 65
    case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(c) - 71
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(c) + 4
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
  }
}
