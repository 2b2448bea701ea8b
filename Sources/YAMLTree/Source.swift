/// The text of one YAML file with its lines, so that a message can show the line it is about.
package final class Source: Sendable {
  /// The name for messages: the path as the user gave it.
  package let file: String
  package let bytes: [UInt8]
  /// Where each line begins, in bytes; never empty.
  package let lineStarts: [Int]

  package init(file: String, bytes: [UInt8]) {
    self.file = file
    self.bytes = bytes
    self.lineStarts = Source.lineStarts(of: bytes)
  }

  package convenience init(file: String, text: String) {
    self.init(file: file, bytes: Array(text.utf8))
  }

  /// The line as it stands in the file, without its break; nil where the file has no such line.
  /// Bytes that are no UTF-8 are shown as U+FFFD.
  package func line(_ number: Int) -> String? {
    guard number >= 1, number <= lineStarts.count, !bytes.isEmpty else { return nil }
    let start = lineStarts[number - 1]
    var end = number < lineStarts.count ? lineStarts[number] : bytes.count
    while end > start, bytes[end - 1] == 0x0A || bytes[end - 1] == 0x0D { end -= 1 }
    return String(decoding: bytes[start..<end], as: UTF8.self)
  }

  /// The byte where the character at `column` (1-based) of `line` (1-based) begins.
  func offset(line: Int, column: Int) -> Int {
    guard line >= 1, line <= lineStarts.count else { return bytes.count }
    var offset = lineStarts[line - 1]
    for _ in 1..<max(column, 1) where offset < bytes.count {
      offset += 1
      while offset < bytes.count, bytes[offset] & 0xC0 == 0x80 { offset += 1 }
    }
    return offset
  }

  /// Line and column of a byte; a byte within a character counts as the character.
  package func place(atByte offset: Int) -> Place {
    let offset = min(max(offset, 0), bytes.count)
    var low = 0
    var high = lineStarts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if lineStarts[middle] <= offset { low = middle } else { high = middle }
    }
    let before = bytes[lineStarts[low]..<offset]
    let characters = before.reduce(into: 0) { count, byte in
      if byte & 0xC0 != 0x80 { count += 1 }
    }
    return Place(source: self, line: low + 1, column: characters + 1)
  }

  /// libyaml counts CR, LF, CR LF, NEL, LS and PS as line breaks (its macro IS_BREAK), and its marks
  /// are only right with the same lines.
  private static func lineStarts(of bytes: [UInt8]) -> [Int] {
    var starts = [0]
    var index = 0
    while index < bytes.count {
      let length = breakLength(in: bytes, at: index)
      index += max(length, 1)
      if length > 0 { starts.append(index) }
    }
    return starts
  }

  /// The bytes of the line break that begins at `index`, 0 if there is none.
  static func breakLength(in bytes: [UInt8], at index: Int) -> Int {
    func byte(_ ahead: Int) -> UInt8 { index + ahead < bytes.count ? bytes[index + ahead] : 0 }
    switch bytes[index] {
    case 0x0A: return 1
    case 0x0D: return byte(1) == 0x0A ? 2 : 1
    case 0xC2: return byte(1) == 0x85 ? 2 : 0
    case 0xE2: return byte(1) == 0x80 && (byte(2) == 0xA8 || byte(2) == 0xA9) ? 3 : 0
    default: return 0
    }
  }
}

/// A line and column of a file, both counted from 1, the column in characters.
package struct Place: Sendable {
  package var source: Source
  package var line: Int
  package var column: Int

  package init(source: Source, line: Int, column: Int) {
    self.source = source
    self.line = line
    self.column = column
  }

  /// A place in a file whose text is not at hand.
  package init(file: String, line: Int, column: Int) {
    self.init(source: Source(file: file, bytes: []), line: line, column: column)
  }

  package var file: String { source.file }
}

extension Place: Hashable, Comparable, CustomStringConvertible {
  package static func == (a: Place, b: Place) -> Bool {
    a.line == b.line && a.column == b.column && a.file == b.file
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(file)
    hasher.combine(line)
    hasher.combine(column)
  }

  package static func < (a: Place, b: Place) -> Bool {
    if a.file != b.file { return a.file < b.file }
    return (a.line, a.column) < (b.line, b.column)
  }

  /// `pipeline.yaml:14:5`, the form of messages.
  package var description: String { "\(file):\(line):\(column)" }
}
