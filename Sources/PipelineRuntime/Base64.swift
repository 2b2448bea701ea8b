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
