import Lines

/// One pass over the tokens of a map that is JSON text and has been checked.
struct FieldWalk {
  let map: MapText
  let table: PathTable
  /// That of the text; 0 if it is not known.
  let shape: UInt64
  /// Those of the fields of the text itself.
  let names: NamesBefore

  private var text: JSONText { map.text }

  /// Looks at all fields of the map that the text is, whose names are remembered.
  @inline(__always)
  func rowFields(_ node: PathTable.Node, _ bytes: RawSpan, _ found: FoundPlaces) {
    forEachName { k, t in
      let child = child(node, t, k)
      // Behind the name stands the colon.
      return child < 0 ? map.behind(t &+ 2) : value(table.node(child), t &+ 2, bytes, found)
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
          ? map.behind(t &+ 2) : value(table.node(child), t &+ 2, bytes, found)
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
      ? fields(node, t &+ 1, bytes, found) : map.behind(t)
    if node.place >= 0 { found.put(map.place(t, next, bytes), node.place, t, next) }
    return next
  }

  /// Calls `body` with each field of the map that the text is: its number, the token of its name, and
  /// the one behind its value.
  @inline(__always)
  func forEachField(_ body: (Int, Int, Int) -> Void) {
    forEachName { k, t in
      let next = map.behind(t &+ 2)
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
    return map.hasEscapes ? escapedChild(node, name) : table.child(node, text, name)
  }

  private func escapedChild(_ node: PathTable.Node, _ name: Range<Int>) -> Int {
    guard text.firstOffset(of: UInt8(ascii: "\\"), from: name.lowerBound) < name.upperBound else {
      return table.child(node, text, name)
    }
    let unescaped = text.withBytes { JSONDecoding.unescaped($0.extracting(name)) }
    return unsafe table.child(node, unescaped.span.bytes, 0..<unescaped.count)
  }
}
