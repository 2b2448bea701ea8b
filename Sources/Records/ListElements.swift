import Lines

extension FieldPlace {
  /// Where the elements of a list are, each a row on its own.
  ///
  /// - Parameter bytes: those in which it was found.
  package func elements(in bytes: RawSpan) -> [Range<Int>] {
    if isJSON { return JSONDecoding.elements(bytes, whole) }
    var elements: [Range<Int>] = []
    var next = whole.lowerBound + 1
    while RowScan.tag(bytes, next) != .end {
      let end = RowScan.end(bytes, at: next)
      elements.append(next..<end)
      next = end
    }
    return elements
  }
}

extension JSONDecoding {
  /// Where the elements of a checked list are.
  static func elements(_ bytes: RawSpan, _ range: Range<Int>) -> [Range<Int>] {
    var elements: [Range<Int>] = []
    var next = behindSpace(bytes, range.lowerBound + 1)
    while bytes[next] != UInt8(ascii: "]") {
      let end = endOfValue(bytes, at: next)
      elements.append(next..<end)
      next = behindSpace(bytes, end)
      if bytes[next] == UInt8(ascii: ",") { next = behindSpace(bytes, next + 1) }
    }
    return elements
  }

  /// Where the value at `offset` ends, of whatever kind.
  private static func endOfValue(_ bytes: RawSpan, at offset: Int) -> Int {
    var next = offset
    var depth = 0
    repeat {
      switch bytes[next] {
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        depth += 1
        next += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        depth -= 1
        next += 1
      case UInt8(ascii: ","), UInt8(ascii: ":"): next += 1
      default: next = end(bytes, at: next)
      }
      if depth > 0 { next = behindSpace(bytes, next) }
    } while depth > 0
    return next
  }
}
