import Lines
import Records
import TestSupport
import Testing

struct RowTests {
  static let everything: [(String, Value)] = [
    ("null", .null), ("yes", true), ("no", false), ("int", -42), ("uint", .uint(.max)),
    ("double", 1.5), ("text", "naïve \"quote\"\n"), ("bytes", .bytes([0, 255, 16])),
    ("list", [1, ["a"], .null]), ("map", .map(ValueMap(record: [("x", 1), ("y", .list([]))]))),
    ("empty", ""),
  ]

  @Test func `a row of every type is read as it was written`() throws {
    let bytes = record(Self.everything)
    let found = try located(bytes, Self.everything.map(\.0))
    for (field, value) in zip(Self.everything, found) { #expect(value == field.1) }
    #expect(
      json(bytes) == """
        {"null":null,"yes":true,"no":false,"int":-42,"uint":18446744073709551615,"double":1.5,\
        "text":"naïve \\"quote\\"\\n","bytes":"AP8Q","list":[1,["a"],null],"map":{"x":1,"y":[]},\
        "empty":""}
        """)
  }

  @Test func `fields of JSON text and of what it becomes are the same`() throws {
    let text = json(record(Self.everything.filter { $0.0 != "bytes" }))
    let names = ["null", "yes", "int", "uint", "double", "text", "list", "map", "empty", "other"]
    let found = try located(Array(text.utf8), names)
    let values = Dictionary(uniqueKeysWithValues: Self.everything)
    for (name, value) in zip(names, found) { #expect(value == values[name], "\(name)") }
  }

  @Test func `a path leads into maps, and nowhere through anything else`() throws {
    let text = Array(#"{"a":{"b":{"c":1},"d":2},"e":[{"b":3}],"b":"x"}"#.utf8)
    let paths = ["a.b.c", "a", "a.d", "e.b", "b.c", "a.b", "x.y"]
    let maps = try located(text, paths)
    #expect(maps[0] == 1)
    #expect(maps[2] == 2)
    #expect(maps[3] == nil && maps[4] == nil && maps[6] == nil)
    #expect(maps[5] == .map(ValueMap(record: [("c", 1)])))
    let compact = row { builder in
      builder.beginRow()
      builder.field("a", row: Array(#"{"b":{"c":1},"d":2}"#.utf8).span.bytes)
      builder.field("b", text: Array("x".utf8).span.bytes)
      builder.endRow()
    }
    #expect(try located(compact, paths) == [maps[0], maps[1], 2, nil, nil, maps[5], nil])
    #expect(try located(compact, [""]).count == 1)
  }

  @Test func `names are remembered of rows and not of the values within them`() throws {
    let paths = [["a", "x"], ["b", "x"], ["c"]].map { $0.map { FieldName($0) } }
    let locator = RowLocator(paths: paths)
    let editor = RowEditor(set: [FieldName("c")])
    let time = try #require(Timestamp(seconds: 5, nanoseconds: 0))
    for k in 0..<4 {
      let text = Array(#"{"a":{"x":\#(k)},"b":{"y":0,"x":\#(k + 10)},"c":7}"#.utf8)
      // With a time in it the row is no JSON any more, but the values in it are.
      let compact = try row { out in
        try text.withRow { try editor.apply($0, $1, [.value(.timestamp(time))], into: &out) }
      }
      for (bytes, last) in [(text, Value.int(7)), (compact, .timestamp(time))] {
        bytes.withRow { locator.locate($0, $1) }
        let found = bytes.withRow { all, _ in (0..<3).map { locator[$0].value(in: all) } }
        #expect(found == [.int(Int64(k)), .int(Int64(k + 10)), last])
      }
    }
  }

  @Test func `an empty path is the row itself`() throws {
    #expect(try located(Array("[1,2]".utf8), [""]) == [[1, 2]])
    #expect(try located(Array("\"x\\u0041\"".utf8), [""]) == ["xA"])
    #expect(try located(record([("a", 1)]), [""]) == [.map(ValueMap(record: [("a", 1)]))])
  }

  @Test func `of names that are the same the last one counts`() throws {
    let text = Array(#"{"a":{"b":1},"x":1,"a":{"c":2},"\u0078":3}"#.utf8)
    #expect(try located(text, ["a.b", "a.c", "x"]) == [nil, 2, 3])
    let whole = try located(text, [""])
    #expect(
      whole == [.map(ValueMap(record: [("a", .map(ValueMap(record: [("c", 2)]))), ("x", 3)]))])
    // Unchanged, both are written.
    #expect(json(text) == String(decoding: text, as: UTF8.self))
  }

  @Test func `escapes in names and values are resolved`() throws {
    let text = Array(#"{"n\u0061me":"\u00e9\ud83d\ude00\/\b","lone":"\ud800x","a\"b":1}"#.utf8)
    #expect(
      try located(text, ["name", "lone", "a\"b"]) == ["é😀/\u{8}", "\u{FFFD}x", 1])
  }

  @Test func `numbers without fraction or exponent are int if they fit`() throws {
    let cases: [(String, Value)] = [
      ("0", 0), ("-0", 0), ("12", 12), ("-9223372036854775808", .int(.min)),
      ("9223372036854775807", .int(.max)), ("9223372036854775808", .uint(1 << 63)),
      ("18446744073709551615", .uint(.max)), ("18446744073709551616", .double(0x1p64)),
      ("1.0", .double(1)), ("1e2", .double(100)), ("-1.5E-3", .double(-0.0015)),
      ("123456789012345678901234567890", .double(1.2345678901234568e29)),
      ("0.1", .double(0.1)), ("1.7976931348623157e308", .double(.greatestFiniteMagnitude)),
      ("1e999", .double(.infinity)), ("4.9e-324", .double(.leastNonzeroMagnitude)),
    ]
    for (text, value) in cases {
      let found = try located(Array("{\"n\":\(text)}".utf8), ["n"])
      #expect(found == [value], "\(text)")
      if case .double = value, case .double? = found[0] { continue }
      #expect(found[0]?.typeName == value.typeName, "\(text)")
    }
  }

  @Test func `what JSON has no form of is written as the manual says`() {
    let fields: [(String, Value)] = [
      ("nan", .double(.nan)), ("inf", .double(-.infinity)), ("whole", .double(5)),
      ("bad", .string(Text([0x61, 0xFF, 0x62]))), ("control", .string(Text([0x01, 0x7F]))),
      ("d", .duration(TimeSpan(seconds: -1, nanoseconds: -500_000_000) ?? .zero)),
      (
        "t",
        Timestamp(seconds: 1_700_000_000, nanoseconds: 5_000_000).map { .timestamp($0) } ?? .null
      ),
      ("old", Timestamp(seconds: -62_135_596_800).map { .timestamp($0) } ?? .null),
      ("keys", .map(ValueMap([.init(1, "a"), .init("1", "b"), .init(true, "c")]))),
    ]
    #expect(
      json(record(fields)) == """
        {"nan":"NaN","inf":"-Infinity","whole":5.0,"bad":"a\u{FFFD}b","control":"\\u0001\u{7F}",\
        "d":"-1.5s","t":"2023-11-14T22:13:20.005Z","old":"0001-01-01T00:00:00Z",\
        "keys":{"1":"b","true":"c"}}
        """)
  }

  @Test func `long names and texts keep their lengths`() throws {
    for count in [0, 1, 254, 255, 256, 70_000] {
      let name = String(repeating: "n", count: count)
      let text = String(repeating: "t", count: count)
      let bytes = record([(name, Value(text)), ("z", 1)])
      let locator = RowLocator(paths: [[FieldName(name)], ["z"]])
      let batch = Batch.of([bytes])
      batch.withBytes { bytes in
        locator.locate(bytes, batch.range(0))
        #expect(locator[0].value(in: bytes) == Value(text))
        #expect(locator[1].value(in: bytes) == 1)
      }
    }
  }

  @Test func `a day and its number belong together`() {
    for days in stride(from: Int64(-800_000), to: 3_000_000, by: 37) {
      let date = CivilDate(daysSince1970: days)
      #expect(date.daysSince1970 == days)
      #expect((1...12).contains(date.month))
      #expect((1...(CivilDate.days(inMonth: date.month, of: date.year) ?? 0)).contains(date.day))
    }
    #expect(CivilDate(daysSince1970: 0) == CivilDate(year: 1970, month: 1, day: 1))
    #expect(CivilDate(daysSince1970: 19_782) == CivilDate(year: 2024, month: 2, day: 29))
  }
}

extension [UInt8] {
  /// Calls `body` with the bytes, and where the row is in them.
  fileprivate func withRow<R, E: Error>(
    _ body: (RawSpan, Range<Int>) throws(E) -> R
  ) throws(E) -> R {
    let batch = Batch.of([self])
    return try batch.withBytes { (all) throws(E) in try body(all, batch.range(0)) }
  }
}
