import Lines
import Records

extension Function {
  static let textPieces: [Function] = [
    Function(
      "charAt", ["string.charAt(int) -> string"],
      "The character at a position, from 0; behind the last it is empty.",
      ("\"abc\".charAt(1)", "\"b\""),
      .two { (value, index) throws(Problem) in
        let text = try value.text()
        let start = try TextPieces.offset(text, try index.integer())
        let end = start < text.count ? start + utf8Width(text.span.bytes, start) : start
        return .string(Text(Array(text[start..<end])))
      }),
    Function(
      "indexOf", ["string.indexOf(string) -> int", "string.indexOf(string, int) -> int"],
      "The position of the first place where the other text stands, from the given position on; -1 "
        + "if there is none.",
      ("\"banana\".indexOf(\"an\", 2)", "3"), .many(indexOf)),
    Function(
      "lastIndexOf",
      ["string.lastIndexOf(string) -> int", "string.lastIndexOf(string, int) -> int"],
      "The position of the last place, at or before the given position.",
      ("\"banana\".lastIndexOf(\"an\")", "3"), .many(lastIndexOf)),
    Function(
      "substring", ["string.substring(int) -> string", "string.substring(int, int) -> string"],
      "The characters from one position up to before another, or to the end.",
      ("\"stream\".substring(1, 3)", "\"tr\""), .many(substring)),
    Function(
      "replace",
      [
        "string.replace(string, string) -> string", "string.replace(string, string, int) -> string",
      ],
      "The text with the first replaced by the second wherever it stands, or at most so often.",
      ("\"a-b-c\".replace(\"-\", \"+\", 1)", "\"a+b-c\""), .many(replace)),
    Function(
      "split",
      ["string.split(string) -> list(string)", "string.split(string, int) -> list(string)"],
      "The pieces between the separators, or at most so many pieces. Without a separator, the "
        + "characters.",
      ("\"a,b,c\".split(\",\", 2)", "[\"a\", \"b,c\"]"), .many(split)),
    Function(
      "join", ["list(string).join() -> string", "list(string).join(string) -> string"],
      "The texts one after the other, with a separator between them.",
      ("[\"a\", \"b\"].join(\"-\")", "\"a-b\""), .many(join)),
  ]

  @Sendable private static func indexOf(_ values: [Value]) throws(Problem) -> Value {
    let text = try values[0].text()
    let part = try values[1].text()
    let position = values.count > 2 ? try values[2].integer() : 0
    let start = try TextPieces.offset(text, position)
    guard let found = text.span.bytes.position(of: part, from: start) else { return -1 }
    let between = text.span.bytes.extracting(start..<found).characterCount
    return .int(Int64(position + between))
  }

  @Sendable private static func lastIndexOf(_ values: [Value]) throws(Problem) -> Value {
    let text = try values[0].text()
    let part = try values[1].text()
    let bytes = text.span.bytes
    var start = text.count - part.count
    if values.count > 2 {
      let position = try values[2].integer()
      let offset = try TextPieces.offset(text, position)
      start = min(start, offset)
    }
    while start >= 0 {
      if bytes.stands(part, at: start), start == text.count || text[start] & 0xC0 != 0x80 {
        return .int(Int64(bytes.extracting(0..<start).characterCount))
      }
      start -= 1
    }
    return -1
  }

  @Sendable private static func substring(_ values: [Value]) throws(Problem) -> Value {
    let text = try values[0].text()
    let first = try values[1].integer()
    let start = try TextPieces.offset(text, first)
    guard values.count > 2 else { return .string(Text(Array(text[start...]))) }
    let last = try values[2].integer()
    let end = try TextPieces.offset(text, last)
    guard start <= end else { throw Problem("the substring would end before it begins") }
    return .string(Text(Array(text[start..<end])))
  }

  @Sendable private static func replace(_ values: [Value]) throws(Problem) -> Value {
    let text = try values[0].text()
    let old = try values[1].text()
    let new = try values[2].text()
    var left = try TextPieces.count(values, 3)
    var out: [UInt8] = []
    var position = 0
    let bytes = text.span.bytes
    while left != 0, let found = bytes.position(of: old, from: position) {
      out += text[position..<found]
      out += new
      try Limit.check(bytes: out.count)
      position = found + old.count
      left -= 1
      if old.isEmpty {
        guard position < text.count else { return .string(Text(out)) }
        let width = utf8Width(bytes, position)
        out += text[position..<position + width]
        position += width
      }
    }
    return .string(Text(out + text[position...]))
  }

  @Sendable private static func split(_ values: [Value]) throws(Problem) -> Value {
    let text = try values[0].text()
    let separator = try values[1].text()
    let limit = values.count > 2 ? try values[2].integer() : -1
    if limit == 0 { return .list([]) }
    if text.isEmpty { return .list([""]) }
    var pieces: [Value] = []
    var position = 0
    let bytes = text.span.bytes
    while limit < 0 || pieces.count < limit - 1 {
      var end = bytes.position(of: separator, from: position)
      if separator.isEmpty {
        let next = position + utf8Width(bytes, position)
        end = next < text.count ? next : nil
      }
      guard let end else { break }
      pieces.append(.string(Text(Array(text[position..<end]))))
      position = end + separator.count
    }
    pieces.append(.string(Text(Array(text[position...]))))
    return .list(pieces)
  }

  @Sendable private static func join(_ values: [Value]) throws(Problem) -> Value {
    let separator = values.count > 1 ? try values[1].text() : []
    var out: [UInt8] = []
    for (i, element) in try values[0].list().enumerated() {
      if i > 0 { out += separator }
      out += try element.text()
      try Limit.check(bytes: out.count)
    }
    return .string(Text(out))
  }
}

/// Characters and where they stand in the bytes.
enum TextPieces {
  /// Where a character begins, or the end for the one behind the last.
  static func offset(_ text: [UInt8], _ position: Int) throws(Problem) -> Int {
    var offset = 0
    var left = position
    let bytes = text.span.bytes
    while left > 0, offset < text.count {
      offset += text[offset] < 0x80 ? 1 : utf8Width(bytes, offset)
      left -= 1
    }
    if left != 0 { throw outside(position, bytes.characterCount) }
    return offset
  }

  /// How many are wanted: all if the argument is missing or negative.
  static func count(_ values: [Value], _ argument: Int) throws(Problem) -> Int {
    guard values.count > argument else { return .max }
    let count = try values[argument].integer()
    return count < 0 ? .max : count
  }

  static func outside(_ position: Int, _ count: Int) -> Problem {
    Problem("position \(position) is outside of the text, which has \(count) characters")
  }

  /// Without the white space of Unicode at both ends.
  static func trimmed(_ text: [UInt8]) -> [UInt8] {
    var start = 0
    while let width = spaceWidth(text, at: start) { start += width }
    var end = text.count
    trailing: while end > start {
      for width in 1...3 where end - width >= start {
        if spaceWidth(text, at: end - width) == width {
          end -= width
          continue trailing
        }
      }
      break
    }
    return Array(text[start..<end])
  }

  /// The bytes of the white space at an offset; nil if there is none. White_Space of Unicode 15.
  private static func spaceWidth(_ text: [UInt8], at offset: Int) -> Int? {
    guard offset < text.count else { return nil }
    let lead = text[offset]
    if lead < 0x80 { return lead == 0x20 || (0x09...0x0D).contains(lead) ? 1 : nil }
    let width = utf8Width(text.span.bytes, offset)
    switch width {
    case 2:
      return lead == 0xC2 && (text[offset + 1] == 0x85 || text[offset + 1] == 0xA0) ? 2 : nil
    case 3:
      let rest = (text[offset + 1], text[offset + 2])
      let isSpace =
        switch (lead, rest.0, rest.1) {
        case (0xE1, 0x9A, 0x80), (0xE2, 0x80, 0x80...0x8A), (0xE2, 0x80, 0xA8), (0xE2, 0x80, 0xA9),
          (0xE2, 0x80, 0xAF), (0xE2, 0x81, 0x9F), (0xE3, 0x80, 0x80):
          true
        default: false
        }
      return isSpace ? 3 : nil
    default: return nil
    }
  }

  /// As a literal between double quotes.
  static func quoted(_ text: [UInt8]) -> [UInt8] {
    var out: [UInt8] = [UInt8(ascii: "\"")]
    let bytes = text.span.bytes
    var i = 0
    while i < text.count {
      let c = text[i]
      if c >= 0x80 {
        let width = utf8Width(bytes, i)
        if width == 1 { out += "\u{FFFD}".utf8 } else { out += text[i..<i + width] }
        i += width
        continue
      }
      if let letter = escapes[c] {
        out += [UInt8(ascii: "\\"), letter]
      } else {
        out.append(c)
      }
      i += 1
    }
    return out + [UInt8(ascii: "\"")]
  }

  private static let escapes: [UInt8: UInt8] = [
    0x07: UInt8(ascii: "a"), 0x08: UInt8(ascii: "b"), 0x0C: UInt8(ascii: "f"),
    0x0A: UInt8(ascii: "n"), 0x0D: UInt8(ascii: "r"), 0x09: UInt8(ascii: "t"),
    0x0B: UInt8(ascii: "v"), 0x5C: UInt8(ascii: "\\"), 0x22: UInt8(ascii: "\""),
  ]
}
