import Lines

/// Reading the compact form.
enum RowScan {
  static func isCompact(_ bytes: RawSpan, at offset: Int) -> Bool {
    bytes[offset] >= RowTag.null.rawValue
  }

  /// The bytes that follow the length at `offset`.
  @inline(__always)
  static func lengthened(_ bytes: RawSpan, at offset: Int) -> Range<Int> {
    let short = Int(bytes[offset])
    if short < 255 { return offset &+ 1..<offset &+ 1 &+ short }
    let start = offset &+ 5
    return start..<start &+ Int(low(bytes, at: offset &+ 1, bytes: 4))
  }

  static func low(_ bytes: RawSpan, at offset: Int, bytes count: Int) -> UInt64 {
    if count == 8 {
      return UInt64(
        littleEndian: unsafe bytes.unsafeLoadUnaligned(
          fromByteOffset: checked(offset, 8, bytes), as: UInt64.self))
    }
    return UInt64(
      UInt32(
        littleEndian: unsafe bytes.unsafeLoadUnaligned(
          fromByteOffset: checked(offset, 4, bytes), as: UInt32.self)))
  }

  private static func checked(_ offset: Int, _ count: Int, _ bytes: RawSpan) -> Int {
    precondition(offset >= 0 && offset <= bytes.byteCount - count, "The row is cut.")
    return offset
  }

  /// Where the value at `offset` ends.
  @inline(__always)
  static func end(_ bytes: RawSpan, at offset: Int) -> Int {
    // Most values are texts.
    bytes[offset] == RowTag.text.rawValue
      ? lengthened(bytes, at: offset &+ 1).upperBound : otherEnd(bytes, at: offset)
  }

  private static func otherEnd(_ bytes: RawSpan, at offset: Int) -> Int {
    switch tag(bytes, offset) {
    case .null, .isFalse, .isTrue: return offset + 1
    case .int, .uint, .double: return offset + 9
    case .timestamp, .duration: return offset + 13
    case .text, .bytes, .json, .name: return lengthened(bytes, at: offset + 1).upperBound
    case .end: return offset + 1
    case .list, .map: break
    }
    // Lists and maps in it are counted, not entered.
    var depth = 0
    var next = offset
    repeat {
      switch tag(bytes, next) {
      case .list, .map:
        depth += 1
        next += 1
      case .end:
        depth -= 1
        next += 1
      default: next = end(bytes, at: next)
      }
    } while depth > 0
    return next
  }

  static func tag(_ bytes: RawSpan, _ offset: Int) -> RowTag {
    guard let tag = RowTag(rawValue: bytes[offset]) else {
      preconditionFailure("A row has no such tag.")
    }
    return tag
  }

  static func place(_ bytes: RawSpan, at offset: Int) -> FieldPlace {
    if bytes[offset] == RowTag.text.rawValue {
      let payload = lengthened(bytes, at: offset &+ 1)
      return FieldPlace(
        .text, payload: payload, whole: offset..<payload.upperBound, isJSON: false)
    }
    let tag = tag(bytes, offset)
    switch tag {
    case .bytes:
      let payload = lengthened(bytes, at: offset + 1)
      return FieldPlace(
        .bytes, payload: payload, whole: offset..<payload.upperBound, isJSON: false)
    case .json:
      return JSONDecoding.place(bytes, lengthened(bytes, at: offset + 1))
    default: break
    }
    let whole = offset..<end(bytes, at: offset)
    var place = FieldPlace(kind(tag), payload: whole, whole: whole, isJSON: false)
    switch tag {
    case .isTrue: place.bits = 1
    case .int, .uint, .double: place.bits = low(bytes, at: offset + 1, bytes: 8)
    case .timestamp, .duration:
      place.bits = low(bytes, at: offset + 1, bytes: 8)
      place.nanoseconds = Int32(
        bitPattern: UInt32(truncatingIfNeeded: low(bytes, at: offset + 9, bytes: 4)))
    default: break
    }
    return place
  }

  private static func kind(_ tag: RowTag) -> FieldPlace.Kind {
    switch tag {
    case .isFalse, .isTrue: .bool
    case .int: .int
    case .uint: .uint
    case .double: .double
    case .timestamp: .timestamp
    case .duration: .duration
    case .list: .list
    case .map: .map
    default: .null
    }
  }

  /// The value at `offset`, copied with all that is in it.
  static func value(in bytes: RawSpan, at offset: Int) -> Value {
    switch tag(bytes, offset) {
    case .list:
      var values: [Value] = []
      var next = offset + 1
      while tag(bytes, next) != .end {
        values.append(value(in: bytes, at: next))
        next = end(bytes, at: next)
      }
      return .list(values)
    case .map:
      var entries: [ValueMap.Entry] = []
      forEachField(bytes, at: offset) { name, value in
        entries.append(
          ValueMap.Entry(
            .string(Text(bytes.extracting(name))), RowScan.value(in: bytes, at: value)))
      }
      return .map(ValueMap(entries))
    default: return place(bytes, at: offset).value(in: bytes)
    }
  }

  /// Calls `body` with the bytes of each name and where its value begins.
  @inline(__always)
  static func forEachField<E: Error>(
    _ bytes: RawSpan, at offset: Int, _ body: (Range<Int>, Int) throws(E) -> Void
  ) throws(E) {
    var next = offset &+ 1
    while bytes[next] != RowTag.end.rawValue {
      let name = lengthened(bytes, at: next &+ 1)
      try body(name, name.upperBound)
      next = end(bytes, at: name.upperBound)
    }
  }
}
