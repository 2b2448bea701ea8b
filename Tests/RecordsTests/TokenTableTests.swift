import Lines
import Records
import TestSupport
import Testing

/// Lines checked together, and what those that look into the records later find of it.
struct TokenTableTests {
  /// What is read of `text` in one batch.
  private func batches(_ text: String) throws -> [Batch] {
    var reader = RecordSplitter(JSONReader(maxRecord: 1 << 20), maxLine: 1 << 20)
    var rest = Array(text.utf8)[...]
    _ = reader.fill { space in
      let count = min(space.count, rest.count)
      space.copyBytes(from: rest.prefix(count))
      rest = rest.dropFirst(count)
      return count
    }
    #expect(rest.isEmpty, "the text is larger than a read")
    var batches: [Batch] = []
    while true {
      do throws(RecordInputFailure) {
        guard let batch = try reader.take() else { return batches }
        batches.append(batch)
      } catch {
        continue
      }
    }
  }

  private func values(_ batch: Batch, _ path: String) -> [String] {
    let locator = RowLocator(paths: [[FieldName(path)]])
    return (0..<batch.count).map { i in
      locator.locate(batch, i)
      return batch.withBytes { "\(locator[0].value(in: $0))" }
    }
  }

  private let padding = String(repeating: "{\"pad\":1}\n", count: 40)

  @Test func `what is found with tokens is what is found without`() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = Random(seed: seed)
    let lines = [
      #"{"a":1,"b":"x"}"#, #" {"b" : "y" , "a" : "\"q\\" } "#, "{\"a\":[1,{\"b\":2}],\"b\":{}}\r",
      #"{"\u0061":3,"b":null}"#, "{}", "7", "\"text\"", "[]", "[{\"a\":1}]", "", "   ",
      "{\"a\":1", "}", "{\"a\" 1}", "\\", "{\"a\":\"\u{0}\"}", "{\"a\":\"open}", #"{"a":1,"a":2}"#,
    ]
    for _ in 0..<300 {
      let some = (0..<3).map { _ in random.pick(lines) }
      let chosen = (0..<random.below(30)).map { _ in random.pick(some) }
      let text = chosen.joined(separator: "\n") + "\n" + padding
      // A read of a few lines never has enough behind them to be checked together.
      let alone = ReadRecords.read(Array(text.utf8), by: JSONReader(maxRecord: 999), atOnce: 7)
      let together = ReadRecords.read(Array(text.utf8), by: JSONReader(maxRecord: 999))
      #expect(together == alone, "seed \(seed): \(text.debugDescription)")
      let ahead = LookedThrough(cut: 1 + random.below(20))
      let found = ReadRecords.read(Array(text.utf8), by: ahead)
      #expect(found.records == alone.records, "seed \(seed): \(text.debugDescription)")
      #expect(found.numbers == alone.numbers && found.failures == alone.failures, "seed \(seed)")
      for batch in try batches(text) {
        var moved = Batch.of((0..<batch.count).map { batch.bytes($0) })
        moved = moved.asKind(.record)
        for name in ["a", "b"] {
          #expect(values(batch, name) == values(moved, name), "seed \(seed): \(chosen)")
        }
      }
    }
  }

  @Test func `a faulty line costs itself and no other`() throws {
    let good = String(repeating: "{\"a\":1}\n", count: 50)
    for bad in ["{\"a\" 1}\n", "}\n", "\"open\n", "{\"a\":\"\u{1}\"}\n", "\\\n", "{\"a\":1\n"] {
      let result = ReadRecords.read(
        Array((good + bad + good + padding).utf8), by: JSONReader(maxRecord: 1 << 20))
      #expect(result.records.count == 140, "\(bad)")
      #expect(result.failures.map(\.number) == [51], "\(bad)")
    }
  }

  @Test func `tokens go with the items that are kept and not with those that are changed`() throws {
    let text = (0..<60).map { "{\"a\":\($0),\"b\":\"x\"}\n" }.joined()
    let batch = try #require(try batches(text).first)
    #expect(batch.tokens?.count ?? 0 > 40)

    var kept = BatchBuilder(viewing: batch, delimiter: 0x0A)
    for i in stride(from: 0, to: batch.count, by: 3) { kept.keep(batch, i) }
    let some = kept.take(covering: batch.covered)
    #expect(some.tokens === batch.tokens)
    #expect(values(some, "a") == values(batch, "a").enumerated().filter { $0.0 % 3 == 0 }.map(\.1))

    // As the stage that reads records does: what it is given are lines of the same storage.
    var lines = batch
    lines.tokens = nil
    var viewing = BatchBuilder(viewing: lines, delimiter: 0x0A)
    viewing.keepAll(batch, 0..<batch.count)
    #expect(viewing.take(covering: batch.covered).tokens === batch.tokens)

    let editor = RowEditor(rename: [(from: FieldName("a"), to: FieldName("ccc"))])
    var changed = BatchBuilder(delimiter: 0x0A)
    try batch.withBytes { bytes in
      for i in 0..<batch.count {
        try editor.apply(bytes, batch.range(i), [], batch.tokens, into: &changed)
        changed.endLine(like: batch, i, kind: .record)
      }
    }
    let others = changed.take(covering: batch.covered)
    #expect(others.tokens == nil)
    #expect(values(others, "ccc") == values(batch, "a"))

    // Some kept, and then a copy made of them.
    var both = BatchBuilder(viewing: batch, delimiter: 0x0A)
    both.keep(batch, 1)
    both.keep(others, 0)
    let mixed = both.take(covering: batch.covered)
    #expect(mixed.tokens == nil)
    #expect(values(mixed, "b") == [values(batch, "b")[1], values(others, "b")[0]])

    // The tokens of another batch mean nothing here.
    var stranger = others
    stranger.tokens = batch.tokens
    #expect(stranger.tokens == nil)
  }

  @Test func `tokens are moved with items that are copied in one piece`() throws {
    let text = (0..<4000).map { "{\"a\":\($0),\"b\":\"\\n\"}\n" }.joined()
    let batch = try #require(try batches(text).first)
    for part in [0..<200, 1000..<1300, 3700..<3990] {
      let slice = batch.slice(part)
      let copy = slice.compacted(keepsTokens: true)
      #expect(copy.keptBytes < slice.keptBytes)
      #expect(copy.tokens != nil)
      for name in ["a", "b"] { #expect(values(copy, name) == values(slice, name)) }
      let again = copy.slice(50..<70).compacted(keepsTokens: true)
      #expect(again.tokens != nil)
      #expect(values(again, "a") == Array(values(slice, "a")[50..<70]))
      #expect(slice.compacted().tokens == nil)
      #expect(batch.compacted().tokens == nil)
    }
  }

  @Test func `a batch is checked with one piece of memory for many records`() {
    func pieces(_ records: Int) -> Int? {
      let lines = Array(repeating: #"{"a":"some text","b":-1.50,"c":[true,null]}"#, count: records)
      let batch = Batch.of(lines)
      let checker = JSONChecker()
      #expect(checker.checkLines(batch)?.count ?? 0 > records - 4)
      return allocations { _ = checker.checkLines(batch) }
    }
    guard let few = pieces(100), let many = pieces(1100) else { return }
    #expect(many - few < 10)
  }
}

/// Lines that somebody else has looked through, and that come in parts.
private struct LookedThrough: RecordReader, ~Copyable {
  private var reader = JSONReader(maxRecord: 999)
  private let checker = JSONChecker()
  private let cut: Int
  private var rest = Batch()
  let skipped: UInt64 = 0

  init(cut: Int) { self.cut = cut }

  mutating func put(_ lines: Batch) {
    rest = lines
    checker.lookThrough(&rest)
  }

  mutating func endFile() { reader.endFile() }

  mutating func take() throws(RecordInputFailure) -> Batch? {
    while true {
      if let records = try reader.take() { return records }
      if rest.isEmpty { return nil }
      reader.put(rest.takePrefix(lines: cut, bytes: .max))
    }
  }
}
