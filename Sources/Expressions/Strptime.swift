import Records

/// A format of strptime(3), read.
struct Strptime {
  private let format: [UInt8]

  init(_ format: [UInt8]) { self.format = format }

  func parse(_ text: [UInt8], in zone: TimeZone) throws(Problem) -> Timestamp {
    var reader = StrptimeReader(text)
    var position = 0
    while position < format.count {
      let c = format[position]
      position += 1
      if c != UInt8(ascii: "%") {
        guard reader.literal(c) else { throw wrong(text, reader) }
        continue
      }
      guard position < format.count else { throw Problem("the format ends with a single %") }
      var letter = format[position]
      position += 1
      // %3N is a number of digits to write; reading takes those that are there.
      if letter.isDigit, position < format.count, format[position] == UInt8(ascii: "N") {
        letter = format[position]
        position += 1
      }
      guard let isRead = reader.read(letter) else {
        throw Problem("the format has no %\(UnicodeScalar(letter)) to read")
      }
      if !isRead { throw wrong(text, reader) }
    }
    guard reader.digits.isAtEnd else { throw wrong(text, reader) }
    return try reader.timestamp(in: zone, text)
  }

  private func wrong(_ text: [UInt8], _ reader: StrptimeReader) -> Problem {
    Problem(
      "\(Value.string(Text(text)).shown) does not follow the format "
        + "\(Value.string(Text(format)).shown) from its byte \(reader.digits.position + 1) on")
  }
}

/// What has been read so far.
private struct StrptimeReader {
  var digits: DigitReader
  private var civil = CivilTime(year: 1970, month: 1, day: 1)
  private var dayOfYear: Int?
  private var isAfternoon: Bool?
  private var offset: Int?
  private var seconds: Int64?

  init(_ text: [UInt8]) { digits = DigitReader(text) }

  /// White space stands for any amount of it.
  mutating func literal(_ c: UInt8) -> Bool {
    if c == 0x20 || (0x09...0x0D).contains(c) {
      skipSpace()
      return true
    }
    guard digits.byte == c else { return false }
    digits.advance()
    return true
  }

  private mutating func skipSpace() {
    while let byte = digits.byte, byte == 0x20 || (0x09...0x0D).contains(byte) { digits.advance() }
  }

  /// Nil if there is no such clause; false if the text does not follow it.
  mutating func read(_ letter: UInt8) -> Bool? {
    switch UnicodeScalar(letter) {
    case "%": return literal(letter)
    case "n", "t":
      skipSpace()
      return true
    case "F": return readAll("Y-m-d")
    case "T": return readAll("H:M:S")
    case "R": return readAll("H:M")
    case "D": return readAll("m/d/y")
    case "a", "A": return name(TimeNames.days) != nil
    case "b", "B", "h":
      guard let found = name(TimeNames.months) else { return false }
      civil.month = found + 1
      return true
    case "p", "P": return readHalf()
    case "z":
      offset = digits.offset()
      return offset != nil
    case "Z":
      // Names of zones mean different things in different places; UTC and GMT are sure.
      guard name(["UTC", "GMT", "Z"], isWhole: true) != nil else { return false }
      offset = 0
      return true
    case "f", "N": return readFraction()
    case "s": return readEpoch()
    default: return readNumber(letter)
    }
  }

  private mutating func readAll(_ format: String) -> Bool {
    for c in format.utf8 {
      let isRead = c | 0x20 >= 0x61 ? readNumber(c) ?? false : literal(c)
      if !isRead { return false }
    }
    return true
  }

  private mutating func readNumber(_ letter: UInt8) -> Bool? {
    let clauses: [UnicodeScalar: (WritableKeyPath<CivilTime, Int>, Int, ClosedRange<Int>)] = [
      "Y": (\.year, 4, 1...9999), "m": (\.month, 2, 1...12), "d": (\.day, 2, 1...31),
      "e": (\.day, 2, 1...31), "H": (\.hour, 2, 0...23), "k": (\.hour, 2, 0...23),
      "I": (\.hour, 2, 1...12), "l": (\.hour, 2, 1...12), "M": (\.minute, 2, 0...59),
      "S": (\.second, 2, 0...60),
    ]
    if let (part, width, range) = clauses[UnicodeScalar(letter)] {
      skipSpace()
      guard let number = digits.number(upTo: width), range.contains(number) else { return false }
      civil[keyPath: part] = number
      return true
    }
    switch UnicodeScalar(letter) {
    case "y":
      guard let number = digits.number(upTo: 2) else { return false }
      civil.year = number < 69 ? 2000 + number : 1900 + number
    case "j":
      guard let number = digits.number(upTo: 3), (1...366).contains(number) else { return false }
      dayOfYear = number
    default: return nil
    }
    return true
  }

  private mutating func readHalf() -> Bool {
    guard let half = name(["AM", "PM"], isWhole: true) else { return false }
    isAfternoon = half == 1
    return true
  }

  private mutating func readFraction() -> Bool {
    var value = 0
    var count = 0
    while let byte = digits.byte, byte.isDigit {
      if count < 9 { value = value * 10 + Int(byte - 0x30) }
      count += 1
      digits.advance()
    }
    if count == 0 { return false }
    for _ in 0..<max(0, 9 - count) { value *= 10 }
    civil.nanosecond = value
    return true
  }

  private mutating func readEpoch() -> Bool {
    let isNegative = digits.take("-")
    guard let number = digits.number(upTo: 12) else { return false }
    seconds = Int64(isNegative ? -number : number)
    return true
  }

  /// The position of the name that stands here, in any case, whole or its first three letters.
  private mutating func name(_ names: [String], isWhole: Bool = false) -> Int? {
    let rest = digits.rest.prefix(12).map { $0 | 0x20 }
    for (i, name) in names.enumerated() {
      let letters = name.utf8.map { $0 | 0x20 }
      for width in isWhole ? [letters.count] : [letters.count, 3]
      where rest.starts(with: letters.prefix(width)) {
        digits.advance(width)
        return i
      }
    }
    return nil
  }

  func timestamp(in zone: TimeZone, _ text: [UInt8]) throws(Problem) -> Timestamp {
    var civil = civil
    if let isAfternoon { civil.hour = civil.hour % 12 + (isAfternoon ? 12 : 0) }
    if let dayOfYear {
      let day = CivilTime(days: CivilTime(year: civil.year, month: 1, day: 1).days + dayOfYear - 1)
      (civil.month, civil.day) = (day.month, day.day)
    }
    let found: Timestamp?
    if let seconds {
      found = Timestamp(seconds: seconds, nanoseconds: Int32(civil.nanosecond))
    } else if let offset {
      found = civil.timestamp(offset: offset)
    } else {
      // The offset there is at that time; where clocks are put back, the earlier of both.
      let first = zone.offset(at: Int64(civil.seconds))
      let guess = zone.offset(at: Int64(civil.seconds - first))
      let early = zone.offset(at: Int64(civil.seconds - max(first, guess)))
      found = civil.timestamp(offset: early == max(first, guess) ? early : guess)
    }
    guard let found else {
      throw Problem("\(Value.string(Text(text)).shown) is no date of the years 1 to 9999")
    }
    return found
  }
}
