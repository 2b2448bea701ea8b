import TestSupport
import Testing

@testable import Lines

/// Feeds `input` in pieces as `cuts` says and gives back all lines with their numbers.
private func split(
  _ input: [UInt8], delimiter: UInt8 = 0x0A, maxLine: Int = 1 << 24, cut: () -> Int
) throws -> [(UInt64, [UInt8])] {
  var splitter = LineSplitter(delimiter: delimiter, maxLine: maxLine)
  var given: [(UInt64, [UInt8])] = []
  var covered: UInt64 = 1
  func collect(_ batch: Batch) {
    #expect(batch.covered.lowerBound == covered)
    covered = batch.covered.upperBound
    #expect(batch.liveBytes == batch.lines.reduce(0) { $0 + $1.count + 1 })
    for i in 0..<batch.count { given.append((batch.number(i), batch.bytes(i))) }
  }
  var position = 0
  while position < input.count {
    let size = cut()
    position += splitter.fill { space in
      let count = min(size, space.count, input.count - position)
      for i in 0..<count { space[i] = input[position + i] }
      return count
    }
    while let batch = try splitter.take() { collect(batch) }
  }
  if let batch = splitter.finish() { collect(batch) }
  let next = splitter.nextNumber
  #expect(next == covered)
  return given
}

private func reference(_ input: [UInt8], delimiter: UInt8 = 0x0A) -> [[UInt8]] {
  var lines = input.split(separator: delimiter, omittingEmptySubsequences: false).map(Array.init)
  if lines.last == [] { lines.removeLast() }
  return lines
}

@Test(arguments: 0..<200)
func `however reads are cut the lines are the same`(seed: UInt64) throws {
  var random = Random(seed: seed)
  let delimiter: UInt8 = random.pick([0x0A, 0])
  var input: [UInt8] = []
  for line in random.lines(upTo: 60) { input += line + [delimiter] }
  if random.below(2) == 0 { input += random.bytes(Array("rest".utf8), upTo: 9) }
  let whole = reference(input, delimiter: delimiter)
  let largest = random.pick([1, 3, 50, 100_000])
  let cut = try split(input, delimiter: delimiter) { 1 + random.below(largest) }
  #expect(cut.map(\.1) == whole)
  #expect(cut.map(\.0) == Array(1..<UInt64(whole.count + 1)))
}

@Test func `many short lines come in batches of at most 65536`() throws {
  var splitter = LineSplitter(delimiter: 0x0A, maxLine: 100)
  _ = splitter.fill { space in
    for i in 0..<space.count { space[i] = 0x0A }
    return space.count
  }
  var sizes: [Int] = []
  while let batch = try splitter.take() { sizes.append(batch.count) }
  #expect(sizes.allSatisfy { $0 <= 65_536 } && sizes.reduce(0, +) == 256 << 10)
}

@Test func `a line of several megabytes comes out whole`() throws {
  let long = [UInt8](repeating: 0x61, count: 5_000_000)
  let lines = try split([0x62, 0x0A] + long + [0x0A, 0x63]) { 100_000 }
  #expect(lines.map(\.1) == [[0x62], long, [0x63]])
}

@Test(arguments: [true, false])
func `a line over the limit is an error behind the lines before it`(isTerminated: Bool) throws {
  var splitter = LineSplitter(delimiter: 0x0A, maxLine: 4)
  let input = Array("ab\nabcd\nabcde".utf8) + (isTerminated ? [0x0A, 0x78, 0x0A] : [])
  _ = splitter.fill { space in
    for i in 0..<input.count { space[i] = input[i] }
    return input.count
  }
  let before = try splitter.take()
  #expect(before?.lines == ["ab", "abcd"].map { Array($0.utf8) })
  for _ in 0..<2 {
    var thrown: LineTooLong?
    do throws(LineTooLong) { _ = try splitter.take() } catch { thrown = error }
    #expect(thrown == LineTooLong(number: 3, limit: 4))
  }
  let dropped = splitter.dropRest()
  #expect(dropped == (isTerminated ? 8 : 5))
  let rest = splitter.finish()
  #expect(rest?.lines == nil)
}

@Test func `numbers go on with the next file and each file ends its own last line`() throws {
  var splitter = LineSplitter(delimiter: 0x0A, maxLine: 100)
  var lines: [String] = []
  for file in ["a\nb", "c\n", "", "d"] {
    let bytes = Array(file.utf8)
    _ = splitter.fill { space in
      for i in 0..<bytes.count { space[i] = bytes[i] }
      return bytes.count
    }
    while let batch = try splitter.take() {
      for i in 0..<batch.count { lines.append("\(batch.number(i))\(batch.item(i).text)") }
    }
    if let batch = splitter.finish() { lines.append("\(batch.number(0))\(batch.item(0).text)") }
  }
  #expect(lines == ["1a", "2b", "3c", "4d"])
}

@Test func `a batch given out stays as it is while reading goes on`() throws {
  var splitter = LineSplitter(delimiter: 0x0A, maxLine: 100, keepsOrigins: true)
  var batches: [Batch] = []
  for round in 0..<2000 {
    let bytes = Array("line \(round)\nrest".utf8)
    _ = splitter.fill { space in
      for i in 0..<bytes.count { space[i] = bytes[i] }
      return bytes.count
    }
    if let batch = try splitter.take() { batches.append(batch) }
  }
  for (round, batch) in batches.enumerated() {
    #expect(batch.item(0).text == (round == 0 ? "line 0" : "restline \(round)"))
    #expect(batch.item(0).withOrigin { $0?.array } == batch.bytes(0))
  }
}

extension Item {
  var text: String { String(decoding: bytes, as: UTF8.self) }
}

private func batch(of text: String) throws -> Batch? {
  var splitter = LineSplitter(delimiter: 0x0A, maxLine: 1 << 20)
  splitter.add(Array(text.utf8))
  return try splitter.take()
}

private func pieces(_ batch: Batch, delimiter: UInt8 = 0x0A) -> [String] {
  var pieces: [String] = []
  batch.withContiguousRuns(delimiter: delimiter) { pieces.append($0.text) }
  return pieces
}

@Test func `what was read is written in one piece, also behind a stage that keeps all or some`()
  throws
{
  let text = String(repeating: "a line of some length\n", count: 2000)
  let read = try #require(try batch(of: text))
  #expect(pieces(read) == [text])
  var all = BatchBuilder(viewing: read, delimiter: 0x0A)
  all.keepAll(read, 0..<read.count)
  #expect(pieces(all.take(covering: read.covered)) == [text])
  #expect(pieces(read.slice(500..<1500)) == [String(text.dropFirst(500 * 22).prefix(1000 * 22))])
  var some = BatchBuilder(viewing: read, delimiter: 0x0A)
  some.keepAll(read, 1000..<2000)
  some.keepAll(read, 0..<1000)
  let turned = some.take(covering: read.covered)
  #expect(turned.lines == read.lines)
  #expect(pieces(turned) == [String(text.prefix(1000 * 22)), String(text.prefix(1000 * 22))])
}

@Test func `what is kept whole and then added to, taken back or copied is not taken for one piece`()
  throws
{
  let read = try #require(try batch(of: "a\nb\nc\n"))
  var added = BatchBuilder(viewing: read, delimiter: 0x0A)
  added.keepAll(read, 0..<3)
  added.keep(read, 0)
  #expect(pieces(added.take(covering: 1..<4)) == ["a\nb\nc\na\n"])
  var back = BatchBuilder(viewing: read, delimiter: 0x0A)
  let mark = back.mark()
  back.keepAll(read, 0..<3)
  back.rollback(to: mark)
  for i in [2, 1, 0] { back.keep(read, i) }
  #expect(pieces(back.take(covering: 1..<4)) == ["c\nb\na\n"])
  var copied = BatchBuilder(viewing: read, delimiter: 0x00)
  copied.keepAll(read, 0..<3)
  copied.append("d")
  copied.endLine(number: 3)
  let mixed = copied.take(covering: 1..<4)
  #expect(pieces(mixed, delimiter: 0x00) == ["a\0b\0c\0d\0"])
  #expect(pieces(mixed) == ["a\nb\nc\nd\n"])
}

@Test func `lines that end in NUL are written with newlines one by one`() throws {
  var splitter = LineSplitter(delimiter: 0x00, maxLine: 100)
  splitter.add(Array("a\0b\0".utf8))
  let read = try #require(try splitter.take())
  #expect(pieces(read) == ["a\nb\n"])
}

@Test func `a table that is kept whole is not copied`() throws {
  let read = try #require(try batch(of: String(repeating: "line\n", count: 5000)))
  guard
    let asked = allocations({
      var builder = BatchBuilder(viewing: read, delimiter: 0x0A)
      builder.keepAll(read, 0..<read.count)
      _ = builder.take(covering: read.covered)
    })
  else { return }
  #expect(asked == 0)
}

@Test func `a block of many lines asks for memory once`() throws {
  var splitter = LineSplitter(delimiter: 0x0A, maxLine: 100)
  let text = Array(String(repeating: "line\n", count: 10_000).utf8)
  splitter.add(text)
  _ = try splitter.take()
  splitter.add(text)
  let asked = try allocations { _ = try splitter.take() }
  #expect((asked ?? 0) <= 2)
}

@Test func `batches of one block are not copied as they go on, but a few lines of one are`() throws
{
  var splitter = LineSplitter(delimiter: 0x0A, maxLine: 1 << 20)
  let text = Array(String(repeating: "a line of a few words\n", count: 4000).utf8)
  for _ in 0..<3 {
    splitter.add(text)
    let batch = try #require(try splitter.take())
    #expect(!batch.isSparse && batch.keptBytes >= text.count)
    var few = BatchBuilder(viewing: batch, delimiter: 0x0A)
    for i in 0..<1000 { few.keep(batch, i) }
    let kept = few.take(covering: batch.covered)
    #expect(kept.isSparse && kept.compacted().keptBytes < kept.keptBytes / 2)
    #expect(batch.slice(0..<1000).isSparse)
  }
}

@Test func `reads of 64 KiB share blocks, and a read asks for memory twice beside them`() throws {
  let reads = 1024
  let read = Array(String(repeating: String(repeating: "x", count: 1023) + "\n", count: 64).utf8)
  var splitter = LineSplitter(delimiter: 0x0A, maxLine: 1 << 20)
  var blocks = 0
  var last = try batch(of: "line\n")
  let asked = try allocations {
    for _ in 0..<reads {
      splitter.add(read)
      guard let taken = try splitter.take() else { break }
      if taken.storage !== last?.storage { blocks += 1 }
      last = taken
    }
  }
  // As many as fit: a block has room for five reads.
  #expect(blocks == (reads + 4) / 5)
  // A table and what shares it for each read; a block is used again, but what owns it is not.
  if let asked { #expect(asked <= 2 * reads + 2 * blocks + 16) }
}
