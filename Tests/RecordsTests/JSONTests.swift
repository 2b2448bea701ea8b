import Lines
@testable import Records
import TestSupport
import Testing

struct JSONTests {
  @Test(
    .enabled(if: Corpora.areThere, "\(Corpora.missing)"), arguments: [true, false])
  func `what is JSON is accepted, what is not is refused`(withLibrary: Bool) throws {
    let checker = JSONChecker(usesLibrary: withLibrary)
    var count = 0
    for path in Corpora.paths("hostile/JSONTestSuite/test_parsing") {
      let name = path.split(separator: "/").last ?? ""
      let text = try Corpora.bytes(path)
      let isJSON: Bool
      do {
        _ = try checked(text, by: checker)
        isJSON = true
      } catch {
        isJSON = false
        #expect(error.offset <= text.count, "\(name): \(error)")
      }
      if name.hasPrefix("y_") { #expect(isJSON, "\(name)") }
      if name.hasPrefix("n_") { #expect(!isJSON, "\(name)") }
      count += 1
    }
    #expect(count > 300)
  }

  @Test(arguments: [
    (#"{"a":1,}"#, "at byte 8: expected a key, found '}'"),
    (#"{"a" 1}"#, "at byte 6: expected ':', found '1'"),
    ("[1 2]", "at byte 4: expected a comma or ']', found '2'"),
    ("[1", "at byte 3: expected a comma or ']', found the end"),
    ("", "at byte 1: expected a JSON value, found the end"),
    ("  \t", "at byte 4: expected a JSON value, found the end"),
    ("nul", "at byte 1: expected null, found 'nul'"),
    ("01", "at byte 2: expected the end of the value, found '1'"),
    ("-", "at byte 2: expected a number that is complete, found the end"),
    ("{} {}", "at byte 4: expected nothing behind the value, found '{'"),
    (#"["\x"]"#, "at byte 4: expected an escape that JSON has, found 'x'"),
    (#"["\u12G4"]"#, "at byte 7: expected four hexadecimal digits behind '\\u', found 'G'"),
    (#"["abc]"#, "at byte 7: expected the closing quote of a string, found the end"),
    (
      "[\"a\tb\"]",
      "at byte 4: expected an escape, since a string has no bare control characters, found a tab"
    ),
    (#"[\"a"]"#, "at byte 2: expected a value, found '\\'"),
    ("}", "at byte 1: expected a value, found '}'"),
  ])
  func `a fault says where and what was expected`(text: String, message: String) {
    for library in [true, false] {
      let fault = #expect(throws: RecordFault.self) {
        try checked(Array(text.utf8), by: JSONChecker(usesLibrary: library))
      }
      #expect(fault?.description == message)
    }
  }

  @Test func `text that is no UTF-8 is refused at its place`() {
    let fault = #expect(throws: RecordFault.self) {
      try checked([0x22, 0x61, 0xC3, 0x28, 0x22])
    }
    #expect(fault?.description == "at byte 3: expected UTF-8, found the byte 0xc3")
  }

  @Test func `white space around a value is no part of it`() throws {
    #expect(try checked(Array(" \t {\"a\": [1 , 2 ] } \r".utf8)) == 3..<19)
    #expect(try checked(Array(" 12 ".utf8)) == 1..<3)
    #expect(try checked(Array("\"a b \" ".utf8)) == 0..<6)
  }

  @Test func `lists and maps may be a thousand deep and no deeper`() throws {
    func nested(_ depth: Int) -> [UInt8] {
      Array((String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8)
    }
    #expect(try checked(nested(1000)) == 0..<2000)
    let value = JSONDecoding.value(in: nested(1000))
    #expect(json(record([("deep", value)])).utf8.count == 2000 + 9)
    let fault = #expect(throws: RecordFault.self) { try checked(nested(1001)) }
    #expect(fault?.offset == 1000)
    #expect(throws: RecordFault.self) { try checked(nested(100_000)) }
  }

  @Test func `simdjson and our own pass find the same tokens`() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = Random(seed: seed)
    let fast = JSONChecker(usesLibrary: true)
    let slow = JSONChecker(usesLibrary: false)
    let alphabet = Array(#"{}[]:,"\ 1e-.tun/"#.utf8) + [0xC3, 0xA9, 0x0A]
    let whole = Array(#"{"a":[1,-2.5e3,"\u00e9\"é",{}],"b" : null, "c":{"d":[true]}}"#.utf8)
    for round in 0..<5000 {
      var text = round % 2 == 0 ? whole : random.bytes(alphabet, upTo: 12)
      for _ in 0..<random.below(3) where !text.isEmpty {
        text[random.below(text.count)] = random.pick(alphabet)
      }
      let a = try? checked(text, by: fast)
      let b = try? checked(text, by: slow)
      #expect(a == b, "\(String(decoding: text, as: UTF8.self)) seed \(seed)")
    }
  }
}
