/// The few lines of JSON writing that error records and traces need.
struct JSONObject {
  private var bytes: [UInt8] = [UInt8(ascii: "{")]

  var finished: [UInt8] { bytes + [UInt8(ascii: "}")] }

  mutating func add(_ name: String, raw: String) {
    key(name)
    bytes += raw.utf8
  }

  /// Text, or under `NAME_base64` bytes that are no UTF-8.
  mutating func add(_ name: String, text: [UInt8]) {
    if String(validating: text, as: UTF8.self) != nil {
      key(name)
      bytes.append(UInt8(ascii: "\""))
      for byte in text { escape(byte) }
    } else {
      key(name + "_base64")
      bytes.append(UInt8(ascii: "\""))
      bytes += Base64.encode(text)
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private mutating func key(_ name: String) {
    if bytes.count > 1 { bytes.append(UInt8(ascii: ",")) }
    bytes += "\"\(name)\":".utf8
  }

  private mutating func escape(_ byte: UInt8) {
    switch byte {
    case UInt8(ascii: "\""): bytes += "\\\"".utf8
    case UInt8(ascii: "\\"): bytes += "\\\\".utf8
    case 0x0A: bytes += "\\n".utf8
    case 0x0D: bytes += "\\r".utf8
    case 0x09: bytes += "\\t".utf8
    case 0..<0x20, 0x7F:
      let digits = Array("0123456789abcdef".utf8)
      bytes += "\\u00".utf8 + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    default: bytes.append(byte)
    }
  }
}
