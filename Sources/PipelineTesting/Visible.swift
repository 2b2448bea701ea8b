/// Text with what can not be seen made visible: blanks at the end, tabs, control characters, bytes
/// that are no UTF-8.
enum Visible {
  static func text(_ bytes: [UInt8]) -> String {
    var result = ""
    var decoder = UTF8()
    var iterator = bytes.makeIterator()
    var rest = bytes[...]
    while true {
      switch decoder.decode(&iterator) {
      case .scalarValue(let scalar):
        rest = rest.dropFirst(UTF8.width(scalar))
        result += picture(scalar)
      case .error:
        guard let byte = rest.first else { return result }
        result += hex(byte)
        rest = rest.dropFirst()
        decoder = UTF8()
        iterator = Array(rest).makeIterator()
      case .emptyInput: return marked(result)
      }
    }
  }

  /// Blanks at the end as dots.
  private static func marked(_ text: String) -> String {
    let body = text.reversed().drop { $0 == " " }
    let blanks = text.count - body.count
    return String(body.reversed()) + String(repeating: "·", count: blanks)
  }

  private static func picture(_ scalar: Unicode.Scalar) -> String {
    switch scalar.value {
    case 0x09: "→"
    case 0..<0x20: Unicode.Scalar(0x2400 + scalar.value).map { String($0) } ?? "?"
    case 0x7F: "␡"
    case 0x80..<0xA0, 0xAD, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x2064, 0xFEFF:
      "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
    case 0xA0: "⍽"
    default: String(scalar)
    }
  }

  private static func hex(_ byte: UInt8) -> String {
    "\\x" + String(byte >> 4, radix: 16, uppercase: true)
      + String(byte & 15, radix: 16, uppercase: true)
  }
}
