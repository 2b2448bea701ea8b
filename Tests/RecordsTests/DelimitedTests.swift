import Foundation
import Lines
import Records
import TestSupport
import Testing

struct DelimitedTests {
  private func read(
    _ text: String, _ format: DelimitedFormat = .csv, atOnce: Int = 1 << 20
  ) -> ReadRecords {
    ReadRecords.read(
      Array(text.utf8), by: DelimitedReader(format, maxRecord: 1000), atOnce: atOnce)
  }

  @Test(.enabled(if: Corpora.areThere, "\(Corpora.missing)"))
  func `csv-spectrum is read as its JSON says`() throws {
    var count = 0
    for path in Corpora.paths("hostile/csv-spectrum/csvs") {
      let name = (path.split(separator: "/").last ?? "").dropLast(4)
      let expected = try JSONSerialization.jsonObject(
        with: Data(
          try Corpora.bytes(
            Corpora.folder.appending(path: "hostile/csv-spectrum/json/\(name).json").path())))
      for atOnce in [1, 7, 1 << 20] {
        let read = ReadRecords.read(
          try Corpora.bytes(path), by: DelimitedReader(.csv, maxRecord: 1 << 20), atOnce: atOnce)
        #expect(read.failures == [] && read.isGapless, "\(name)")
        let found = try JSONSerialization.jsonObject(
          with: Data("[\(read.records.joined(separator: ","))]".utf8))
        if name == "location_coordinates" {
          // Its JSON is of another record: a map, and with another number in it.
          let field = "Location Coordinates"
          let first = (found as? [[String: String]])?.first
          #expect(first?[field] == (expected as? [String: String])?[field])
        } else {
          #expect(found as? NSArray == expected as? NSArray, "\(name)")
        }
      }
      count += 1
    }
    #expect(count == 12)
  }

  @Test func `a record of several lines has the number of its first`() {
    let text = "a,b\n1,\"x\ny\n\"\n2,z\r\n\"3\",\"\"\"\"\n"
    for atOnce in [1, 2, 3, 5, 100] {
      let result = read(text, atOnce: atOnce)
      #expect(
        result.records == [
          #"{"a":"1","b":"x\ny\n"}"#, #"{"a":"2","b":"z"}"#, #"{"a":"3","b":"\""}"#,
        ])
      #expect(result.numbers == [2, 5, 6])
      #expect(result.covered == 1..<7 && result.isGapless)
    }
  }

  @Test func `a byte order mark, empty lines and a missing newline change nothing`() {
    let result = read("\u{FEFF}a,b\r\n\r\n1,2\r\n\n3,4")
    #expect(result.records == [#"{"a":"1","b":"2"}"#, #"{"a":"3","b":"4"}"#])
    #expect(read("a\n\n\"\"\nx\n").records == [#"{"a":""}"#, #"{"a":""}"#, #"{"a":"x"}"#])
    #expect(read("").records == [])
    #expect(read("a,b\n").covered == 1..<2)
  }

  @Test func `ragged records are refused, filled or skipped`() {
    var format = DelimitedFormat.csv
    let text = "a,b\n1\n1,2\n1,2,3\n"
    let refused = read(text)
    #expect(refused.records == [#"{"a":"1","b":"2"}"#])
    #expect(refused.failures.map(\.number) == [2, 4])
    #expect(
      refused.failures.first?.reason
        == .fault(RecordFault(expected: "2 fields", found: .other("1"), at: 1)))
    format.ragged = .pad
    #expect(
      read(text, format).records == [
        #"{"a":"1","b":null}"#, #"{"a":"1","b":"2"}"#, #"{"a":"1","b":"2","3":"3"}"#,
      ])
    format.ragged = .skip
    #expect(read(text, format).records == [#"{"a":"1","b":"2"}"#])
  }

  @Test func `columns are named by the header, by the author or by numbers`() {
    var format = DelimitedFormat.csv
    #expect(read("a,a,a_2,\n1,2,3,4\n").records == [#"{"a":"1","a_2":"2","a_2_2":"3","":"4"}"#])
    format.columns = ["x", "y"]
    #expect(read("a,b\n1,2\n", format).records == [#"{"x":"1","y":"2"}"#])
    format.hasHeader = false
    #expect(
      read("a,b\n1,2\n", format).records == [#"{"x":"a","y":"b"}"#, #"{"x":"1","y":"2"}"#])
    format.columns = nil
    #expect(read("a,b\n", format).records == [#"{"1":"a","2":"b"}"#])
  }

  @Test func `types are converted, and what is not of its type is told`() {
    var format = DelimitedFormat.csv
    format.types = ["n": .int, "d": .double, "b": .bool, "t": .timestamp, "s": .duration]
    let result = read(
      "n,d,b,t,s\n-1,2.50,true,2026-10-10T13:55:36+02:00,1m30s\n,,,,\n1x,1,true,,\n", format)
    #expect(
      result.records == [
        #"{"n":-1,"d":2.5,"b":true,"t":"2026-10-10T11:55:36Z","s":"90s"}"#,
        #"{"n":null,"d":null,"b":null,"t":null,"s":null}"#,
      ])
    #expect(
      result.failures == [
        RecordInputFailure(
          number: 4,
          reason: .fault(
            RecordFault(expected: "an int in column 'n'", found: .other("'1x'"), at: 0)))
      ])
  }

  @Test func `text behind a closing quote costs that record`() {
    let result = read("a,b\n\"x\"y,1\n2,3\n")
    #expect(result.records == [#"{"a":"2","b":"3"}"#])
    guard case .fault(let fault)? = result.failures.first?.reason else { return }
    #expect(
      fault.description
        == "at byte 4: expected a delimiter or the end of the line behind the closing quote, found 'y'"
    )
    // A quote within a field is itself.
    #expect(read("a,b\n5\" pipe,6\"\n").records == [#"{"a":"5\" pipe","b":"6\""}"#])
  }

  @Test func `a quote that is not closed is told with the line it was opened in`() {
    for atOnce in [1, 4, 1000] {
      let result = read("a,b\n1,2\n3,\"x\ny\nz\n", atOnce: atOnce)
      #expect(result.records == [#"{"a":"1","b":"2"}"#])
      #expect(result.failures.map(\.number) == [3])
      let long = read("a,b\n1,\"" + String(repeating: "x\n", count: 600), atOnce: atOnce)
      #expect(long.failures == [RecordInputFailure(number: 2, reason: .tooLong(limit: 1000))])
    }
  }

  @Test func `tabs and newlines in TSV are written with backslashes`() {
    let result = read("a\tb\n1\\t2\tx\\ny\\\\n\\q\n\"\t\\\n", .tsv)
    #expect(
      result.records == [#"{"a":"1\t2","b":"x\ny\\n\\q"}"#, #"{"a":"\"","b":"\\"}"#])
  }

  @Test func `any bytes give the same however they are cut into reads`() {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = Random(seed: seed)
    let alphabet = Array("\"\"\",,,\n\n\r\\ab".utf8) + [0xFF, 0x00]
    for _ in 0..<600 {
      let text = Array("a,b\n".utf8) + random.bytes(alphabet, upTo: 120)
      for var format in [DelimitedFormat.csv, .tsv] {
        format.ragged = random.pick([.fail, .pad, .skip])
        let whole = ReadRecords.read(text, by: DelimitedReader(format, maxRecord: 60))
        let cut = ReadRecords.read(
          text, by: DelimitedReader(format, maxRecord: 60), atOnce: 1 + random.below(9))
        #expect(
          whole == cut, "seed \(seed): \(String(decoding: text, as: UTF8.self).debugDescription)")
        #expect(whole.isGapless)
      }
    }
  }
}
