package import Lines

/// Writes CSV, TSV and their kin: a header, then a line for each record. Fields that a record lacks
/// are empty; a field that is none of the columns is refused, unless the columns are given.
package struct DelimitedWriter: RecordWriter, ~Copyable {
  private let format: DelimitedFormat
  private var cells: RecordCells
  private var isHeaderDue: Bool
  /// A cell is written here first, to see whether it needs quotes.
  private var scratch = BatchBuilder(delimiter: 0x0A)

  package init(_ format: DelimitedFormat) {
    self.format = format
    cells = RecordCells(format.columns)
    isHeaderDue = format.hasHeader
  }

  package mutating func write(
    _ batch: Batch, _ i: Int, into out: inout BatchBuilder
  ) throws(RecordFault) {
    if batch.kind(i) == .line {
      throw RecordFault(expected: "a record", found: .other("a line"), at: 0)
    }
    try batch.withBytes { (bytes) throws(RecordFault) in
      try cells.read(bytes, batch.range(i), batch.tokens)
      if isHeaderDue { writeHeader(&out) }
      for k in cells.names.indices {
        if k > 0 { out.append(byte: format.delimiter) }
        write(cells.place(k, bytes), bytes, &out)
      }
    }
    out.endLine(number: batch.number(i))
  }

  private mutating func writeHeader(_ out: inout BatchBuilder) {
    isHeaderDue = false
    for (k, name) in cells.names.enumerated() {
      if k > 0 { out.append(byte: format.delimiter) }
      unsafe put(name.bytes.span.bytes, &out)
    }
    out.endLine(number: 0)
  }

  /// An output of no records has a header all the same, if its columns are given.
  package mutating func finish(into out: inout BatchBuilder) -> Bool {
    if isHeaderDue, !cells.names.isEmpty { writeHeader(&out) }
    return false
  }

  private mutating func write(
    _ place: FieldPlace, _ bytes: RawSpan, _ out: inout BatchBuilder
  ) {
    if place.kind == .text, !place.isEscaped {
      put(bytes.extracting(place.payload), &out)
    } else if place.kind == .missing || place.kind == .null {
      put(bytes.extracting(0..<0), &out)
    } else if place.isJSON, place.kind.isScalar {
      // As it was read.
      put(bytes.extracting(place.whole), &out)
    } else {
      scratch.append(cell: place, bytes)
      let text = scratch.takeOpenLine()
      unsafe put(text.span.bytes, &out)
    }
  }

  private func put(_ text: RawSpan, _ out: inout BatchBuilder) {
    switch format.quoting {
    case .none: out.append(text)
    case .quotes:
      // A line of one empty field would be an empty line.
      let isWholeLine = cells.names.count == 1 && text.byteCount == 0
      if isWholeLine || text.hasSpecial(format.delimiter, UInt8(ascii: "\"")) {
        quote(text, &out)
      } else {
        out.append(text)
      }
    case .backslashes:
      if text.hasSpecial(format.delimiter, UInt8(ascii: "\\")) {
        escape(text, &out)
      } else {
        out.append(text)
      }
    }
  }

  private func quote(_ text: RawSpan, _ out: inout BatchBuilder) {
    let mark = UInt8(ascii: "\"")
    out.append(byte: mark)
    var start = 0
    while let hit = text.firstOffset(of: mark, from: start) {
      out.append(text.extracting(start..<hit + 1))
      out.append(byte: mark)
      start = hit + 1
    }
    out.append(text.extracting(start..<text.byteCount))
    out.append(byte: mark)
    if text.firstOffset(of: 0x0A) != nil { out.noteInnerDelimiters() }
  }

  private func escape(_ text: RawSpan, _ out: inout BatchBuilder) {
    for i in 0..<text.byteCount {
      switch text[i] {
      case 0x09: out.append("\\t")
      case 0x0A: out.append("\\n")
      case 0x0D: out.append("\\r")
      case UInt8(ascii: "\\"): out.append("\\\\")
      case let byte: out.append(byte: byte)
      }
    }
  }
}

extension RawSpan {
  /// Whether there is one of the two bytes, a newline or a return.
  @inline(__always)
  fileprivate func hasSpecial(_ a: UInt8, _ b: UInt8) -> Bool {
    if byteCount < 8 {
      for i in 0..<byteCount {
        let byte = self[i]
        if byte == a || byte == b || byte == 0x0A || byte == 0x0D { return true }
      }
      return false
    }
    var i = 0
    // The last eight bytes may be looked at twice.
    let last = byteCount &- 8
    while i < last {
      if hasSpecial(i, a, b) { return true }
      i &+= 8
    }
    return hasSpecial(last, a, b)
  }

  /// The same of the eight bytes at `offset`.
  @inline(__always)
  private func hasSpecial(_ offset: Int, _ a: UInt8, _ b: UInt8) -> Bool {
    let word = unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
    return (word.zeros(a) | word.zeros(b) | word.zeros(0x0A) | word.zeros(0x0D)) != 0
  }
}

extension UInt64 {
  /// Not zero if one of its eight bytes is `byte`: a zero borrows when one is taken away.
  @inline(__always)
  fileprivate func zeros(_ byte: UInt8) -> UInt64 {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let zeros = self ^ ones &* UInt64(byte)
    return (zeros &- ones) & ~zeros & (ones &* 0x80)
  }
}
