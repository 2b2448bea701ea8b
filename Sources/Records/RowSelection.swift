import Lines

/// Makes rows of some fields of rows that are JSON and whose tokens are known. The fields are copied as
/// they stand, and their tokens with them. One worker's.
final class RowSelection {
  /// Those to copy, by their number, in their order.
  private var chosen: [Int] = []
  /// How many a row that is made has.
  private var tokenCount = 0
  /// That of the rows that are made, as long as those they are made of have one.
  private var shape: UInt64 = 0

  /// Appends a row of the fields whose numbers are in `first`, -1 being none.
  ///
  /// - Parameters:
  ///   - fields: of the row read last.
  ///   - tokens: those of the batch whose bytes these are.
  /// - Returns: false if nothing was appended, for a row that has to be made in another way.
  func append(
    _ fields: RowFields, _ first: [Int], _ bytes: RawSpan, _ tokens: TokenTable?,
    into out: inout BatchBuilder
  ) -> Bool {
    guard let tokens, let item = fields.item else { return false }
    let known = KnownMap(tokens, item)
    if !fields.areAsBefore || shape == 0 { choose(fields, first) }
    let chosen = chosen
    // The braces, and behind each field but the last one a comma.
    var size = 2
    for i in chosen {
      let field = fields[i]
      // A colon stands right behind the name, and the value right behind that.
      guard field.value.lowerBound == field.name.upperBound &+ 2 else { return false }
      size &+= field.value.upperBound &- field.name.lowerBound &+ 2
    }
    unsafe out.append(upTo: size, tokens: tokenCount, isMarked: fields.hasEscapes, shape: shape) {
      target, tokens, start in
      var row = unsafe RowCursor(target)
      var places = unsafe TokenCursor(tokens)
      known.withText(bytes) { map in
        for i in chosen {
          let field = fields[i]
          places.put(start &+ row.count)
          row.put(row.count == 0 ? UInt8(ascii: "{") : UInt8(ascii: ","))
          places.copy(map, field.tokens, to: start &+ row.count)
          row.put(bytes.extracting(field.name.lowerBound &- 1..<field.value.upperBound))
        }
      }
      if chosen.isEmpty {
        places.put(start)
        row.put(UInt8(ascii: "{"))
      }
      places.put(start &+ row.count)
      row.put(UInt8(ascii: "}"))
      return row.count
    }
    return true
  }

  private func choose(_ fields: RowFields, _ first: [Int]) {
    chosen = first.filter { $0 >= 0 }
    // In front of each field stands the brace or a comma.
    tokenCount = chosen.reduce(chosen.isEmpty ? 2 : 1) { $0 + fields[$1].tokens.count + 1 }
    shape = TokenTable.newShape()
  }
}

/// Writes tokens at a place that has room for all of them.
@safe
private struct TokenCursor {
  private var next: UnsafeMutablePointer<UInt32>

  @unsafe
  init(_ start: UnsafeMutablePointer<UInt32>) { unsafe next = start }

  @inline(__always)
  mutating func put(_ offset: Int) {
    unsafe next.pointee = UInt32(truncatingIfNeeded: offset)
    unsafe next += 1
  }

  /// Tokens of `map` that have been copied with the text from the first of them on to `offset`.
  @inline(__always)
  mutating func copy(_ map: MapText, _ tokens: Range<Int>, to offset: Int) {
    let distance = offset &- map.text.token(tokens.lowerBound)
    for t in tokens { put(map.text.token(t) &+ distance) }
  }
}
