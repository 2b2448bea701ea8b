extension Node {
  /// The place in the file of a byte of the scalar's text, given as its UTF-8 offset: exact but for
  /// folded lines, where it is near. The node's own place for a list or a mapping.
  package func place(atOffset offset: Int) -> Place {
    guard let scalar, !source.bytes.isEmpty else { return place }
    let walk = ScalarWalk(bytes: source.bytes, node: self)
    return source.place(atByte: walk.position(ofTextByte: max(offset, 0), style: scalar.style))
  }
}

/// Goes through the source of a scalar and counts the bytes of text that it stands for.
private struct ScalarWalk {
  let bytes: [UInt8]
  let start: Int
  let end: Int

  init(bytes: [UInt8], node: Node) {
    self.bytes = bytes
    start = min(node.start.offset, bytes.count)
    end = max(start, min(node.end.offset, bytes.count))
  }

  func position(ofTextByte target: Int, style: Scalar.Style) -> Int {
    switch style {
    case .plain: flow(from: start, quote: nil, target: target)
    case .singleQuoted, .doubleQuoted:
      flow(
        from: quoteEnd, quote: bytes.indices.contains(start) ? bytes[quoteStart] : nil,
        target: target)
    case .literal, .folded: block(target: target)
    }
  }

  /// A tag or an anchor may stand before the quote: libyaml counts them as part of the scalar.
  private var quoteStart: Int {
    bytes[start..<end].firstIndex { $0 == UInt8(ascii: "'") || $0 == UInt8(ascii: "\"") } ?? start
  }

  private var quoteEnd: Int { min(quoteStart + 1, end) }

  // Plain and quoted scalars: escapes, and lines that are folded into one.
  private func flow(from first: Int, quote: UInt8?, target: Int) -> Int {
    var position = first
    var text = 0
    while position < end {
      let (source, made) = piece(at: position, quote: quote)
      // A piece of several bytes is a fold or an escape: its bytes are all at its beginning.
      if target < text + made { return position }
      text += made
      position += source
    }
    return min(position, end)
  }

  /// How many bytes of the source stand together, and for how many of the text.
  private func piece(at position: Int, quote: UInt8?) -> (source: Int, made: Int) {
    let byte = bytes[position]
    if let fold = fold(at: position) { return fold }
    if quote == UInt8(ascii: "'"), byte == UInt8(ascii: "'") { return (2, 1) }
    if quote == UInt8(ascii: "\""), byte == UInt8(ascii: "\\") { return escape(at: position) }
    return (1, 1)
  }

  /// White space around line breaks: one break is a space, more are one newline fewer.
  private func fold(at position: Int) -> (source: Int, made: Int)? {
    var here = position
    var breaks = 0
    while here < end {
      let length = Source.breakLength(in: bytes, at: here)
      if length == 0, !isBlank(bytes[here]) { break }
      if length > 0 { breaks += 1 }
      here += max(length, 1)
    }
    return breaks == 0 ? nil : (here - position, max(breaks - 1, 1))
  }

  private func escape(at position: Int) -> (source: Int, made: Int) {
    guard position + 1 < end else { return (1, 1) }
    let letter = bytes[position + 1]
    let digits: Int
    switch letter {
    case UInt8(ascii: "x"): digits = 2
    case UInt8(ascii: "u"): digits = 4
    case UInt8(ascii: "U"): digits = 8
    // NEL and the no-break space, then LS and PS: two and three bytes of UTF-8.
    case UInt8(ascii: "N"), UInt8(ascii: "_"): return (2, 2)
    case UInt8(ascii: "L"), UInt8(ascii: "P"): return (2, 3)
    default:
      guard Source.breakLength(in: bytes, at: position + 1) > 0 else { return (2, 1) }
      var here = position + 2
      while here < end, isBlank(bytes[here]) { here += 1 }
      return (here - position, 0)
    }
    let code = String(
      decoding: bytes[min(position + 2, end)..<min(position + 2 + digits, end)], as: UTF8.self)
    let scalar = UInt32(code, radix: 16).flatMap(Unicode.Scalar.init)
    return (2 + digits, scalar.map { UTF8.width($0) } ?? 1)
  }

  /// A block scalar: every line loses its indentation.
  private func block(target: Int) -> Int {
    var position = start
    while position < end, Source.breakLength(in: bytes, at: position) == 0 { position += 1 }
    position += position < end ? Source.breakLength(in: bytes, at: position) : 0
    let indentation = indentation(from: position)
    var text = 0
    while position < end {
      var column = 0
      while column < indentation, position < end, bytes[position] == UInt8(ascii: " ") {
        column += 1
        position += 1
      }
      while position < end {
        if text == target { return position }
        let length = Source.breakLength(in: bytes, at: position)
        text += 1
        position += max(length, 1)
        if length > 0 { break }
      }
    }
    return min(position, end)
  }

  /// An indentation digit in the header counts from the parent, which the node does not know, so
  /// that then the first line decides too: right unless it begins with spaces of its own.
  private func indentation(from first: Int) -> Int {
    var position = first
    while position < end {
      var spaces = 0
      while position < end, bytes[position] == UInt8(ascii: " ") {
        spaces += 1
        position += 1
      }
      let length = position < end ? Source.breakLength(in: bytes, at: position) : 0
      if length == 0 { return spaces }
      position += length
    }
    return 0
  }

  private func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
}

extension UTF8 {
  fileprivate static func width(_ scalar: Unicode.Scalar) -> Int {
    switch scalar.value {
    case ..<0x80: 1
    case ..<0x800: 2
    case ..<0x10000: 3
    default: 4
    }
  }
}
