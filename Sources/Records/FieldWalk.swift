import Lines

/// One pass over the tokens of a map that is JSON text and has been checked.
struct FieldWalk {
  let text: JSONText
  let table: PathTable
  /// Where the text begins in the bytes that places are told in.
  let offset: Int
  /// Whether any string in the text has an escape.
  let hasEscapes: Bool
  /// That of the text; 0 if it is not known.
  let shape: UInt64
  /// Those of the fields of the text itself.
  let names: NamesBefore

  /// Looks at all fields of the map that the text is, whose names are remembered.
  @inline(__always)
  func rowFields(_ node: PathTable.Node, _ bytes: RawSpan, _ found: FoundPlaces) {
    forEachName { k, t in
      let child = child(node, t, k)
      // Behind the name stands the colon.
      return child < 0 ? behind(t &+ 2) : value(table.node(child), t &+ 2, bytes, found)
    }
  }

  /// Looks at all fields of a map.
  ///
  /// - Parameter first: the token behind the opening brace.
  /// - Returns: the token behind the closing one.
  func fields(
    _ node: PathTable.Node, _ first: Int, _ bytes: RawSpan, _ found: FoundPlaces
  ) -> Int {
    var t = first
    while true {
      switch text.first(t) {
      case UInt8(ascii: "\""):
        let child = child(node, t)
        t =
          child < 0
          ? behind(t &+ 2) : value(table.node(child), t &+ 2, bytes, found)
      case UInt8(ascii: ","): t &+= 1
      default: return t &+ 1
      }
    }
  }

  private func value(
    _ node: PathTable.Node, _ t: Int, _ bytes: RawSpan, _ found: FoundPlaces
  ) -> Int {
    table.forget(node, found)
    let next =
      text.first(t) == UInt8(ascii: "{") && !node.isLeaf
      ? fields(node, t &+ 1, bytes, found) : behind(t)
    if node.place >= 0 { found.put(place(t, next, bytes), node.place, t, next) }
    return next
  }

  /// Finds again what was found in the text before, which has the same shape.
  func findAgain(_ found: FoundPlaces, _ bytes: RawSpan) {
    found.forEachSpot { t, next in place(t, next, bytes) }
  }

  /// Calls `body` with each field of the map that the text is: its number, the token of its name, and
  /// the one behind its value.
  @inline(__always)
  func forEachField(_ body: (Int, Int, Int) -> Void) {
    forEachName { k, t in
      let next = behind(t &+ 2)
      body(k, t, next)
      return next
    }
  }

  /// Calls `body` with the number and the token of each name; it returns the token behind the value.
  @inline(__always)
  private func forEachName(_ body: (Int, Int) -> Int) {
    var t = 1
    var k = 0
    // Behind a value comes a comma and then a name, or the closing brace.
    while text.first(t) == UInt8(ascii: "\"") {
      t = body(k, t)
      k &+= 1
      guard text.first(t) == UInt8(ascii: ",") else { return }
      t &+= 1
    }
  }

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

  /// The child of the root that has name `k`, at token `t`; -1 if there is none.
  @inline(__always)
  func child(_ root: PathTable.Node, _ t: Int, _ k: Int) -> Int {
    let known = names.child(k, text, t)
    return known != NamesBefore.unknown ? known : otherChild(root, t, k)
  }

  @inline(never)
  private func otherChild(_ root: PathTable.Node, _ t: Int, _ k: Int) -> Int {
    let child = child(root, t)
    names.remember(k, text, t, child)
    return child
  }

  /// The child that has the name at token `t`; -1 if there is none.
  @inline(__always)
  private func child(_ node: PathTable.Node, _ t: Int) -> Int {
    let quote = text.token(t)
    let name = quote &+ 1..<text.endOfString(quote, before: text.token(t &+ 1)) &- 1
    return hasEscapes ? escapedChild(node, name) : table.child(node, text, name)
  }

  private func escapedChild(_ node: PathTable.Node, _ name: Range<Int>) -> Int {
    guard text.firstOffset(of: UInt8(ascii: "\\"), from: name.lowerBound) < name.upperBound else {
      return table.child(node, text, name)
    }
    let unescaped = text.withBytes { JSONDecoding.unescaped($0.extracting(name)) }
    return unsafe table.child(node, unescaped.span.bytes, 0..<unescaped.count)
  }

  /// The token behind the value that begins with token `t`.
  @inline(__always)
  private func behind(_ t: Int) -> Int {
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
  private func end(_ t: Int, _ next: Int) -> Int {
    if next > t &+ 1 { return text.token(next &- 1) &+ 1 }
    if text.first(t) == UInt8(ascii: "\"") {
      return text.endOfString(text.token(t), before: text.token(next))
    }
    var word = text.token(next)
    while isJSONSpace(text[word &- 1]) { word &-= 1 }
    return word
  }

  /// Where the value of tokens `t` up to `next` stands.
  private func place(_ t: Int, _ next: Int, _ bytes: RawSpan) -> FieldPlace {
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
