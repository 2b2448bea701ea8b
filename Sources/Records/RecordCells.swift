package import Lines

/// The values of a record by columns, for outputs that have some. The columns are given, or those of
/// the first record.
struct RecordCells {
  private(set) var names: [FieldName]
  /// Given columns are looked for and no other field is looked at.
  private let locator: RowLocator?
  private var fields = RowFields([])
  private(set) var areKnown: Bool
  /// For each column the number of its field in the record read last; -1 if it has none.
  private var columns: [Int] = []

  init(_ names: [FieldName]?) {
    self.names = names ?? []
    locator = names.map { names in RowLocator(paths: names.map { [$0] }) }
    areKnown = names != nil
  }

  /// Finds the values of the record that is all of `range`.
  ///
  /// - Parameter tokens: those of the batch whose bytes these are.
  /// - Throws: if it is no record, or has a field that is no column though none were given.
  mutating func read(
    _ bytes: RawSpan, _ range: Range<Int>, _ tokens: TokenTable?
  ) throws(RecordFault) {
    if let locator {
      try RowFields.expectMap(bytes, range)
      return locator.locate(bytes, range, tokens)
    }
    if !areKnown { try begin(bytes, range) }
    try fields.read(bytes, range, tokens)
    if fields.areAsBefore { return }
    for k in columns.indices { columns[k] = -1 }
    for i in 0..<fields.count {
      let field = fields[i]
      if field.match >= 0 {
        columns[field.match] = i
      } else {
        fields.forget()
        throw RecordFault(
          expected: "the fields of the first record, since no 'columns' are given",
          found: .other("another one, '\(bytes.extracting(field.name).text)'"),
          at: field.name.lowerBound - range.lowerBound)
      }
    }
  }

  private mutating func begin(
    _ bytes: RawSpan, _ range: Range<Int>
  ) throws(RecordFault) {
    try fields.read(bytes, range)
    var seen: Set<FieldName> = []
    for i in 0..<fields.count {
      let raw = bytes.extracting(fields[i].name)
      let name = FieldName(fields.hasEscapes ? JSONDecoding.unescaped(raw) : raw.array)
      if seen.insert(name).inserted { names.append(name) }
    }
    fields = RowFields(names)
    columns = Array(repeating: -1, count: names.count)
    areKnown = true
  }

  /// The bytes that are the cell of column `k` just as they stand, which those of most are: a text
  /// without its quotes, a number as it was read. Nil for a cell that has to be made.
  @inline(__always)
  func plainCell(_ k: Int, _ bytes: RawSpan) -> Range<Int>? {
    if locator == nil, fields.isJSON, !fields.hasEscapes {
      if columns[k] < 0 { return 0..<0 }
      let value = fields[columns[k]].value
      return switch bytes[value.lowerBound] {
      case UInt8(ascii: "\""): value.lowerBound &+ 1..<value.upperBound &- 1
      case UInt8(ascii: "n"): 0..<0
      case UInt8(ascii: "{"), UInt8(ascii: "["): nil
      default: value
      }
    }
    let place = place(k, bytes)
    if place.kind == .text { return place.isEscaped ? nil : place.payload }
    if place.kind == .missing || place.kind == .null { return 0..<0 }
    return place.isJSON && place.kind.isScalar ? place.whole : nil
  }

  /// Column `k` of the record read last.
  func place(_ k: Int, _ bytes: RawSpan) -> FieldPlace {
    if let locator { return locator[k] }
    return columns[k] < 0 ? .missing : fields.place(bytes, fields[columns[k]].value)
  }
}

extension BatchBuilder {
  /// The value as text in a cell: a text as it is, null and what is missing as nothing, numbers from
  /// JSON as they were read, all else as JSON without quotes.
  package mutating func append(cell place: FieldPlace, _ bytes: RawSpan) {
    switch place.kind {
    case .missing, .null: break
    case .text where place.isEscaped: append(place.text(in: bytes).bytes)
    case .text: append(bytes.extracting(place.payload))
    case .list, .map: append(json: bytes, row: place.whole)
    default:
      if place.isJSON {
        append(bytes.extracting(place.whole))
      } else {
        append(json: place.value(in: bytes), quotesSpecial: false)
      }
    }
  }
}
