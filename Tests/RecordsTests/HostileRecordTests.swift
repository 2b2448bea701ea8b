import Lines
import Records
import TestSupport
import Testing

/// Data that somebody made to hurt: large, deep, many, no text.
struct HostileRecordTests {
  @Test func `a very long string is one value among others`() throws {
    let long = [UInt8](repeating: UInt8(ascii: "x"), count: 2_000_000)
    let text = Array(#"{"before":1,"long":""#.utf8) + long + Array(#"","after":2}"#.utf8)
    #expect(try checked(text) == 0..<text.count)
    #expect(try located(text, ["before", "after"]) == [1, 2])
    let compact = row { builder in
      builder.beginRow()
      builder.field("long", text: long.span.bytes)
      builder.field("after", .int(2))
      builder.endRow()
    }
    #expect(try located(compact, ["after"]) == [2])
  }

  @Test func `a row of very many fields is read, changed and turned into a value`() throws {
    let count = 20_000
    let fields = (0..<count).map { "\"k\($0)\":\($0)" }.joined(separator: ",")
    let text = Array("{\(fields)}".utf8)
    #expect(try checked(text) == 0..<text.count)
    #expect(try located(text, ["k0", "k19999", "none"]) == [0, 19_999, nil])
    guard case .map(let map) = JSONDecoding.value(in: text) else {
      Issue.record("it is no map")
      return
    }
    #expect(map.count == count)
    #expect(map["k12345" as Text] == 12_345)
  }

  @Test func `very many names that are the same are one`() {
    let text = "{" + (0..<10_000).map { "\"a\":\($0)" }.joined(separator: ",") + "}"
    #expect(
      JSONDecoding.value(in: Array(text.utf8)) == .map(ValueMap(record: [("a", 9999)])))
  }

  @Test func `lines of very many pairs and records of very many columns take no longer`() throws {
    let count = 5000
    var logfmt = LogfmtParser()
    var pairs = PairParser()
    let line = (0..<count).map { "k\($0)=\($0)" }.joined(separator: " ") + " k7=last"
    let wide = try row { try logfmt.parse(Array(line.utf8).span.bytes, into: &$0) }
    #expect(try located(wide, ["k7", "k4999"]) == ["last", "4999"])
    #expect(try row { try pairs.parse(Array(line.utf8).span.bytes, into: &$0) } == wide)
    let names = (0..<count).map { "k\($0)" }
    for bytes in [wide, Array(json(wide).utf8)] {
      let values = try located(bytes, names)
      #expect(values.count(where: { $0 == nil }) == 0 && values[17] == "17")
    }
    let locator = RowLocator(paths: names.map { [FieldName($0)] })
    let other = Batch.of(["{\"k\":1,\"k5000\":2,\"k\\u0031\":3}"])
    other.withBytes { locator.locate($0, other.range(0)) }
    #expect(!locator[1].isMissing && locator[2].isMissing)
  }

  @Test func `deep nesting is refused before it is too deep for anybody`() throws {
    for open in ["[", "{\"a\":"] {
      let text = String(repeating: open, count: 20_000)
      let fault = #expect(throws: RecordFault.self) { try checked(Array(text.utf8)) }
      #expect(fault?.expected == "at most 1000 lists and maps in each other")
    }
  }

  @Test func `invalid UTF-8 is refused in JSON and kept by all else`() throws {
    let bad: [UInt8] = [0x61, 0xC3, 0x28]
    for text in [
      [0x7B, 0x22] + bad + Array("\":1}".utf8), Array("{\"a\":\"".utf8) + bad + [0x22, 0x7D],
    ] {
      let fault = #expect(throws: RecordFault.self) { try checked(text) }
      #expect(fault?.expected == "UTF-8")
    }
    let compact = row { builder in
      builder.beginRow()
      builder.field(name: bad.span.bytes, text: bad.span.bytes)
      builder.endRow()
    }
    let locator = RowLocator(paths: [[FieldName(bad)]])
    let batch = Batch.of([compact])
    batch.withBytes { bytes in
      locator.locate(bytes, batch.range(0))
      #expect(locator[0].value(in: bytes) == .string(Text(bad)))
    }
    #expect(json(compact) == "{\"a\u{FFFD}(\":\"a\u{FFFD}(\"}")
  }

  @Test func `rows whose bytes are changed at random are never JSON by mistake`() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = Random(seed: seed)
    let whole = Array(
      #"{"a":{"b":[1,2,{"c":"\u00e9\\"}]},"n":-1.5e3,"t":true,"x":null,"a":{"b":7}}"#.utf8)
    let checker = JSONChecker()
    for _ in 0..<1000 {
      var text = whole
      for _ in 0..<random.below(4) {
        text[random.below(text.count)] = random.pick(Array(#"{}[]:,"\ 0aé"#.utf8))
      }
      guard let range = try? checked(text, by: checker) else { continue }
      let value = Array(text[range])
      // What is JSON is found, decoded and written again without a trap.
      let decoded = JSONDecoding.value(in: value)
      let written = json(row { $0.append(rowValue: decoded) })
      #expect(JSONDecoding.value(in: Array(written.utf8)) == decoded, "seed \(seed)")
      guard case .map(let map) = decoded else { continue }
      #expect(
        try located(value, ["n", "x"]) == [map["n" as Text], map["x" as Text]], "seed \(seed)")
    }
  }

  @Test func `random values survive both forms of a row`() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = Random(seed: seed)
    for _ in 0..<500 {
      let value = Self.value(&random, depth: 4)
      let compact = row { $0.append(rowValue: value) }
      #expect(try located(compact, [""]) == [value], "seed \(seed)")
      let text = Array(json(compact).utf8)
      #expect(try checked(text) == 0..<text.count, "seed \(seed)")
    }
  }

  private static func value(_ random: inout Random, depth: Int) -> Value {
    switch random.below(depth > 0 ? 10 : 8) {
    case 0: .null
    case 1: .bool(random.below(2) == 0)
    case 2: .int(Int64(bitPattern: random.next()))
    case 3: .uint(random.next())
    case 4: .double(Double(bitPattern: random.next()))
    case 5: .bytes(random.line())
    case 6:
      Timestamp(seconds: Int64(random.below(1 << 33)), nanoseconds: Int32(random.below(1000)))
        .map { .timestamp($0) } ?? .null
    case 7: .string(Text(random.line()))
    case 8: .list((0..<random.below(4)).map { _ in value(&random, depth: depth - 1) })
    default:
      .map(
        ValueMap(
          record: (0..<random.below(4)).map { (Text("k\($0)"), value(&random, depth: depth - 1)) }))
    }
  }
}
