import Lines

/// Finds where one JSON value ends and the next may begin, without asking whether it is one: brackets
/// are counted and strings are stepped over. It can be given a text in pieces.
struct JSONBoundary {
  private var depth = 0
  private var isString = false
  private var isEscaped = false
  private var isWord = false

  /// True while the text given so far ends within a string.
  var isInString: Bool { isString }

  /// The offset behind the value; nil if it goes on behind `range`. At the end of a line a number or
  /// word ends too.
  mutating func end(_ bytes: RawSpan, _ range: Range<Int>) -> Int? {
    var i = range.lowerBound
    while i < range.upperBound {
      if isString {
        i = behindString(bytes, i, range.upperBound)
        if isString { return nil }
        if depth == 0 { return i }
        continue
      }
      switch bytes[i] {
      case UInt8(ascii: "\""):
        if isWord { return i }
        isString = true
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        if isWord { return i }
        depth += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        depth -= 1
        if depth <= 0 { return i + 1 }
      case UInt8(ascii: ","), UInt8(ascii: ":"), 0x20, 0x09, 0x0A, 0x0D:
        if isWord { return i }
      default: isWord = depth == 0
      }
      i += 1
    }
    return isWord ? i : nil
  }

  private mutating func behindString(_ bytes: RawSpan, _ start: Int, _ end: Int) -> Int {
    var i = start
    while i < end {
      let byte = bytes[i]
      i += 1
      if isEscaped {
        isEscaped = false
      } else if byte == UInt8(ascii: "\\") {
        isEscaped = true
      } else if byte == UInt8(ascii: "\"") {
        isString = false
        break
      }
    }
    return i
  }
}
