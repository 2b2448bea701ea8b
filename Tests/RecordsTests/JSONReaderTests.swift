import Lines
import Records
import TestSupport
import Testing

struct JSONReaderTests {
  private func read(_ text: String, atOnce: Int = 1 << 20) -> ReadRecords {
    ReadRecords.read(Array(text.utf8), by: JSONReader(maxRecord: 1000), atOnce: atOnce)
  }

  @Test func `values stand on lines of their own, on one line, or over many`() {
    let text = """
      {"a": 1}
        [2,
         "x\\"y"
        ] 3 "four"{"five"
      :5}true

      null
      """
    for atOnce in [1, 2, 3, 10, 1000] {
      let result = read(text, atOnce: atOnce)
      #expect(
        result.records == [
          #"{"a": 1}"#, #"[2,"x\"y"]"#, "3", "\"four\"", #"{"five":5}"#, "true", "null",
        ])
      #expect(result.numbers == [1, 2, 4, 4, 4, 5, 7])
      #expect(result.failures == [])
      #expect(result.covered == 1..<8 && result.isGapless)
    }
  }

  @Test func `a value that is none costs its line`() {
    let text = "{\"a\":1}\n{\"a\" 1}\n{\"a\":\n{\"b\":2}\n[\"torn\n3\n"
    for atOnce in [1, 5, 1000] {
      let result = read(text, atOnce: atOnce)
      #expect(result.records == [#"{"a":1}"#, "3"])
      #expect(result.failures.map(\.number) == [2, 3, 5])
    }
  }

  @Test func `a line that is torn does not take the next ones with it`() {
    for atOnce in [1, 5, 1000] {
      let result = read("{\"a\":1\n{\"b\":2}\n{\"c\":3}\n[1,\n2\n", atOnce: atOnce)
      #expect(result.records == [#"{"b":2}"#, #"{"c":3}"#])
      #expect(result.failures.map(\.number) == [1, 4])
      guard case .fault(let fault)? = result.failures.first?.reason else { return }
      #expect(fault.description == "at byte 8: expected a comma or '}', found '{'")
    }
  }

  @Test func `a value over the limit ends the reading`() {
    let result = read("1\n[\n" + String(repeating: "1,\n", count: 500) + "1]\n")
    #expect(result.records == ["1"])
    #expect(result.failures == [RecordInputFailure(number: 2, reason: .tooLong(limit: 1000))])
  }

  @Test func `any bytes give the same however they are cut into reads`() {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = Random(seed: seed)
    let pieces = [
      "{", "}", "[", "]", ",", ":", "\"a\"", "\"", "\n", "\n", " ", "1", "tru", "\\", "é",
    ]
    for _ in 0..<600 {
      let text = (0..<random.below(40)).map { _ in random.pick(pieces) }.joined()
      let whole = read(text)
      let cut = read(text, atOnce: 1 + random.below(9))
      #expect(whole == cut, "seed \(seed): \(text.debugDescription)")
    }
  }
}
