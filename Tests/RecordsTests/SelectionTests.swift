import Lines
import Records
import TestSupport
import Testing

/// Rows that `select` makes of rows whose tokens are known, and what is known of them.
struct SelectionTests {
  /// Those rows of `batch` that are maps, with the fields `names` alone.
  private func selected(_ names: [FieldName], _ batch: Batch) throws -> Batch {
    let editor = RowEditor(select: names)
    var out = BatchBuilder(viewing: batch, delimiter: 0x0A)
    try batch.withBytes { bytes throws(RecordFault) in
      for i in 0..<batch.count where bytes[batch.range(i).lowerBound] == UInt8(ascii: "{") {
        try editor.apply(bytes, batch.range(i), [], batch.tokens, into: &out)
        out.endLine(like: batch, i, kind: .record)
      }
    }
    return out.take(covering: batch.covered)
  }

  private func expectWhatIsFoundWithout(_ batch: Batch, _ about: String) {
    let alone = Batch.of(batch.lines).asKind(.record)
    let paths: [[FieldName]] = [["a"], ["a", "b"], ["a", "b", "c"], ["c"], []]
    let (left, right) = (RowLocator(paths: paths), RowLocator(paths: paths))
    for i in 0..<batch.count {
      left.locate(batch, i)
      right.locate(alone, i)
      for k in paths.indices {
        #expect(
          batch.withBytes { "\(left[k].value(in: $0))" }
            == alone.withBytes { "\(right[k].value(in: $0))" }, "\(about): \(alone.lines[i]), \(k)")
      }
    }
  }

  @Test func `what is found in a selection is what is found without its tokens`() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = Random(seed: seed)
    let rows = [
      #"{"a":{"b":1},"c":2}"#, #"{"a":{"b":"\"x\\"},"c":null}"#, #"{"a":{"b":[],"c":2}}"#,
      #"{"a":[{"b":1}],"c":2}"#, #"{"a":[{"b":1},{"c":2}]}"#, #"{"c":"x","d":"y","a":[[],{}]}"#,
      #"{"a":{"b":{"c":3}},"c":4}"#, #"{"a":1,"a":{"b":5}}"#, #"{"a":"","c":-1.5e3}"#,
      #"{"\u0061":{"b":1},"c":2}"#, #"{ "a" : { "b" : 1 } , "c" : 2 }"#, "{}", "[]", #"{"d":0}"#,
      #"{"a": {"b" : 1 } ,"c":true }"#, #"{"a":{"b":2 , "c":"{}"},"c":false}"#,
    ]
    for _ in 0..<200 {
      let some = (0..<3).map { _ in random.pick(rows) }
      let chosen = (0..<60).map { _ in random.pick(some) }
      let names: [FieldName] = random.pick([["a", "c"], ["c", "a"], ["a"], ["c", "d"], []])
      let batch = try selected(names, try checked(chosen))
      expectWhatIsFoundWithout(batch, "seed \(seed)")
      // Again, of what has been made.
      let twice = try selected(["c", "a"], batch)
      expectWhatIsFoundWithout(twice, "seed \(seed)")
      if batch.count < 20 { continue }
      for part in [3..<9, 10..<batch.count] {
        expectWhatIsFoundWithout(
          twice.slice(part).compacted(keepsTokens: true), "seed \(seed), \(part)")
      }
    }
  }

  @Test func `a selection is not looked through again`() throws {
    let rows = (0..<300).map { #"{"a":\#($0),"b":[1,{"x":null}],"c":"text"}"# }
    let batch = try selected(["c", "b"], try checked(rows))
    let tokens = try #require(batch.tokens)
    // Of the last ones too little can be read behind.
    #expect(tokens.count > rows.count - 8)
    #expect(Set((0..<tokens.count).map { tokens[$0].shape }).count == 1)
    #expect((0..<tokens.count).allSatisfy { tokens[$0].range == batch.range($0) })
    // { "c" : "text" , "b" : [ 1 , { "x" : null } ] }
    #expect((0..<tokens.count).allSatisfy { tokens[$0].count == 17 })
    let again = try selected(["b"], batch)
    #expect(again.tokens?.count ?? 0 > rows.count - 16)
  }

  @Test func `items that were chosen and copied keep their tokens`() throws {
    let rows = (0..<3000).map { #"{"a":{"b":\#($0)},"c":"some text"}"# }
    let batch = try checked(rows)
    var builder = BatchBuilder(viewing: batch, delimiter: 0x0A)
    for i in stride(from: 0, to: batch.count, by: 7) { builder.keep(batch, i) }
    for i in [900, 20, 21] { builder.keep(batch, i) }
    let few = builder.take(covering: batch.covered)
    let copy = few.compacted(keepsTokens: true)
    #expect(copy.keptBytes < few.keptBytes)
    #expect(copy.tokens?.count ?? 0 > copy.count - 4)
    #expect(few.compacted().tokens == nil)
    expectWhatIsFoundWithout(copy, "copied")
    #expect(try selected(["c", "a"], copy).tokens?.count ?? 0 > copy.count - 8)
  }

  @Test func `what is dropped leaves no tokens behind`() throws {
    let batch = try checked((0..<40).map { _ in #"{"a":1,"c":2}"# })
    let editor = RowEditor(select: ["a"])
    var out = BatchBuilder(viewing: batch, delimiter: 0x0A)
    func apply() throws {
      try batch.withBytes { bytes throws(RecordFault) in
        try editor.apply(bytes, batch.range(0), [], batch.tokens, into: &out)
      }
    }
    for _ in 0..<9 {
      try apply()
      out.abandonLine()
      out.append(#"{"c":1}"#)
      out.endLine(number: 0, kind: .record)
      try apply()
      out.endLine(number: 0, kind: .record)
      let mark = out.mark()
      try apply()
      out.endLine(number: 0, kind: .record)
      out.rollback(to: mark)
      out.append(#"{"c":2}"#)
      out.endLine(number: 0, kind: .record)
    }
    out.append(Array(repeating: 0x20, count: 99))
    out.endLine(number: 0)
    let made = out.take(covering: 0..<0)
    #expect(made.tokens?.count == 9)
    expectWhatIsFoundWithout(made.slice(0..<27), "dropped")
  }

  @Test func `a cell of CSV is in quotes if something in it asks for them`() throws {
    for length in 0..<40 {
      for (byte, asks) in [("x", false), (",", true), ("\\n", true), ("\\r", true)] {
        for place in 0..<max(1, length) {
          var cell = Array(repeating: "-", count: length)
          if length > 0 { cell[place] = byte }
          let text = cell.joined().replacing("\\n", with: "\n").replacing("\\r", with: "\r")
          var writer = DelimitedWriter(.csv)
          var out = BatchBuilder(delimiter: 0x0A)
          let batch = Batch.of([#"{"a":"\#(cell.joined())","b":1}"#]).asKind(.record)
          try writer.write(batch, 0, into: &out)
          let line = String(decoding: out.take(covering: 0..<0).bytes(1), as: UTF8.self)
          #expect(line == (asks && length > 0 ? "\"\(text)\",1" : "\(text),1"))
        }
      }
    }
  }

  @Test func `cells of records with tokens take no memory`() throws {
    func pieces(_ records: Int) throws -> Int? {
      let batch = try selected(
        ["c", "a"],
        try checked((0..<records + 8).map { #"{"a":\#($0),"b":0,"c":"text, more"}"# }))
      var writer = DelimitedWriter(.csv)
      var out = BatchBuilder(delimiter: 0x0A, capacity: 1 << 17, lines: records + 1)
      return allocations {
        for i in 0..<records { try? writer.write(batch, i, into: &out) }
      }
    }
    guard let few = try pieces(100), let many = try pieces(1100) else { return }
    #expect(many - few < 10)
  }
}
