import TestSupport
import Testing

@testable import Lines

private func matches(_ pattern: Pattern, _ line: String) throws -> Bool {
  let matcher = pattern.matcher()
  return try Batch.of([line]).withLine(0) { (bytes) throws(PatternLimit) in
    try matcher.matches(bytes)
  }
}

private func select(
  _ pattern: Pattern, _ batch: Batch, invert: Bool = false, delimiter: UInt8 = 0x0A
) throws(PatternLimit) -> [UInt64] {
  var out = BatchBuilder(viewing: batch, delimiter: delimiter)
  var item = 0
  let matcher = pattern.matcher(delimiter: delimiter)
  try matcher.select(batch, &item, upTo: batch.count, invert: invert, into: &out)
  let kept = out.take(covering: batch.covered)
  return (0..<kept.count).map { kept.number($0) }
}

/// Pieces of patterns, put together at random.
private let pieces = [
  "a", "b", "ab", "x", "abab", "ab a", "\\.ab", "aab+", "abax?", "0", "é", "€", ".", ".*", ".+",
  ".*?", ".+?", "[ab]", "[^a]", "[^a]*",
  "[^ab]+",
  "[^é]", "[é-ü]", "\\d", "\\w+", "\\s", "\\S+", "\\D", "\\W", "[\\s,]", "[^\\s]", "[\\S]", "\\b",
  "\\B",
  "^", "$", "\\A", "\\z", "(a|b)", "(?:ab)*", "(a*)", "(.*)", "([^ ]*)", "a?", "b{2}", "(?=a)",
  "(?!b)",
  "(?<=a)", "(?<!b)", "|", "[]a]", "[^]a]", "[a-c]", "[[:alpha:]]", "[[:space:]]", "\\.", "\\x41",
  "(?i)A",
  "\\1", "\\n", "[\\n]", "[\\x00-\\x20]", "[+--]", "(?P<n>a)", " ", "\\pL", "\\Q.\\E", "(?s).",
]

private func randomText(_ random: inout Random) -> [UInt8] {
  (0..<random.below(9)).flatMap { _ in
    Array(random.pick(["a", "b", "ab", " ", "x", "0", "A", ".", "é", "€", "𐍈", "\r", "\t"]).utf8)
  }
}

/// PCRE2's interpreter, on characters and on one line: the plain way.
private func reference(_ text: String, ignoreCase: Bool) throws -> Search {
  var options: Code.Options = [.unicode, .interpreted]
  if ignoreCase { options.insert(.ignoreCase) }
  return Search(try Code(Array(text.utf8), options))
}

@Test(arguments: 0..<1500)
func `searching a batch finds what searching each line finds`(seed: UInt64) throws {
  var random = Random(seed: seed)
  let texts = (0..<random.pick([1, 1, 1, 2, 3])).map { _ in
    (0...random.below(4)).map { _ in random.pick(pieces) }.joined()
  }
  let ignoreCase = random.below(4) == 0
  guard let pattern = try? Pattern(texts, ignoreCase: ignoreCase) else { return }
  let lines = (0..<30).map { _ in randomText(&random) }
  let searches = try texts.map {
    try reference($0, ignoreCase: ignoreCase)
  }
  var expected: [UInt64] = []
  for (i, line) in lines.enumerated() {
    let isFound = searches.contains { search in
      Batch.of([line]).withLine(0) { search.find(in: $0) } == .match
    }
    if isFound { expected.append(UInt64(i + 1)) }
  }
  let batch = Batch.of(lines)
  #expect(try select(pattern, batch) == expected, "\(texts)")
  let others = (1...30).map(UInt64.init).filter { !expected.contains($0) }
  #expect(try select(pattern, batch, invert: true) == others, "\(texts)")
  #expect(try select(pattern, batch, delimiter: 0) == expected, "\(texts)")
  // A batch with gaps is searched run by run.
  var builder = BatchBuilder(viewing: batch, delimiter: 0x0A)
  var left: [UInt64] = []
  for i in 0..<30 where random.below(3) > 0 {
    builder.keep(batch, i)
    left.append(UInt64(i + 1))
  }
  let gaps = builder.take(covering: batch.covered)
  #expect(try select(pattern, gaps) == left.filter(expected.contains), "\(texts)")
}

@Test(arguments: 0..<300)
func `bytes that are not UTF-8 match the same in a batch and alone`(seed: UInt64) throws {
  var random = Random(seed: seed)
  let text = (0...random.below(3)).map { _ in random.pick(pieces) }.joined()
  guard let pattern = try? Pattern([text]) else { return }
  let lines = (0..<30).map { _ in
    randomText(&random) + random.bytes([0xFF, 0xC3, 0x80, 0x00, 0x61], upTo: 3)
  }
  let matcher = pattern.matcher()
  var expected: [UInt64] = []
  for (i, line) in lines.enumerated() {
    let isFound = try Batch.of([line]).withLine(0) { (bytes) throws(PatternLimit) in
      try matcher.matches(bytes)
    }
    if isFound { expected.append(UInt64(i + 1)) }
  }
  #expect(try select(pattern, Batch.of(lines)) == expected, "\(text)")
}

@Test func `an item with a newline in it is one subject`() throws {
  let batch = Batch.of(["a\nb", "a", "b"])
  #expect(try select(Pattern(["^b"]), batch) == [3])
  #expect(try select(Pattern(["a$"]), batch) == [2])
  #expect(try select(Pattern(["a[^x]b"]), batch) == [1])
  #expect(try select(Pattern(["a\\sb"]), batch) == [1])
}

@Test func `a pattern that explodes fails the line it explodes on and no other`() throws {
  let bad = String(repeating: "a", count: 40) + "!"
  for texts in [["(a+)+$"], ["(a+)+$", "zzz"]] {
    let pattern = try Pattern(texts)
    let batch = Batch.of(["aaa", "b", bad, "a"])
    let matcher = pattern.matcher()
    var out = BatchBuilder(viewing: batch, delimiter: 0x0A)
    var item = 0
    #expect(throws: PatternLimit()) {
      try matcher.select(batch, &item, upTo: 4, into: &out)
    }
    #expect(item == 2)
    item += 1
    try matcher.select(batch, &item, upTo: 4, into: &out)
    let kept = out.take(covering: batch.covered)
    #expect(kept.lines == [Array("aaa".utf8), Array("a".utf8)])
  }
}

private func found(_ text: String, in line: String, ignoreCase: Bool = false) throws -> [String] {
  let matcher = try Pattern([text], ignoreCase: ignoreCase).matcher()
  var progress = Matcher.Progress()
  var all: [String] = []
  try Batch.of([line]).withLine(0) { (bytes) throws(PatternLimit) in
    while let match = try matcher.next(in: bytes, &progress) {
      let groups = (1..<10).compactMap { matcher.group($0) }
      all.append(([match] + groups).map { bytes.extracting($0).text }.joined(separator: ","))
    }
  }
  return all
}

@Test func `matches of a line come one after another with their groups`() throws {
  #expect(try found("(\\w)(\\d)?", in: "a1 b") == ["a1,a,1", "b,b"])
  #expect(try found("x*", in: "axb") == ["", "x", ""])
  #expect(try found("x*", in: "é€") == ["", "", ""])
  #expect(try found("", in: "ab") == ["", "", ""])
  #expect(try found("$", in: "ab") == [""])
  #expect(try found("^", in: "") == [""])
  #expect(try found("^a", in: "aa") == ["a"])
  #expect(try found(".", in: "é€") == ["é", "€"])
  #expect(try found("ÉÀ", in: "éà", ignoreCase: true) == ["éà"])
}

@Test func `named groups are found by name`() throws {
  let pattern = try Pattern(["(?<user>\\w+)@(?P<host>\\w+)"])
  #expect(pattern.groupNames == ["user": 1, "host": 2] && pattern.groupCount == 2)
}

@Test func `what is wrong with a pattern is said with its place`() {
  let cases: [([String], Int, Int)] = [(["a("], 2, 0), (["ok", "[a"], 2, 1), (["a**b"], 2, 0)]
  for (texts, offset, index) in cases {
    do throws(PatternError) {
      _ = try Pattern(texts)
      Issue.record("\(texts) is no pattern")
    } catch {
      #expect(error.offset == offset && error.index == index && !error.message.isEmpty)
    }
  }
}

@Test func `text is searched as it stands when it is fixed`() throws {
  #expect(try matches(Pattern(["a.b*[("], fixed: true), "xa.b*[(y"))
  #expect(try !matches(Pattern(["a.b"], fixed: true), "axb"))
  #expect(try matches(Pattern(["É", "\\E"], fixed: true, ignoreCase: true), "é"))
  #expect(try matches(Pattern(["a\tb#\u{1}"], fixed: true), "a\tb#\u{1}"))
  #expect(try matches(Pattern(["a\nb"], fixed: true), "a\nb"))
  #expect(
    try select(Pattern(["one", "two"], fixed: true), Batch.of(["two", "x", "one"])) == [1, 3])
}

@Test(arguments: 0..<300)
func `lines with one of several words are found`(seed: UInt64) throws {
  var random = Random(seed: seed)
  let alphabet: [UInt8] = random.pick([[0x61, 0x62], Array("abcdé, .".utf8), Array(0...255)])
  let shortest = random.pick([1, 1, 2, 3, 6])
  let words = (0..<2 + random.below(70)).map { _ in
    (0..<shortest + random.below(5)).map { _ in random.pick(alphabet) }.filter { $0 != 0x0A }
  }.filter { !$0.isEmpty }
  let lines = (0..<60).map { _ in
    random.bytes(alphabet, upTo: random.pick([3, 40, 300])).filter { $0 != 0x0A }
  }
  let set = LiteralSet(words)
  #expect((set == nil) == (words.count < 2 || words.count > 64))
  guard let set else { return }
  for line in lines {
    let expected = (0..<line.count).first { offset in
      words.contains { line[offset...].starts(with: $0) }
    }
    let found = Batch.of([line]).withLine(0) { set.firstOffset(in: $0, from: 0) }
    #expect(found == expected)
  }
}

@Test func `text that has to be there is looked for first only where it pays`() throws {
  let required = { (text: String) -> String in
    String(decoding: PatternText(Array(text.utf8), ignoreCase: false).required, as: UTF8.self)
  }
  #expect(required("[^ ]+ [^ ]+ HTTP/1\\.1") == " HTTP/1.1")
  #expect(required(".ruby.") == "ruby")
  #expect(required("ruby.") == "", "machine code skips to it by itself")
  #expect(required(".*abc|xyz") == "" && required(".(abc)?") == "" && required(".abcd?") == "abc")
  #expect(required(".abc{0}") == "" && required("(?i).abc") == "" && required(".abc+d") == "abc")
}
