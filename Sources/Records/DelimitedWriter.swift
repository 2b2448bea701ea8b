import CSearch
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
        if let cell = cells.plainCell(k, bytes) {
          put(bytes.extracting(cell), &out)
        } else {
          scratch.append(cell: cells.place(k, bytes), bytes)
          let text = scratch.takeOpenLine()
          unsafe put(text.span.bytes, &out)
        }
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

  @inline(__always)
  private func put(_ text: RawSpan, _ out: inout BatchBuilder) {
    switch format.quoting {
    case .none: out.append(text)
    case .quotes:
      // A line of one empty field would be an empty line.
      if text.byteCount == 0, cells.names.count == 1 { return quote(text, &out) }
      if !append(text, without: UInt8(ascii: "\""), &out) { quote(text, &out) }
    case .backslashes:
      if !append(text, without: UInt8(ascii: "\\"), &out) { escape(text, &out) }
    }
  }

  /// Copies a text while it is looked at.
  ///
  /// - Returns: false if there is a delimiter, a `mark`, a newline or a return in it, and nothing was
  ///   appended.
  @inline(__always)
  private func append(
    _ text: RawSpan, without mark: UInt8, _ out: inout BatchBuilder
  ) -> Bool {
    var isPlain = true
    unsafe out.append(upTo: text.byteCount) { target in
      unsafe text.withUnsafeBytes { source in
        guard let start = unsafe source.baseAddress?.assumingMemoryBound(to: UInt8.self)
        else { return }
        isPlain = unsafe !CSearchCopy(target, start, source.count, format.delimiter, mark)
      }
      return isPlain ? text.byteCount : 0
    }
    return isPlain
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
