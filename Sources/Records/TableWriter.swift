package import Lines

/// Writes columns for people to read, as wide as what is in them, numbers to the right. The widths are
/// those of the first records, of which it holds back at most `held` bytes; what is wider than its
/// column later, or than `widest`, is cut and ends in `…`.
package struct TableWriter: RecordWriter, ~Copyable {
  /// In bytes.
  package static let held = 1 << 20
  /// In characters.
  package static let widest = 60

  private var cells: RecordCells
  private let hasHeader: Bool
  /// Rows not written yet: their texts, and the numbers of their lines.
  private var rows: [(number: UInt64, texts: [TableCell])] = []
  private var heldBytes = 0
  private var widths: [Int] = []
  private var areNumbers: [Bool] = []
  private var areWidthsKnown = false
  private var scratch = BatchBuilder(delimiter: 0x0A)

  package init(columns: [FieldName]? = nil, hasHeader: Bool = true) {
    cells = RecordCells(columns)
    self.hasHeader = hasHeader
  }

  package mutating func write(
    _ batch: Batch, _ i: Int, into out: inout BatchBuilder
  ) throws(RecordFault) {
    if batch.kind(i) == .line {
      throw RecordFault(expected: "a record", found: .other("a line"), at: 0)
    }
    let texts = try batch.withBytes { (bytes) throws(RecordFault) in
      try cells.read(bytes, batch.range(i), batch.tokens)
      return cells.names.indices.map { cell(cells.place($0, bytes), bytes) }
    }
    if areWidthsKnown { return write(texts, number: batch.number(i), &out) }
    rows.append((batch.number(i), texts))
    heldBytes += texts.reduce(64) { $0 + $1.text.count + 48 }
    if heldBytes >= TableWriter.held { writeHeld(&out) }
  }

  private mutating func cell(_ place: FieldPlace, _ bytes: RawSpan) -> TableCell {
    scratch.append(cell: place, bytes)
    let isNumber = place.kind == .int || place.kind == .uint || place.kind == .double
    let isNothing = place.kind == .missing || place.kind == .null
    return TableCell(scratch.takeOpenLine(), kind: isNumber ? .number : isNothing ? .none : .text)
  }

  package mutating func finish(into out: inout BatchBuilder) -> Bool {
    if !areWidthsKnown, cells.areKnown || !cells.names.isEmpty { writeHeld(&out) }
    return false
  }

  private mutating func writeHeld(_ out: inout BatchBuilder) {
    areWidthsKnown = true
    let names = cells.names.map { TableCell($0.bytes, kind: .none) }
    widths = names.indices.map { k in
      let header = hasHeader ? names[k].width : 0
      return min(TableWriter.widest, rows.reduce(max(1, header)) { max($0, $1.texts[k].width) })
    }
    areNumbers = names.indices.map { k in
      rows.allSatisfy { $0.texts[k].kind != .text } && rows.contains { $0.texts[k].kind == .number }
    }
    if hasHeader {
      write(names, number: 0, &out)
      write(widths.map { TableCell(dashes: $0) }, number: 0, &out)
    }
    for row in rows { write(row.texts, number: row.number, &out) }
    rows = []
  }

  private func write(_ texts: [TableCell], number: UInt64, _ out: inout BatchBuilder) {
    var gap = 0
    for (k, text) in texts.enumerated() {
      let shown = text.cut(to: widths[k])
      let padding = widths[k] - shown.width
      gap += areNumbers[k] ? padding : 0
      if !shown.text.isEmpty {
        for _ in 0..<gap { out.append(byte: 0x20) }
        out.append(shown.text)
        gap = 0
      }
      // Spaces at the end of a line are not written.
      gap += (areNumbers[k] ? 0 : padding) + 2
    }
    out.endLine(number: number)
  }
}
