import Records

extension Function {
  /// The rows of a CSV text: quotes may enclose fields, in which two stand for one.
  @Sendable static func decodedCSV(_ values: [Value]) throws(Problem) -> Value {
    let text = try values[0].text()
    var delimiter = UInt8(ascii: ",")
    if values.count > 1 {
      let given = try values[1].text()
      guard given.count == 1, given[0] < 0x80, given[0] != UInt8(ascii: "\"") else {
        throw Problem("fields are divided by one ASCII character")
      }
      delimiter = given[0]
    }
    var reader = CSVTextReader(text, delimiter)
    return .list(try reader.rows())
  }

  @Sendable static func decodedPairs(_ values: [Value]) throws(Problem) -> Value {
    let text = try values[0].text()
    let between = values.count > 2 ? try values[1].text() : Array(" ".utf8)
    let mark = values.count > 2 ? try values[2].text() : Array("=".utf8)
    guard !between.isEmpty, !mark.isEmpty else {
      throw Problem("the marks between pairs and behind keys can not be empty")
    }
    var reader = PairReader(text, between: between, mark: mark)
    return .map(try reader.read())
  }
}

private struct CSVTextReader {
  private let text: [UInt8]
  private let delimiter: UInt8
  private var position = 0

  init(_ text: [UInt8], _ delimiter: UInt8) {
    self.text = text
    self.delimiter = delimiter
  }

  mutating func rows() throws(Problem) -> [Value] {
    var rows: [Value] = []
    while position < text.count {
      var fields: [Value] = []
      repeat { fields.append(.string(Text(try field()))) } while takesDelimiter()
      rows.append(.list(fields))
      try endRow()
    }
    return rows
  }

  private mutating func takesDelimiter() -> Bool {
    guard position < text.count, text[position] == delimiter else { return false }
    position += 1
    return true
  }

  private mutating func endRow() throws(Problem) {
    guard position < text.count else { return }
    if text[position] == 0x0D, position + 1 < text.count, text[position + 1] == 0x0A {
      position += 1
    }
    guard text[position] == 0x0A || text[position] == 0x0D else {
      throw Problem("something follows the closing quote at byte \(position + 1)")
    }
    position += 1
  }

  private mutating func field() throws(Problem) -> [UInt8] {
    let quote = UInt8(ascii: "\"")
    guard position < text.count, text[position] == quote else {
      let start = position
      while position < text.count {
        let c = text[position]
        if c == delimiter || c == 0x0A { break }
        if c == 0x0D, position + 1 == text.count || text[position + 1] == 0x0A { break }
        position += 1
      }
      return Array(text[start..<position])
    }
    let start = position
    position += 1
    var out: [UInt8] = []
    while position < text.count {
      let c = text[position]
      position += 1
      if c != quote {
        out.append(c)
      } else if position < text.count, text[position] == quote {
        out.append(quote)
        position += 1
      } else {
        return out
      }
    }
    throw Problem("the quote at byte \(start + 1) is not closed")
  }
}

private struct PairReader {
  private let text: [UInt8]
  private let between: [UInt8]
  private let mark: [UInt8]
  private var position = 0

  init(_ text: [UInt8], between: [UInt8], mark: [UInt8]) {
    self.text = text
    self.between = between
    self.mark = mark
  }

  private func stands(_ part: [UInt8]) -> Bool { text[position...].starts(with: part) }

  mutating func read() throws(Problem) -> ValueMap {
    var map = ValueMapBuilder()
    while position < text.count {
      if stands(between) {
        position += between.count
        continue
      }
      let key = try piece(until: [mark, between])
      var value: [UInt8] = []
      if position < text.count, stands(mark) {
        position += mark.count
        value = try piece(until: [between])
      }
      map[.string(Text(key))] = .string(Text(value))
    }
    return map.map()
  }

  private mutating func piece(until ends: [[UInt8]]) throws(Problem) -> [UInt8] {
    if position < text.count, text[position] == UInt8(ascii: "\"") { return try quoted() }
    let start = position
    while position < text.count, !ends.contains(where: stands) { position += 1 }
    return Array(text[start..<position])
  }

  private mutating func quoted() throws(Problem) -> [UInt8] {
    let start = position
    position += 1
    var out: [UInt8] = []
    while position < text.count {
      var c = text[position]
      position += 1
      if c == UInt8(ascii: "\"") { return out }
      if c == UInt8(ascii: "\\"), position < text.count {
        c = text[position]
        position += 1
        if c == UInt8(ascii: "n") { c = 0x0A } else if c == UInt8(ascii: "t") { c = 0x09 }
      }
      out.append(c)
    }
    throw Problem("the quote at byte \(start + 1) is not closed")
  }
}
