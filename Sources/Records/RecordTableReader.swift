import Lines

extension RecordTable {
  package enum Format: String, Sendable, CaseIterable { case csv, tsv, json }

  /// Reads all of a file.
  ///
  /// A JSON file is records one after another, a list of records, or, if no `key` is given, one object
  /// whose names are the keys.
  ///
  /// - Parameters:
  ///   - key: the field that is the key; nil is the first one that the first record has.
  ///   - value: the field that a key stands for; nil is the whole record.
  ///   - maxRecord: in bytes.
  /// - Throws: why it can not be read, or is no table: a key that is missing or comes twice.
  package static func read(
    _ path: String, _ format: Format, key: FieldName?, value: FieldName?, maxRecord: Int
  ) throws(RecordTableFault) -> RecordTable {
    let file = try TableFile(path)
    var reader = RecordTableReader(key: key, value: value, mayBeMap: format == .json)
    switch format {
    case .json:
      var splitter = RecordSplitter(JSONReader(maxRecord: maxRecord), maxLine: maxRecord)
      try reader.readAll(&splitter, file)
    case .csv, .tsv:
      let delimited = DelimitedReader(format == .csv ? .csv : .tsv, maxRecord: maxRecord)
      var splitter = RecordSplitter(delimited, maxLine: maxRecord)
      try reader.readAll(&splitter, file)
    }
    return try reader.finish()
  }
}

/// Makes a table of the records of a file.
private struct RecordTableReader {
  private var key: FieldName?
  private let value: FieldName?
  private var table = RecordTable()
  private var fields = RowFields([])
  /// Whether `fields` looks for the key and the value.
  private var areKnown = false
  private var known: Set<FieldName> = []
  /// Whether one object alone is a table.
  private let mayBeMap: Bool
  /// The first record, as long as it is the only one and may be all of the table.
  private var first: Batch?
  private var isFirst = true

  init(key: FieldName?, value: FieldName?, mayBeMap: Bool) {
    self.key = key
    self.value = value
    self.mayBeMap = mayBeMap && key == nil
  }

  mutating func readAll<Reader: RecordReader & ~Copyable>(
    _ splitter: inout RecordSplitter<Reader>, _ file: borrowing TableFile
  ) throws(RecordTableFault) {
    while true {
      let count = unsafe splitter.fill { unsafe file.read($0) }
      if count < 0 { throw TableFile.fault }
      if count == 0 { break }
      while let batch = try taken({ () throws(RecordInputFailure) in try splitter.take() }) {
        try add(batch)
      }
    }
    while let batch = try taken({ () throws(RecordInputFailure) in try splitter.finish() }) {
      try add(batch)
    }
  }

  private func taken(
    _ take: () throws(RecordInputFailure) -> Batch?
  ) throws(RecordTableFault) -> Batch? {
    do throws(RecordInputFailure) { return try take() } catch {
      switch error.reason {
      case .fault(let fault): throw RecordTableFault("line \(error.number): \(fault)")
      case .tooLong(let limit):
        throw RecordTableFault("line \(error.number): the record is larger than \(limit) bytes")
      }
    }
  }

  mutating func finish() throws(RecordTableFault) -> RecordTable {
    if let first { try addMap(first) }
    if let value {
      table.fields = [value]
      table.holdsValues = true
    }
    return table
  }

  private mutating func add(_ batch: Batch) throws(RecordTableFault) {
    for i in 0..<batch.count {
      if isFirst, mayBeMap {
        first = batch.slice(i..<i + 1).compacted()
      } else {
        if let first { try addItem(first, 0) }
        first = nil
        try addItem(batch, i)
      }
      isFirst = false
    }
  }

  /// A record, or a list of them.
  private mutating func addItem(_ batch: Batch, _ i: Int) throws(RecordTableFault) {
    let number = batch.number(i)
    let range = batch.range(i)
    try batch.withBytes { (bytes) throws(RecordTableFault) in
      if mayBeList(bytes, range) {
        for element in JSONDecoding.elements(bytes, range) { try add(bytes, element, number) }
      } else {
        try add(bytes, range, number)
      }
    }
  }

  private func mayBeList(_ bytes: RawSpan, _ range: Range<Int>) -> Bool {
    bytes[range.lowerBound] == UInt8(ascii: "[")
  }

  private mutating func add(
    _ bytes: RawSpan, _ range: Range<Int>, _ number: UInt64
  ) throws(RecordTableFault) {
    try readFields(bytes, range, number)
    var keyText: Text?
    var keyPlace: Range<Int>?
    var found: Range<Int>?
    for k in 0..<fields.count {
      let field = fields[k]
      switch field.match {
      case 0:
        keyText = RowFields.place(bytes, field.value).value(in: bytes).spelling
        keyPlace = field.value
      case 1: found = field.value
      default: if value == nil { note(k, of: fields, bytes) }
      }
    }
    guard let keyText else { throw missing(key, number) }
    var row = range
    if let value {
      // The key's own field may be the one that is wanted.
      if value == key { found = keyPlace }
      guard let found else { throw missing(value, number) }
      row = RowFields.place(bytes, found).whole
    }
    try add(keyText, bytes.extracting(row), number)
  }

  private mutating func add(
    _ key: Text, _ row: RawSpan, _ number: UInt64
  ) throws(RecordTableFault) {
    if key.withSpan({ table.add($0, row) }) { return }
    throw RecordTableFault(
      "line \(number): the key '\(key.string.prefix(60))' is there a second time",
      remedy: "name the field that is different in each record under 'column'")
  }

  private func missing(_ field: FieldName?, _ number: UInt64) -> RecordTableFault {
    RecordTableFault(
      "line \(number): there is no field '\(Text(field?.bytes ?? []).string)'")
  }

  /// Finds the fields of a record; those of the first one decide what the key is.
  private mutating func readFields(
    _ bytes: RawSpan, _ range: Range<Int>, _ number: UInt64
  ) throws(RecordTableFault) {
    do throws(RecordFault) {
      try fields.read(bytes, range)
      if areKnown { return }
      if key == nil, fields.count > 0 { key = name(fields[0], of: fields, bytes) }
      guard let key else { throw RecordFault(expected: "a field", found: .other("none"), at: 0) }
      fields = RowFields([key] + (value.map { $0 == key ? [] : [$0] } ?? []))
      areKnown = true
      try fields.read(bytes, range)
    } catch {
      throw RecordTableFault(
        "line \(number): expected \(error.expected), found \(error.found)")
    }
  }

  private func name(
    _ field: RowFields.Field, of fields: RowFields, _ bytes: RawSpan
  ) -> FieldName {
    let raw = bytes.extracting(field.name)
    return FieldName(fields.hasEscapes ? JSONDecoding.unescaped(raw) : raw.array)
  }

  /// Remembers the name of field `k`, which most records have in the same order.
  private mutating func note(_ k: Int, of fields: RowFields, _ bytes: RawSpan) {
    let raw = bytes.extracting(fields[k].name)
    if !fields.hasEscapes {
      // The key's own field may stand before it.
      for candidate in [k, k - 1] where table.fields.indices.contains(candidate) {
        if table.fields[candidate].bytes.elementsEqual(raw.array) { return }
      }
    }
    let name = name(fields[k], of: fields, bytes)
    if known.insert(name).inserted { table.fields.append(name) }
  }

  /// One object, whose names are the keys; or one record, if a list is not meant.
  private mutating func addMap(_ batch: Batch) throws(RecordTableFault) {
    let range = batch.range(0)
    let all = RowFields([])
    let isMap = batch.withBytes { bytes in
      !mayBeList(bytes, range) && (try? all.read(bytes, range)) != nil
    }
    guard isMap else { return try addItem(batch, 0) }
    try batch.withBytes { (bytes) throws(RecordTableFault) in
      for i in 0..<all.count {
        try addValue(Text(name(all[i], of: all, bytes).bytes), bytes, all[i].value)
      }
    }
  }

  private mutating func addValue(
    _ key: Text, _ bytes: RawSpan, _ range: Range<Int>
  ) throws(RecordTableFault) {
    let inner = RowFields(value.map { [$0] } ?? [])
    let isRecord = (try? inner.read(bytes, range)) != nil
    guard let value else {
      if isRecord {
        for k in 0..<inner.count { note(k, of: inner, bytes) }
      }
      return try add(key, bytes.extracting(range), 1)
    }
    let match = (0..<inner.count).last { inner[$0].match == 0 }
    guard isRecord, let match else {
      throw RecordTableFault(
        "the key '\(key.string.prefix(60))' has no field '\(Text(value.bytes).string)'")
    }
    try add(key, bytes.extracting(inner[match].value), 1)
  }
}
