import Foundation
import Lines
import Records
import TestSupport
import Testing

struct WriterTests {
  private func written<Writer: RecordWriter & ~Copyable>(
    _ rows: [[UInt8]], _ writer: consuming Writer
  ) throws(RecordFault) -> [UInt8] {
    var source = BatchBuilder(delimiter: 0x0A)
    for (i, row) in rows.enumerated() {
      source.append(row)
      source.endLine(number: UInt64(i + 1), kind: .record)
    }
    let batch = source.take(covering: 1..<UInt64(rows.count + 1))
    var out = BatchBuilder(delimiter: 0x0A)
    for i in 0..<batch.count { try writer.write(batch, i, into: &out) }
    while writer.finish(into: &out) {}
    var text: [UInt8] = []
    out.take(covering: 0..<0).withContiguousRuns(delimiter: 0x0A) { text.append($0) }
    return text
  }

  private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  private let rows = [
    Array(#"{"a":1.50,"b":"x, \"y\"\n","c":[1, 2]}"#.utf8),
    record([("c", .null), ("a", .double(.infinity))]),
    Array(#"{"b":"\u00e9","a":true,"c":{}}"#.utf8),
  ]

  @Test func `CSV has a header and quotes where they are needed`() throws {
    #expect(
      text(try written(rows, DelimitedWriter(.csv))) == """
        a,b,c
        1.50,"x, ""y""
        ","[1, 2]"
        Infinity,,
        true,é,{}

        """)
    var format = DelimitedFormat.csv
    format.columns = ["c", "none", "a"]
    format.delimiter = UInt8(ascii: ";")
    format.hasHeader = false
    #expect(
      text(try written(rows, DelimitedWriter(format))) == "[1, 2];;1.50\n;;Infinity\n{};;true\n")
    #expect(text(try written([record([("a", "")])], DelimitedWriter(.csv))) == "a\n\"\"\n")
    format.hasHeader = true
    #expect(text(try written([], DelimitedWriter(format))) == "c;none;a\n")
  }

  @Test func `a field that is no column is refused`() {
    let fault = #expect(throws: RecordFault.self) {
      try written([record([("a", 1)]), record([("b", 1)])], DelimitedWriter(.csv))
    }
    #expect(
      fault?.description
        == "at byte 4: expected the fields of the first record, since no 'columns' are given, found another one, 'b'"
    )
  }

  @Test func `TSV has backslashes`() throws {
    let row = record([("a\t", "x\ty\nz\\"), ("b", .null)])
    #expect(text(try written([row], DelimitedWriter(.tsv))) == "a\\t\tb\nx\\ty\\nz\\\\\t\n")
  }

  @Test func `logfmt quotes what is not one word`() throws {
    #expect(
      text(try written(rows + [record([("a b=", "")])], LogfmtWriter())) == """
        a=1.50 b="x, \\"y\\"\\n" c="[1, 2]"
        c= a=Infinity
        b=é a=true c={}
        a_b_=""

        """)
    #expect(
      text(try written([rows[0]], LogfmtWriter(columns: ["c", "x", "a"])))
        == "c=\"[1, 2]\" a=1.50\n")
  }

  @Test func `a table is as wide as what is in it, numbers to the right`() throws {
    let rows = [
      record([("name", "é\n"), ("count", 7), ("note", .null)]),
      Array(#"{"name":"日本","count":12.50,"note":"x"}"#.utf8),
      record([("count", .null), ("name", .string(Text([0x61, 0xFF])))]),
    ]
    #expect(
      text(try written(rows, TableWriter())) == """
        name  count  note
        ----  -----  ----
        é␤        7
        日本  12.50  x
        a\u{FFFD}

        """)
    #expect(text(try written([], TableWriter(columns: ["a"]))) == "a\n-\n")
    #expect(try written([], TableWriter()) == [])
  }

  @Test func `what is wider than its column is cut`() throws {
    let long = String(repeating: "abc", count: 40)
    let wide = text(try written([record([("v", Value(long))])], TableWriter(hasHeader: false)))
    #expect(wide == String(long.prefix(59)) + "…\n")
    // Past what is held back, the widths stay.
    let many = Array(repeating: record([("v", "1")]), count: 20_000) + [record([("v", "12")])]
    let lines = text(try written(many, TableWriter(columns: ["v"]))).split(separator: "\n")
    #expect(lines.count == 20_003 && lines.last == "…")
  }

  @Test func `records become JSON, JSON stays as it was`() throws {
    #expect(
      text(try written(rows, JSONLinesWriter())) == """
        {"a":1.50,"b":"x, \\"y\\"\\n","c":[1, 2]}
        {"c":null,"a":"Infinity"}
        {"b":"\\u00e9","a":true,"c":{}}

        """)
  }

  /// The naughty strings, and bytes that are no text.
  private func naughty() throws -> [[UInt8]] {
    let path = Corpora.folder.appending(path: "hostile/blns/blns.json").path()
    let strings = try JSONDecoder().decode([String].self, from: Data(try Corpora.bytes(path)))
    return strings.map { Array($0.utf8) }
  }

  @Test(.enabled(if: Corpora.areThere, "\(Corpora.missing)"))
  func `naughty strings come back from every format`() throws {
    let strings = try naughty()
    #expect(strings.count > 500)
    let invalid: [[UInt8]] = [[0xFF], [0x61, 0xC3], [0x00, 0x80, 0x22]]
    for (name, strings) in [("JSON", strings), ("others", strings + invalid)] {
      let rows = strings.map { string in
        row { builder in
          builder.beginRow()
          builder.field("v", text: string.span.bytes)
          builder.field("w", text: string.span.bytes)
          builder.endRow()
        }
      }
      let expected = rows.map { json($0) }
      func reread<Reader: RecordReader & ~Copyable>(
        _ text: [UInt8], _ reader: consuming Reader
      ) -> [String] {
        ReadRecords.read(text, by: reader, atOnce: 1000).records
      }
      if name == "JSON" {
        let text = try written(rows, JSONLinesWriter())
        let read = reread(text, JSONReader(maxRecord: 1 << 20))
        #expect(read == expected)
        for (line, string) in zip(read, strings) {
          #expect(try located(Array(line.utf8), ["v"]) == [.string(Text(string))])
        }
      }
      for format in [DelimitedFormat.csv, .tsv] {
        #expect(
          reread(
            try written(rows, DelimitedWriter(format)), DelimitedReader(format, maxRecord: 1 << 20))
            == expected)
      }
      let logfmt = try written(rows, LogfmtWriter()).split(separator: 0x0A)
      var parser = LogfmtParser()
      for (line, expected) in zip(logfmt, expected) {
        #expect(json(try row { try parser.parse(Array(line).span.bytes, into: &$0) }) == expected)
      }
      #expect(logfmt.count == strings.count)
    }
  }
}
