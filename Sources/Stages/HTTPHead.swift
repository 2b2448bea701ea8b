/// The status line and the headers of an answer.
package struct HTTPHead: Sendable {
  /// What the status line says behind the number; HTTP/2 has nothing there.
  package private(set) var phrase = ""
  /// In the order they came first, names in lower case; values of one name are joined by `, `.
  package private(set) var fields: [(name: String, value: [UInt8])] = []

  /// Lines that are no headers are left out.
  package init(_ bytes: [UInt8]) {
    for (number, line) in bytes.split(whereSeparator: { $0 == 0x0A }).enumerated() {
      let line = line.last == 0x0D ? line.dropLast() : line
      if number == 0 { phrase = Self.phrase(line) } else { add(line) }
    }
  }

  package subscript(name: String) -> [UInt8]? { fields.first { $0.name == name }?.value }

  private static func phrase(_ line: ArraySlice<UInt8>) -> String {
    let words = line.split(separator: 0x20, maxSplits: 2)
    return words.count == 3 ? Array(words[2]).oneLine(most: 60) : ""
  }

  private mutating func add(_ line: ArraySlice<UInt8>) {
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return }
    let name = String(decoding: line[..<colon], as: UTF8.self).lowercased()
    let value = Array(line[(colon + 1)...].trimmed)
    if let index = fields.firstIndex(where: { $0.name == name }) {
      fields[index].value += Array(", ".utf8) + value
    } else {
      fields.append((name, value))
    }
  }
}

extension ArraySlice<UInt8> {
  /// Without spaces and tabs around it.
  var trimmed: ArraySlice<UInt8> {
    let isSpace: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 }
    guard let last = lastIndex(where: { !isSpace($0) }) else { return [] }
    return self[...last].drop(while: isSpace)
  }
}

extension [UInt8] {
  /// The beginning of a text as one line for a message: at most `most` bytes, white space and control
  /// characters as single spaces.
  func oneLine(most: Int) -> String {
    // A little more than is wanted, for what is left out.
    let words = prefix(4 * most).split { $0 <= 0x20 || $0 == 0x7F }.joined(separator: [0x20])
    var text = Array(words)
    if text.count > most {
      var end = most
      // Not within a character.
      while end > 0, text[end] & 0xC0 == 0x80 { end -= 1 }
      text = text[..<end] + Array("…".utf8)
    }
    return String(decoding: text, as: UTF8.self)
  }
}
