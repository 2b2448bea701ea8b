import TestSupport
import Lines
import Testing

private func written(_ batch: Batch, delimiter: UInt8 = 0x0A) -> [UInt8] {
  var out: [UInt8] = []
  batch.withContiguousRuns(delimiter: delimiter) { out += $0.array }
  return out
}

private func joined(_ lines: [[UInt8]], delimiter: UInt8 = 0x0A) -> [UInt8] {
  lines.flatMap { $0 + [delimiter] }
}

@Test(arguments: 0..<200)
func `kept items are those items whatever the builder does between`(seed: UInt64) {
  var random = Random(seed: seed)
  let sources = (0..<3).map { Batch.of(random.lines(upTo: 20), firstNumber: UInt64($0) * 100 + 1) }
  var builder =
    random.below(2) == 0
    ? BatchBuilder(viewing: sources[0], delimiter: 0x0A) : BatchBuilder(delimiter: 0x0A)
  var expected: [(UInt64, [UInt8])] = []
  for _ in 0..<random.below(60) {
    let source = random.below(4) == 0 ? random.pick(sources) : sources[0]
    if source.isEmpty { continue }
    let i = random.below(source.count)
    switch random.below(12) {
    case 0:
      builder.append("own ")
      builder.append(byte: 0x21)
      builder.append(source.bytes(i))
      builder.endLine(like: source, i)
      expected.append((source.number(i), Array("own !".utf8) + source.bytes(i)))
    case 1:
      let mark = builder.mark()
      builder.keep(source, i)
      builder.append("gone")
      builder.endLine(number: 7)
      builder.append("open")
      builder.rollback(to: mark)
    case 2:
      builder.append("never ended")
      builder.abandonLine()
    case 3:
      let cut = random.below(source.length(i) + 1)
      builder.keep(source, i, bytes: 0..<cut)
      expected.append((source.number(i), Array(source.bytes(i)[..<cut])))
    case 4:
      builder.keepAll(source, i..<source.count)
      for k in i..<source.count { expected.append((source.number(k), source.bytes(k))) }
    case 5:
      let end = builder.keepParts(of: source, i..<source.count) { 0..<min(2, $0.byteCount) }
      #expect(end == source.count)
      for k in i..<source.count {
        expected.append((source.number(k), Array(source.bytes(k).prefix(2))))
      }
    default:
      builder.keep(source, i)
      expected.append((source.number(i), source.bytes(i)))
    }
    let (count, size) = (builder.count, builder.byteCount)
    #expect(count == expected.count)
    #expect(size == expected.reduce(0) { $0 + $1.1.count + 1 })
  }
  let batch = builder.take(covering: 1..<400)
  #expect(batch.lines == expected.map(\.1))
  #expect((0..<batch.count).map { batch.number($0) } == expected.map(\.0))
  #expect(written(batch) == joined(expected.map(\.1)))
  let next = builder.take(covering: 400..<500)
  #expect(next.isEmpty && next.covered == 400..<500)
}

@Test(arguments: 0..<100)
func `parts of a batch hold all its items once and cover all it covers`(seed: UInt64) {
  var random = Random(seed: seed)
  let lines = random.lines(upTo: 40)
  var rest = Batch.of(lines, firstNumber: 11)
  rest.covered = 5..<UInt64(20 + lines.count)
  let whole = rest
  var taken: [[UInt8]] = []
  var next: UInt64 = 5
  repeat {
    let lines = random.pick([1, 3, 100])
    let bytes = random.pick([1, 60, 300, 100_000])
    let part = rest.takePrefix(lines: lines, bytes: bytes)
    #expect(part.covered.lowerBound == next)
    next = part.covered.upperBound
    #expect(part.count <= lines && (part.count <= 1 || part.weight <= bytes))
    #expect(part.liveBytes == part.lines.reduce(0) { $0 + $1.count + 1 })
    taken += part.lines
  } while !rest.isEmpty
  #expect(taken == lines)
  #expect(next == whole.covered.upperBound)
  let lower = random.below(lines.count + 1)
  let upper = lower + random.below(lines.count - lower + 1)
  let slice = whole.slice(lower..<upper)
  #expect(slice.lines == Array(lines[lower..<upper]))
  #expect(slice.liveBytes == slice.lines.reduce(0) { $0 + $1.count + 1 })
}

@Test func `a line with several items is covered by the batch that has the last of them`() {
  let source = Batch.of(["x"], firstNumber: 3)
  var builder = BatchBuilder(viewing: source, delimiter: 0x0A)
  for _ in 0..<3 { builder.keep(source, 0) }
  var batch = builder.take(covering: 1..<4)
  #expect(batch.takePrefix(lines: 2, bytes: 100).covered == 1..<3)
  #expect(batch.covered == 3..<4)
}

@Test func `short lines are let through by the memory they take, table and all`() {
  var batch = Batch.of(Array(repeating: [], count: 1000))
  let part = batch.takePrefix(lines: 1000, bytes: 1700)
  // Each takes its delimiter and 16 bytes of table.
  #expect(part.count == 100)
  #expect(part.weight == 1700)
  #expect(batch.count == 900)
  #expect(batch.takePrefix(lines: 1000, bytes: 1699).count == 99)
}

@Test(arguments: 0..<50)
func `compacting keeps everything but memory`(seed: UInt64) throws {
  var random = Random(seed: seed)
  var splitter = LineSplitter(delimiter: 0x0A, maxLine: 1 << 20, keepsOrigins: true)
  let lines = (0..<500).map { _ in random.line() }
  let bytes = joined(lines)
  _ = splitter.fill { space in
    for i in 0..<bytes.count { space[i] = bytes[i] }
    return bytes.count
  }
  let source = try #require(try splitter.take())
  var builder = BatchBuilder(viewing: source, delimiter: 0x0A)
  var kept: [Int] = []
  for i in 0..<500 where random.below(20) == 0 {
    builder.keep(source, i)
    kept.append(i)
  }
  var batch = builder.take(covering: 1..<501)
  if batch.count > 1 {
    var changes = Retagging(batch)
    changes.setBypass(2, at: 1)
    batch = changes.changed
  }
  let compact = batch.compacted()
  #expect(compact.keptBytes < batch.keptBytes / 2)
  #expect(compact.covered == batch.covered && compact.hasMarks == batch.hasMarks)
  for (i, original) in kept.enumerated() {
    #expect(compact.bytes(i) == lines[original])
    #expect(compact.number(i) == UInt64(original + 1))
    #expect(compact.bypass(i) == batch.bypass(i))
    #expect(compact.item(i).withOrigin { $0?.array } == lines[original])
  }
  #expect(compact.withOrigin(of: 9999) { $0?.byteCount } == nil)
  #expect(written(compact) == written(batch))
}

@Test(arguments: [false, true])
func `what lies close together in a large block is copied as it lies`(isReversed: Bool) {
  let source = Batch.of((0..<700).map { "line \($0)" })
  var builder = BatchBuilder(delimiter: 0x0A, capacity: 300_000)
  for i in 0..<700 {
    builder.append(source.bytes(i))
    builder.endLine(like: source, i)
  }
  let made = builder.take(covering: 1..<701)
  var again = BatchBuilder(viewing: made, delimiter: 0x0A)
  for i in 100..<600 { again.keep(made, isReversed ? 699 - i : i) }
  let batch = again.take(covering: 1..<701)
  let compact = batch.compacted()
  #expect(compact.keptBytes < batch.keptBytes / 10)
  #expect(compact.lines == batch.lines && compact.covered == batch.covered)
  #expect((0..<500).allSatisfy { compact.number($0) == batch.number($0) })
  #expect(written(compact) == written(batch))
}

@Test func `what is mostly alive is not copied`() {
  let batch = Batch.of((0..<5000).map { "line number \($0)" })
  #expect(batch.compacted().keptBytes == batch.keptBytes)
}

@Test func `bypass levels are set and taken back one by one`() {
  let before = Batch.of(["a", "b", "c"])
  #expect(!before.hasMarks)
  var changes = Retagging(before)
  changes.setBypass(1, at: 0)
  changes.setBypass(15, at: 2)
  var batch = changes.changed
  #expect(batch.hasMarks && !batch.isPlain(0) && batch.isPlain(1))
  batch = batch.withoutBypass(15)
  #expect((0..<3).map { batch.bypass($0) } == [1, 0, 0])
  batch = batch.withoutBypass(1)
  #expect(!batch.hasMarks)
  #expect(before.bypass(0) == 0, "the batch that was changed is as it was")
  #expect((0..<3).map { batch.number($0) } == [1, 2, 3])
}

@Test func `an error record keeps its kind`() {
  var builder = BatchBuilder(delimiter: 0x0A)
  builder.append("{}")
  builder.endLine(number: 1 << 40, kind: .error)
  let batch = builder.take(covering: 0..<0)
  #expect(batch.kind(0) == .error && batch.hasMarks && batch.number(0) == 1 << 40)
}

@Test func `lines are written with the delimiter of the output`() {
  let lines = [[UInt8]](repeating: Array("ab".utf8), count: 3)
  #expect(written(Batch.of(lines), delimiter: 0) == joined(lines, delimiter: 0))
}

@Test func `neighbours are written in one piece and scattered lines are gathered`() {
  let line = [UInt8](repeating: 0x61, count: 99)
  let batch = Batch.of([[UInt8]](repeating: line, count: 2000))
  var pieces = 0
  batch.withContiguousRuns(delimiter: 0x0A) { _ in pieces += 1 }
  #expect(pieces == 1)
  var builder = BatchBuilder(viewing: batch, delimiter: 0x0A)
  for i in stride(from: 0, to: 2000, by: 2) { builder.keep(batch, i) }
  let half = builder.take(covering: batch.covered)
  pieces = 0
  var bytes = 0
  half.withContiguousRuns(delimiter: 0x0A) {
    pieces += 1
    bytes += $0.byteCount
  }
  #expect(pieces == 2 && bytes == 100_000)
}

@Test(arguments: [(70_000, 2), (400, 1000), (65_536, 1)])
func `parts are kept until the batch is full, and only their table asks for memory`(
  lines: Int, length: Int
) throws {
  let batch = Batch.of(Array(repeating: String(repeating: "a", count: length), count: lines))
  var one = BatchBuilder(viewing: batch, delimiter: 0x0A)
  var kept = 0
  while kept < batch.count, !one.isFull {
    one.keep(batch, kept, bytes: 1..<length)
    kept += 1
  }
  var all = BatchBuilder(viewing: batch, delimiter: 0x0A)
  // With the first call the runtime makes types, which takes memory too.
  _ = all.keepParts(of: batch, 0..<1) { 1..<$0.byteCount }
  all = BatchBuilder(viewing: batch, delimiter: 0x0A)
  var end = 0
  let asked = allocations {
    end = all.keepParts(of: batch, 0..<batch.count) { 1..<$0.byteCount }
  }
  #expect(end == kept && all.count == one.count && all.byteCount == one.byteCount)
  #expect(all.keepParts(of: batch, end..<batch.count) { 1..<$0.byteCount } == end || !all.isFull)
  if let asked { #expect(asked == 1) }
}
