import Lines

extension RawSpan {
  /// Where `part` first stands at or behind `start`; an empty one stands everywhere. In time that
  /// grows with the sum of the lengths, whatever the bytes are.
  func position(of part: [UInt8], from start: Int = 0) -> Int? {
    // Starting over at each byte costs at most the length of the part.
    part.count <= 32 ? firstOffset(of: part, from: start) : longPosition(of: part, from: start)
  }

  /// Knuth, Morris and Pratt's search: behind a mismatch it goes on with the longest beginning of the
  /// part that has been seen.
  private func longPosition(of part: [UInt8], from start: Int) -> Int? {
    var borders = [0]
    var length = 0
    for byte in part.dropFirst() {
      while length > 0, part[length] != byte { length = borders[length - 1] }
      if part[length] == byte { length += 1 }
      borders.append(length)
    }
    length = 0
    var i = start
    while i < byteCount {
      while length > 0, part[length] != self[i] { length = borders[length - 1] }
      if part[length] == self[i] { length += 1 }
      i += 1
      if length == part.count { return i - length }
    }
    return nil
  }
}
