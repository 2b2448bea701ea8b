package import Lines

/// Items as the elements of one list: a line is a string, a record what it is. The row is JSON text
/// as long as JSON can hold all of them, so that records stay as they were read, and compact else.
extension BatchBuilder {
  /// Appends the list of all items of `batches`, in order, to the open line.
  package mutating func append(listOf batches: [Batch]) {
    let isJSON = batches.allSatisfy(\.isJSON)
    append(byte: isJSON ? UInt8(ascii: "[") : RowTag.list.rawValue)
    var isFirst = true
    for batch in batches {
      batch.withBytes { bytes in
        for i in 0..<batch.count {
          if isJSON, !isFirst { append(byte: UInt8(ascii: ",")) }
          isFirst = false
          append(element: bytes.extracting(batch.range(i)), batch.kind(i), isJSON: isJSON)
        }
      }
    }
    append(byte: isJSON ? UInt8(ascii: "]") : RowTag.end.rawValue)
    // A compact row may have any byte in it.
    if !isJSON { noteInnerDelimiters() }
  }

  private mutating func append(element bytes: RawSpan, _ kind: ItemKind, isJSON: Bool) {
    switch (kind, isJSON) {
    case (.line, true): append(jsonText: bytes)
    case (.line, false): append(rowText: bytes)
    case (_, true): append(bytes)
    case (_, false): append(rowCopy: bytes)
    }
  }
}

extension Batch {
  /// Whether JSON can hold every item as it is.
  fileprivate var isJSON: Bool {
    withBytes { bytes in
      for i in 0..<count {
        let item = bytes.extracting(range(i))
        let fits = kind(i) == .line ? item.isUTF8 : !RowScan.isCompact(item, at: 0)
        if !fits { return false }
      }
      return true
    }
  }
}
