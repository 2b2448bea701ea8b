import Lines

/// A map that is JSON text and has been checked: where things stand whose tokens are known.
struct MapText {
  let text: JSONText
  /// Where the text begins in the bytes that places are told in.
  let offset: Int
  /// Whether any string in the text has an escape.
  let hasEscapes: Bool

  /// Where the name at token `t` stands, without quotes.
  @inline(__always)
  func name(_ t: Int) -> Range<Int> {
    let quote = text.token(t)
    let end = text.endOfString(quote, before: text.token(t &+ 1)) &- 1
    return offset &+ quote &+ 1..<offset &+ end
  }

  /// Where the value of the field stands whose name is token `t`, before token `next`.
  @inline(__always)
  func value(_ t: Int, _ next: Int) -> Range<Int> {
    offset &+ text.token(t &+ 2)..<offset &+ end(t &+ 2, next)
  }

  /// The token behind the value that begins with token `t`.
  @inline(__always)
  func behind(_ t: Int) -> Int {
    // '[' and '{' differ in one bit, and so do ']' and '}'.
    guard text.first(t) | 0x20 == UInt8(ascii: "{") else { return t &+ 1 }
    var next = t &+ 1
    var depth = 1
    while depth > 0, next < text.count {
      let byte = text[text.token(next)] | 0x20
      if byte == UInt8(ascii: "{") { depth &+= 1 }
      if byte == UInt8(ascii: "}") { depth &-= 1 }
      next &+= 1
    }
    return next
  }

  /// Where the value of tokens `t` up to `next` ends.
  @inline(__always)
  private func end(_ t: Int, _ next: Int) -> Int {
    if next > t &+ 1 { return text.token(next &- 1) &+ 1 }
    var end = text.token(next)
    // All white space is less than what a value ends with.
    while text[end &- 1] <= 0x20 { end &-= 1 }
    return end
  }

  /// Where the value of tokens `t` up to `next` stands.
  func place(_ t: Int, _ next: Int, _ bytes: RawSpan) -> FieldPlace {
    let start = text.token(t)
    let end = end(t, next)
    if !hasEscapes, text[start] == UInt8(ascii: "\"") {
      return FieldPlace(
        .text, payload: offset &+ start &+ 1..<offset &+ end &- 1,
        whole: offset &+ start..<offset &+ end, isJSON: true)
    }
    return JSONDecoding.place(bytes, offset &+ start..<offset &+ end)
  }
}

/// A map whose tokens were found with those of others.
struct KnownMap {
  private let table: TokenTable
  let item: TokenTable.Item

  init(_ table: TokenTable, _ item: TokenTable.Item) {
    self.table = table
    self.item = item
  }

  /// That which is all of `range`; nil if there is none.
  ///
  /// - Parameter guess: the number it may have in the table, and then that of the next.
  @inline(__always)
  init?(_ table: TokenTable?, _ range: Range<Int>, _ guess: inout Int) {
    guard let table, let item = table.find(range, &guess) else { return nil }
    self.table = table
    self.item = item
  }

  var shape: UInt64 { item.shape }
  var hasEscapes: Bool { item.isMarked }

  /// Calls `body` with the text, which is in `bytes`.
  @inline(__always)
  func withText(_ bytes: RawSpan, _ body: (MapText) -> Void) {
    unsafe bytes.withUnsafeBytes { all in
      guard let start = unsafe all.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
      let origin = table.origin(item)
      let text = unsafe JSONText(
        base: start + origin, length: table.end(item), tokens: table.tokens(item),
        count: item.count)
      body(MapText(text: text, offset: origin, hasEscapes: item.isMarked))
    }
  }
}
