import Lines

/// A text as a terminal shows it: without control characters, and as wide as that.
struct TableCell {
  enum Kind { case none, text, number }

  var text: [UInt8]
  var kind: Kind
  /// In columns of a terminal.
  var width: Int

  init(_ raw: [UInt8], kind: Kind) {
    self.kind = kind
    var shown = BatchBuilder(delimiter: 0x0A)
    var width = 0
    unsafe TableCell.forEachCharacter(raw.span.bytes) { range, scalar in
      if let scalar, !TableCell.isControl(scalar) {
        shown.append(raw, range)
        width += TableCell.width(scalar)
      } else if raw[range.lowerBound] == 0x0A {
        shown.append("␤")
        width += 1
      } else {
        shown.append("\u{FFFD}")
        width += 1
      }
    }
    text = shown.takeOpenLine()
    self.width = width
  }

  /// The line below a header.
  init(dashes: Int) {
    text = Array(repeating: UInt8(ascii: "-"), count: dashes)
    kind = .none
    width = dashes
  }

  /// As much as fits into `limit` columns, which are at least one.
  func cut(to limit: Int) -> TableCell {
    if width <= limit { return self }
    var cut = self
    var end = 0
    cut.width = 0
    unsafe TableCell.forEachCharacter(text.span.bytes) { range, scalar in
      let next = cut.width + (scalar.map(TableCell.width) ?? 1)
      if next < limit, end == range.lowerBound {
        cut.width = next
        end = range.upperBound
      }
    }
    cut.text = Array(text.prefix(end)) + Array("…".utf8)
    cut.width += 1
    return cut
  }

  private static func forEachCharacter(
    _ bytes: RawSpan, _ body: (Range<Int>, Unicode.Scalar?) -> Void
  ) {
    var i = 0
    while i < bytes.byteCount {
      let width = bytes[i] < 0x80 ? 1 : utf8Width(bytes, i)
      let isText = width > 1 || bytes[i] < 0x80
      let scalar = bytes.extracting(i..<i + width).text.unicodeScalars.first
      body(i..<i + width, isText ? scalar : nil)
      i += width
    }
  }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.generalCategory == .control || scalar.properties.generalCategory == .format
  }

  /// Two for the scripts of East Asia and for pictures, none for marks that join the one before.
  private static func width(_ scalar: Unicode.Scalar) -> Int {
    switch scalar.value {
    case ..<0x300: return 1
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF,
      0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F900...0x1F9FF,
      0x20000...0x3FFFD:
      return 2
    default: break
    }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark: return 0
    default: return 1
    }
  }
}
