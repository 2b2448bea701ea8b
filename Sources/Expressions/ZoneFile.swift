/// A compiled time zone: RFC 8536, versions 2 and later.
struct ZoneFile: Sendable {
  struct Clock: Sendable {
    /// In seconds before UTC.
    var offset: Int
    var abbreviation: String
  }

  private var times: [Int] = []
  /// The position in `clocks` of what begins at each time.
  private var kinds: [UInt8] = []
  private var clocks: [Clock] = []
  /// What holds behind the last time.
  private var rule: ZoneRule?

  /// Nil if it is no such file.
  init?(_ bytes: [UInt8]) {
    var reader = ZoneReader(bytes)
    guard let first = reader.header() else { return nil }
    // The first block has 32-bit times; the second says the same and more.
    reader.position += first.length(timeSize: 4)
    guard let header = reader.header(), header.types > 0,
      reader.position + header.length(timeSize: 8) <= bytes.count
    else { return nil }
    for _ in 0..<header.times { times.append(Int(reader.integer(8))) }
    for _ in 0..<header.times { kinds.append(UInt8(truncatingIfNeeded: reader.integer(1))) }
    var types: [(offset: Int, name: Int)] = []
    for _ in 0..<header.types {
      let offset = Int(Int32(truncatingIfNeeded: reader.integer(4)))
      _ = reader.integer(1)
      types.append((offset, Int(reader.integer(1))))
    }
    let names = bytes[reader.position..<reader.position + header.characters]
    for type in types {
      let name = names.dropFirst(type.name).prefix { $0 != 0 }
      clocks.append(
        Clock(offset: type.offset, abbreviation: String(decoding: name, as: UTF8.self)))
    }
    guard kinds.allSatisfy({ $0 < header.types }) else { return nil }
    reader.position += header.characters + header.leaps * 12 + header.standards + header.locals
    rule = ZoneRule(Array(bytes[reader.position...].dropFirst().prefix { $0 != 0x0A }))
  }

  func type(at seconds: Int) -> Clock {
    if let last = times.last, seconds >= last, let rule { return rule.clock(at: seconds) }
    if times.isEmpty, let rule { return rule.clock(at: seconds) }
    var lower = 0
    var upper = times.count
    while lower < upper {
      let middle = (lower + upper) / 2
      if times[middle] <= seconds { lower = middle + 1 } else { upper = middle }
    }
    return lower == 0 ? clocks[0] : clocks[Int(kinds[lower - 1])]
  }
}

private struct ZoneReader {
  struct Header {
    var locals: Int
    var standards: Int
    var leaps: Int
    var times: Int
    var types: Int
    var characters: Int

    func length(timeSize: Int) -> Int {
      times * (timeSize + 1) + types * 6 + characters + leaps * (timeSize + 4) + standards + locals
    }
  }

  let bytes: [UInt8]
  var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// Big-endian.
  mutating func integer(_ size: Int) -> Int64 {
    var value: UInt64 = 0
    for _ in 0..<size {
      value = value << 8 | UInt64(position < bytes.count ? bytes[position] : 0)
      position += 1
    }
    return Int64(bitPattern: value)
  }

  mutating func header() -> Header? {
    guard position + 44 <= bytes.count,
      bytes[position...].starts(with: "TZif".utf8), bytes[position + 4] >= UInt8(ascii: "2")
    else { return nil }
    position += 20
    return Header(
      locals: Int(integer(4)), standards: Int(integer(4)), leaps: Int(integer(4)),
      times: Int(integer(4)), types: Int(integer(4)), characters: Int(integer(4)))
  }
}
