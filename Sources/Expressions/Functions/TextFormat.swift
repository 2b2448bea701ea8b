import Glibc
import Records

/// `"%s: %.2f".format([name, value])` at work.
struct TextFormat {
  private let text: [UInt8]
  private let arguments: [Value]
  private var next = 0
  private var out: [UInt8] = []

  /// More digits than a double has behind the point are of no use.
  private static let mostDigits = 1000

  init(_ text: [UInt8], _ arguments: [Value]) {
    self.text = text
    self.arguments = arguments
  }

  mutating func run() throws(Problem) -> [UInt8] {
    var position = 0
    while position < text.count {
      let c = text[position]
      position += 1
      guard c == UInt8(ascii: "%") else {
        out.append(c)
        continue
      }
      if position < text.count, text[position] == c {
        out.append(c)
        position += 1
      } else {
        try clause(&position)
      }
      try Limit.check(bytes: out.count)
    }
    return out
  }

  private mutating func clause(_ position: inout Int) throws(Problem) {
    var precision: Int?
    if position < text.count, text[position] == UInt8(ascii: ".") {
      var reader = DigitReader(Array(text[(position + 1)...].prefix(5)))
      guard let digits = reader.number(upTo: 5), digits <= TextFormat.mostDigits else {
        throw Problem("behind '%.' stands a number of digits, at most \(TextFormat.mostDigits)")
      }
      precision = digits
      position += 1 + reader.position
    }
    guard position < text.count else { throw Problem("the text ends within a clause") }
    let letter = text[position]
    position += 1
    guard next < arguments.count else {
      throw Problem("there are more clauses than the \(arguments.count) values of the list")
    }
    let value = arguments[next]
    next += 1
    out += try TextFormat.rendered(value, letter, precision).utf8Bytes
  }

  /// Text that may be bytes.
  private enum Rendered {
    case string(String)
    case bytes([UInt8])

    var utf8Bytes: [UInt8] {
      switch self {
      case .string(let string): Array(string.utf8)
      case .bytes(let bytes): bytes
      }
    }
  }

  private static func rendered(
    _ value: Value, _ letter: UInt8, _ precision: Int?
  ) throws(Problem) -> Rendered {
    switch letter {
    case UInt8(ascii: "s"):
      try Limit.check(weightOf: value)
      var out: [UInt8] = []
      try append(value, to: &out)
      return .bytes(out)
    case UInt8(ascii: "d"): return .string(try decimal(value))
    case UInt8(ascii: "f"): return .string(try floating(value, precision ?? 6, "f"))
    case UInt8(ascii: "e"): return .string(try floating(value, precision ?? 6, "e"))
    case UInt8(ascii: "b"): return .string(try based(value, 2))
    case UInt8(ascii: "o"): return .string(try based(value, 8))
    case UInt8(ascii: "x"): return .string(try hexadecimal(value))
    case UInt8(ascii: "X"): return .string(try hexadecimal(value).uppercased())
    default:
      throw Problem("there is no clause '%\(String(decoding: [letter], as: UTF8.self))'")
    }
  }

  /// `%s`: any value, lists and maps with their elements.
  private static func append(_ value: Value, to out: inout [UInt8]) throws(Problem) {
    switch value {
    case .string(let text): out += text.bytes
    case .bytes(let bytes): out += Text(bytes).string.utf8
    case .null: out += "null".utf8
    case .type(let name): out += name.bytes
    case .list(let list):
      out.append(UInt8(ascii: "["))
      for (i, element) in list.enumerated() {
        if i > 0 { out += ", ".utf8 }
        try append(element, to: &out)
        try Limit.check(bytes: out.count)
      }
      out.append(UInt8(ascii: "]"))
    case .map(let map): try append(map, to: &out)
    case .optional: throw Problem("an optional can not be written as text")
    default: out += try Conversion.string(value).text()
    }
  }

  /// With the keys in the order of their texts, so that equal maps look the same.
  private static func append(_ map: ValueMap, to out: inout [UInt8]) throws(Problem) {
    var entries: [(key: [UInt8], value: Value)] = []
    for entry in map.entries {
      var key: [UInt8] = []
      try append(entry.key, to: &key)
      entries.append((key, entry.value))
    }
    entries.sort { $0.key.lexicographicallyPrecedes($1.key) }
    out.append(UInt8(ascii: "{"))
    for (i, entry) in entries.enumerated() {
      if i > 0 { out += ", ".utf8 }
      out += entry.key + ": ".utf8
      try append(entry.value, to: &out)
      try Limit.check(bytes: out.count)
    }
    out.append(UInt8(ascii: "}"))
  }

  private static func decimal(_ value: Value) throws(Problem) -> String {
    switch value {
    case .int(let number): return String(number)
    case .uint(let number): return String(number)
    case .double(let number) where !number.isFinite: return number.celText
    default: throw wrong("%d", "a whole number", value)
    }
  }

  private static func floating(
    _ value: Value, _ precision: Int, _ letter: String
  ) throws(Problem) -> String {
    let number: Double
    switch value {
    case .double(let double): number = double
    case .int(let int): number = Double(int)
    case .uint(let uint): number = Double(uint)
    default: throw wrong("%\(letter)", "a number", value)
    }
    guard number.isFinite else { return number.celText }
    var buffer = [CChar](repeating: 0, count: precision + 400)
    let length = withVaList([Int32(precision), number]) {
      vsnprintf(&buffer, buffer.count, "%.*\(letter)", $0)
    }
    return String(decoding: buffer.prefix(Int(length)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  private static func based(_ value: Value, _ radix: Int) throws(Problem) -> String {
    switch value {
    case .int(let number): return String(number, radix: radix)
    case .uint(let number): return String(number, radix: radix)
    case .bool(let bool) where radix == 2: return bool ? "1" : "0"
    default: throw wrong(radix == 2 ? "%b" : "%o", "a whole number", value)
    }
  }

  private static func hexadecimal(_ value: Value) throws(Problem) -> String {
    switch value {
    case .int(let number): return String(number, radix: 16)
    case .uint(let number): return String(number, radix: 16)
    case .string(let text): return text.bytes.hexadecimal
    case .bytes(let bytes): return bytes.hexadecimal
    default: throw wrong("%x", "a whole number, a string or bytes", value)
    }
  }

  private static func wrong(_ clause: String, _ wanted: String, _ value: Value) -> Problem {
    Problem("\(clause) takes \(wanted), and this is \(value.article)")
  }
}

extension [UInt8] {
  /// Two digits for each byte.
  var hexadecimal: String {
    var text: [UInt8] = []
    text.reserveCapacity(count * 2)
    let digits = Array("0123456789abcdef".utf8)
    for byte in self {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }
}
