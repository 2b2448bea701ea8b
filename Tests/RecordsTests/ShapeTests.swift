import Lines
import Records
import TestSupport
import Testing

/// Records of one shape: what was found in the one before is found again by its tokens alone.
struct ShapeTests {
  private func shapes(_ rows: [String]) throws -> [UInt64] {
    let table = try #require(try checked(rows).tokens)
    return rows.indices.map { table[$0].shape }
  }

  @Test func `records have one shape as long as their names stay where they are`() throws {
    let same = [
      #"{"a":{"b":1},"c":[]}"#, #"{"a":{"b":"two"},"c":{}}"#, #"{"a": {"b":null}, "c": []}"#,
    ]
    #expect(try Set(shapes(same)).count == 1)
    let others = [
      #"{"a":{"b":1},"c":[1]}"#, #"{"a":{"b":1},"d":[]}"#, #"{"a":[{"b":1}],"c":1}"#,
      #"{"a":{"b":[],"c":2}}"#, #"{"a":{"b":1},"c":[],"d":1}"#, #"{"a":{"b":1}}"#,
    ]
    for other in others {
      let found = try shapes([same[0], same[1], other, same[0]])
      #expect(found[0] == found[1] && Set(found[1...]).count == 3 && !found.contains(0), "\(other)")
    }
    // What is read one by one stands between.
    let checker = JSONChecker()
    let batch = Batch.of(Array(repeating: same[0], count: 20))
    let before = try #require(checker.checkLines(batch))
    #expect(try #require(checker.checkLines(batch))[0].shape == before[0].shape)
    _ = try batch.withBytes { bytes throws(RecordFault) in try checker.check(bytes, batch.range(0))
    }
    #expect(try #require(checker.checkLines(batch))[0].shape != before[0].shape)
  }

  @Test func `a line of the shape before is checked as strictly as every other`() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = Random(seed: seed)
    let good = #"{"a":"text","name":-12.5e+3,"c":null,"a name of more words":0,"d":true,"e":false}"#
    let odd = Array(#"{}[]:,"\ 0179.eE+-ntfrulabc"#.utf8) + [0x00, 0x09, 0x1F, 0x7F, 0xC3]
    let checker = JSONChecker()
    for _ in 0..<3000 {
      // At the place of the 0.
      let value = random.pick(["0", "01", "00", "-0", "-", "1.", "1e", "-01", "10", "nul", "tru"])
      var line = Array(good.replacing(":0,", with: ":\(value),").utf8)
      for _ in 0..<random.below(3) {
        let i = random.below(line.count)
        switch random.below(3) {
        case 0: line[i] = random.pick(odd)
        case 1: line.insert(random.pick(odd), at: i)
        default: line.remove(at: i)
        }
      }
      // Of what lies behind it nothing is asked.
      let lines = [good, good, good].map { Array($0.utf8) } + [line, Array(good.utf8)]
      let batch = Batch.of(lines + Array(repeating: Array(good.utf8), count: 4))
      let table = checker.checkLines(batch)
      let alone = try? unsafe JSONChecker().check(line.span.bytes, 0..<line.count)
      guard let table else { continue }
      let start = batch.range(3).lowerBound
      let found = (0..<table.count).map { table[$0].range }.first {
        $0.overlaps(batch.range(3))
      }
      let isContainer = alone.map { line[$0.lowerBound] | 0x20 == UInt8(ascii: "{") } ?? false
      let expected = isContainer ? alone.map { $0.lowerBound + start..<$0.upperBound + start } : nil
      #expect(found == expected, "seed \(seed): \(String(decoding: line, as: UTF8.self))")
    }
  }

  @Test func `what is found by shape is what is found by names`() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = Random(seed: seed)
    let rows = [
      #"{"a":{"b":1},"c":2}"#, #"{"a":{"b":"\"x\\"},"c":null}"#, #"{"a":{"b":[],"c":2}}"#,
      #"{"a":{"b":[]},"c":2}"#, #"{"a":[{"b":1}],"c":2}"#, #"{"a":[{"b":1},{"c":2}]}"#,
      #"{"a":[{"b":[1],"c":2}]}"#, #"{"a":{"b":{"c":3}},"c":4}"#, #"{"a":1,"a":{"b":5}}"#,
      #"{"a":{"b":5},"a":1}"#, #"{"c":1,"a":{"b":2,"b":3}}"#, #"{"a":"","c":-1.5e3}"#,
      #"{"\u0061":{"b":1},"c":2}"#, #"{ "a" : { "b" : 1 } , "c" : 2 }"#, "{}", "[1]",
      #"{"a":{"b":1},"c":[{"a":{"b":7}}]}"#, #"{"a name that is longer than most":1,"c":2}"#,
    ]
    let paths: [[FieldName]] = [["a"], ["a", "b"], ["a", "b", "c"], ["c"], []]
    for _ in 0..<200 {
      let some = (0..<3).map { _ in random.pick(rows) }
      let chosen = (0..<40).map { _ in random.pick(some) }
      let batch = try checked(chosen)
      let byShape = RowLocator(paths: paths)
      let editor = RowEditor(select: ["a", "c"])
      for i in chosen.indices {
        let byNames = RowLocator(paths: paths)
        byShape.locate(batch, i)
        try batch.withBytes { bytes throws(RecordFault) in
          byNames.locate(bytes, batch.range(i))
          for k in paths.indices {
            #expect(
              "\(byShape[k].value(in: bytes))" == "\(byNames[k].value(in: bytes))",
              "seed \(seed): \(chosen[...i]), path \(k)")
          }
          guard chosen[i].hasPrefix("{") else { return }
          var left = BatchBuilder(delimiter: 0x0A)
          var right = BatchBuilder(delimiter: 0x0A)
          try editor.apply(bytes, batch.range(i), [], batch.tokens, into: &left)
          try RowEditor(select: ["a", "c"]).apply(bytes, batch.range(i), [], nil, into: &right)
          left.endLine(number: 0)
          right.endLine(number: 0)
          #expect(
            left.take(covering: 0..<0).lines == right.take(covering: 0..<0).lines,
            "seed \(seed): \(chosen[...i])")
        }
      }
    }
  }
}
