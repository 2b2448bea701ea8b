import Lines
import Stages

/// A failure as an item, one JSON object on a line: what `collect` puts in the result's place and
/// what dead letters are made of.
struct ErrorRecord {
  var failure: StageFailure
  var attempts: Int
  var input: [UInt8]
  /// The input line as read; dead letters carry it so that it can be fed again.
  var source: [UInt8]?

  /// `{"error": {…}}`, the form of `collect`.
  var collected: [UInt8] { Array("{\"error\":".utf8) + object + Array("}".utf8) }

  /// The same with `source`, as a line with its newline.
  var deadLetter: [UInt8] { collected + [0x0A] }

  private var object: [UInt8] {
    var json = JSONObject()
    json.add("stage", text: Array(failure.stage.utf8))
    json.add("kind", text: Array(failure.failure.kind.rawValue.utf8))
    json.add("line", raw: failure.number.map(String.init) ?? "null")
    json.add("message", text: Array(failure.failure.message.utf8))
    json.add("input", text: input)
    json.add("attempts", raw: String(attempts))
    if let source { json.add("source", text: source) }
    return json.finished
  }
}

/// The few lines of JSON writing that error records need.
private struct JSONObject {
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

/// RFC 4648, the standard alphabet with padding.
package enum Base64 {
  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  package static func encode(_ bytes: [UInt8]) -> [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity((bytes.count + 2) / 3 * 4)
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let part = bytes[start..<min(start + 3, bytes.count)]
      let word = part.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << (8 * UInt32(3 - part.count))
      for digit in 0..<4 {
        text.append(
          digit <= part.count
            ? alphabet[Int(word >> UInt32(18 - 6 * digit)) & 63] : UInt8(ascii: "="))
      }
    }
    return text
  }

  /// Nil if it is no Base64.
  package static func decode(_ text: [UInt8]) -> [UInt8]? {
    guard text.count % 4 == 0 else { return nil }
    var bytes: [UInt8] = []
    for start in stride(from: 0, to: text.count, by: 4) {
      let group = text[start..<start + 4]
      let padding = start + 4 == text.count ? group.reversed().prefix { $0 == 0x3D }.count : 0
      guard padding < 3 else { return nil }
      var word: UInt32 = 0
      for (index, byte) in group.enumerated() {
        let value = index >= 4 - padding ? 0 : alphabet.firstIndex(of: byte)
        guard let value else { return nil }
        word = word << 6 | UInt32(value)
      }
      for index in 0..<(3 - padding) { bytes.append(UInt8(word >> UInt32(16 - 8 * index) & 255)) }
    }
    return bytes
  }
}
