import Lines

/// The first pass over JSON text, byte by byte: what the library does sixty-four bytes at a time, and
/// what tells where the text is wrong when the library only says that it is.
enum JSONTokens {
  static let noValue = RecordFault(expected: "a JSON value", found: .end, at: 0)

  /// The offsets of the tokens, and twice the length.
  static func offsets(_ bytes: RawSpan, _ range: Range<Int>) throws(RecordFault) -> [UInt32] {
    var offsets: [UInt32] = []
    var i = range.lowerBound
    while i < range.upperBound {
      let byte = bytes[i]
      switch byte {
      case 0x20, 0x09, 0x0A, 0x0D: i += 1
      case UInt8(ascii: "\""):
        offsets.append(UInt32(i - range.lowerBound))
        i = try endOfString(bytes, i + 1, range)
      case UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: "["), UInt8(ascii: "]"),
        UInt8(ascii: ","), UInt8(ascii: ":"):
        offsets.append(UInt32(i - range.lowerBound))
        i += 1
      default:
        offsets.append(UInt32(i - range.lowerBound))
        i = try endOfWord(bytes, i, range)
      }
    }
    if offsets.isEmpty {
      throw RecordFault(expected: noValue.expected, found: .end, at: range.count)
    }
    offsets += [UInt32(range.count), UInt32(range.count)]
    return offsets
  }

  private static func endOfString(
    _ bytes: RawSpan, _ start: Int, _ range: Range<Int>
  ) throws(RecordFault) -> Int {
    var i = start
    while i < range.upperBound {
      switch bytes[i] {
      case UInt8(ascii: "\""): return i + 1
      case UInt8(ascii: "\\"): i += 2
      case ..<0x20:
        throw fault("an escape, since a string has no bare control characters", bytes, i, range)
      default: i = try behindCharacter(bytes, i, range)
      }
    }
    throw RecordFault(expected: "the closing quote of a string", found: .end, at: range.count)
  }

  private static func endOfWord(
    _ bytes: RawSpan, _ start: Int, _ range: Range<Int>
  ) throws(RecordFault) -> Int {
    var i = start
    while i < range.upperBound {
      switch bytes[i] {
      case 0x20, 0x09, 0x0A, 0x0D, UInt8(ascii: "\""), UInt8(ascii: "{"), UInt8(ascii: "}"),
        UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: ","), UInt8(ascii: ":"):
        return i
      default: i = try behindCharacter(bytes, i, range)
      }
    }
    return i
  }

  private static func behindCharacter(
    _ bytes: RawSpan, _ i: Int, _ range: Range<Int>
  ) throws(RecordFault) -> Int {
    if bytes[i] < 0x80 { return i + 1 }
    let width = utf8Width(bytes, i)
    if width == 1 || i + width > range.upperBound { throw fault("UTF-8", bytes, i, range) }
    return i + width
  }

  private static func fault(
    _ expected: String, _ bytes: RawSpan, _ i: Int, _ range: Range<Int>
  ) -> RecordFault {
    RecordFault(
      expected: expected, in: bytes, at: i, start: range.lowerBound, end: range.upperBound)
  }
}
