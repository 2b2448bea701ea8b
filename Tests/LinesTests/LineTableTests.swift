import TestSupport
import Lines
import Testing

@Test(arguments: 0..<50)
func `each distinct line has one number, in the order in which it first came`(seed: UInt64) {
  var random = Random(seed: seed)
  var table = LineTable()
  var known: [[UInt8]: Int] = [:]
  var order: [[UInt8]] = []
  for _ in 0..<2000 {
    let line = random.below(2) == 0 ? random.line() : random.bytes([0x61, 0x62], upTo: 20)
    let (index, isNew) = Batch.of([line]).withLine(0) { table.insert($0) }
    #expect(isNew == (known[line] == nil))
    if isNew {
      known[line] = order.count
      order.append(line)
    }
    #expect(index == known[line])
  }
  #expect(table.count == order.count)
  for (index, line) in order.enumerated() { #expect(table.withLine(index) { $0.array } == line) }
}

@Test func `spans are searched and compared by their bytes`() {
  let batch = Batch.of(["abcabd", "", "\u{0}ab"])
  batch.withLine(0) { line in
    #expect(line.firstOffset(of: UInt8(ascii: "b"), from: 2) == 4)
    #expect(line.firstOffset(of: Array("abd".utf8)) == 3)
    #expect(line.firstOffset(of: Array("abe".utf8)) == nil)
    #expect(line.firstOffset(of: [], from: 6) == 6)
    #expect(line.stands(Array("bd".utf8), at: 4) && !line.stands(Array("bdx".utf8), at: 4))
    #expect(line.hash(seed: 1) != line.hash(seed: 2))
  }
  batch.withLine(1) { line in
    #expect(line.firstOffset(of: 0) == nil && line.firstOffset(of: []) == 0)
    #expect(line.equals(line) && line.array.isEmpty)
  }
}

/// The same as `RawSpan.hash`, byte by byte: what is sampled by it must not change.
private func plainHash(_ bytes: [UInt8], seed: UInt64) -> UInt64 {
  func folded(_ a: UInt64, _ b: UInt64) -> UInt64 {
    let product = a.multipliedFullWidth(by: b)
    return product.high ^ product.low
  }
  func word(_ offset: Int) -> UInt64 {
    bytes[offset..<offset + 8].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
  var state = seed ^ 0x9E37_79B9_7F4A_7C15
  var i = 0
  while i + 16 <= bytes.count {
    state = folded(
      word(i) ^ 0xA076_1D64_78BD_642F ^ state, word(i + 8) ^ 0xE703_7ED1_A0B4_28DB)
    i += 16
  }
  if i + 8 <= bytes.count {
    state = folded(word(i) ^ 0xA076_1D64_78BD_642F, state ^ 0xE703_7ED1_A0B4_28DB)
    i += 8
  }
  let tail = bytes[i...].reduce(0) { $0 << 8 | UInt64($1) }
  state = folded(tail ^ 0x8EBC_6AF0_9C88_C6E3, state ^ 0x5899_65CC_7537_4CC3)
  return folded(state ^ UInt64(bytes.count), 0x1D8E_4E27_C47D_124F)
}

@Test(arguments: 0..<40)
func `lines of every length are hashed and compared by all their bytes`(length: Int) {
  var random = Random(seed: UInt64(length))
  let line = (0..<length).map { _ in UInt8(random.below(256)) }
  for place in line.indices {
    var other = line
    other[place] ^= 1
    let batch = Batch.of([line, other, line])
    batch.withBytes { bytes in
      let spans = (0..<3).map { batch.range($0) }
      let (a, b, c) = (
        bytes.extracting(spans[0]), bytes.extracting(spans[1]), bytes.extracting(spans[2])
      )
      #expect(a.equals(c) && !a.equals(b) && !b.equals(a), "length \(length), byte \(place)")
      #expect(a.hash(seed: 5) == c.hash(seed: 5) && a.hash(seed: 5) != b.hash(seed: 5))
    }
  }
  #expect(Batch.of([line]).withLine(0) { $0.hash(seed: 7) } == plainHash(line, seed: 7))
}

@Test func `a character is as wide as its bytes, and what is none is one byte`() {
  let cases: [([UInt8], Int)] = [
    ([0x61], 1), (Array("é".utf8), 2), (Array("€".utf8), 3), (Array("𐍈".utf8), 4), ([0xC3], 1),
    ([0xC3, 0x28], 1), ([0xE2, 0x82], 1), ([0x80, 0x80], 1), ([0xC0, 0xAF], 1),
    ([0xE0, 0x80, 0xAF], 1), ([0xED, 0xA0, 0x80], 1), ([0xF4, 0x90, 0x80, 0x80], 1),
    ([0xF0, 0x80, 0x80, 0xAF], 1), ([0xFF], 1),
  ]
  for (bytes, width) in cases {
    #expect(Batch.of([bytes]).withLine(0) { utf8Width($0, 0) } == width, "\(bytes)")
  }
}

@Test(arguments: 0..<60)
func `the offsets of a byte are where counting finds it, as many as are enough`(seed: UInt64) {
  var random = Random(seed: seed)
  let line = random.bytes(Array("ab,".utf8), upTo: 300)
  let places = line.indices.filter { line[$0] == 0x2C }
  Batch.of([line]).withLine(0) { span in
    for enough in [1, 2, 70, places.count, .max] {
      var offsets: ContiguousArray<UInt32> = []
      let found = span.findOffsets(of: 0x2C, enough: enough, into: &offsets)
      #expect(found >= min(enough, places.count) && found <= places.count)
      #expect(offsets.prefix(found).map { Int($0) } == Array(places.prefix(found)))
    }
  }
}

@Test(arguments: 0..<60)
func `the offsets of a text are those of each search behind the last`(seed: UInt64) {
  var random = Random(seed: seed)
  let line = random.bytes(Array("a,".utf8), upTo: 60)
  Batch.of([line]).withLine(0) { span in
    var expected: [Int] = []
    while let hit = span.firstOffset(of: [0x2C, 0x2C], from: (expected.last ?? -2) + 2) {
      expected.append(hit)
    }
    var offsets: ContiguousArray<UInt32> = []
    let found = span.findOffsets(of: [0x2C, 0x2C], enough: 3, into: &offsets)
    #expect(offsets.prefix(found).map { Int($0) } == Array(expected.prefix(3)))
  }
}
