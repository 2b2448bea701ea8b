package import Lines

/// Checks JSON text in full, once, before it becomes a row. One worker's.
@safe
package final class JSONChecker {
  /// How deep lists and maps may be in each other.
  package static let largestDepth = 1000

  private let index: JSONIndex
  /// Of each container that is open, from the outermost: whether it is a map.
  private let isMap: UnsafeMutableBufferPointer<Bool>
  private let names = NamesBefore()
  /// Of the line before. Nil where it is not known that its names are those remembered.
  private var before: Before?

  private struct Before {
    let names: Int
    let tokens: Int
    let shape: UInt64
    /// How many fields it has, if it is a map of scalars whose names were known; else 0.
    var flatFields: Int
  }

  package convenience init() { self.init(usesLibrary: true) }

  init(usesLibrary: Bool) {
    index = JSONIndex(usesLibrary: usesLibrary)
    unsafe isMap = .allocate(capacity: JSONChecker.largestDepth)
    unsafe isMap.initialize(repeating: false)
  }

  deinit { unsafe isMap.deallocate() }

  /// Checks that `range` holds one JSON value (RFC 8259) and white space around it.
  ///
  /// - Returns: where the value is, without the white space.
  package func check(
    _ bytes: RawSpan, _ range: Range<Int>
  ) throws(RecordFault) -> Range<Int> {
    before = nil
    let value = try index.withText(bytes, range) { (text) throws(RecordFault) in
      var walk = unsafe JSONCheck(
        text: text, isMap: isMap, names: names,
        backslash: text.firstOffset(of: UInt8(ascii: "\\"), from: 0))
      return try walk.run()
    }
    return range.lowerBound &+ value.lowerBound..<range.lowerBound &+ value.upperBound
  }

  /// Checks the lines of `batch` together, unless that has been done, and leaves with it the tokens of
  /// those found to be one map or list each, and white space around it. All others have to be checked
  /// one by one, some of them only because what can be read behind them is too little.
  ///
  /// It needs nothing but the batch, so it can be done wherever there is time for it.
  package func lookThrough(_ batch: inout Batch) {
    if batch.count < 2 || batch.tokens != nil { return }
    batch.tokens = checkLines(batch) ?? TokenTable(ofNothingIn: batch)
  }

  /// One pass over all bytes, which takes a fifth fewer instructions than one over each line of 400.
  ///
  /// - Returns: nil if the lines can not be checked so, as if one of them is no UTF-8.
  package func checkLines(_ batch: Batch) -> TokenTable? {
    guard batch.count > 1, batch.isRun(endingIn: 0x0A) else { return nil }
    return batch.withBytes { bytes in
      var count = batch.count - 1
      while count > 0, bytes.byteCount - batch.range(count - 1).upperBound < JSONIndex.padding {
        count -= 1
      }
      if count < 2 { return nil }
      let origin = batch.range(0).lowerBound
      let end = batch.range(count - 1).upperBound
      return unsafe index.withTexts(bytes, origin..<end) { (text, tokens) in
        let items = divide(text, origin, batch, count)
        if items.isEmpty { return nil }
        return unsafe TokenTable(of: batch, items: items, tokens: tokens)
      }
    }
  }

  /// Checks the first `count` lines, which are what `text` holds.
  private func divide(
    _ text: JSONText, _ origin: Int, _ batch: Batch, _ count: Int
  ) -> ContiguousArray<TokenTable.Item> {
    var items = ContiguousArray<TokenTable.Item>()
    items.reserveCapacity(count)
    var backslash = text.firstOffset(of: UInt8(ascii: "\\"), from: 0)
    var tokens = 0..<0
    for i in 0..<count {
      let start = batch.range(i).lowerBound &- origin
      let end = batch.range(i).upperBound &- origin
      tokens = text.tokens(from: tokens.upperBound, before: end, about: tokens.count)
      guard !tokens.isEmpty,
        text.first(tokens.upperBound &- 1) | 0x20 == UInt8(ascii: "}")
      else { continue }
      // Where most lines are no values, values go over several of them.
      if i > 8, items.count < i / 2 { break }
      if backslash < start {
        backslash = text.firstOffset(of: UInt8(ascii: "\\"), from: start)
      }
      let line = text.line(tokens, upTo: end)
      if backslash >= end, let before, before.flatFields > 0,
        FlatMapCheck(text: line, names: names).isAsBefore(before.flatFields)
      {
        items.append(
          TokenTable.Item(
            range: origin &+ line.token(0)..<origin &+ line.token(tokens.count &- 1) &+ 1,
            tokens: tokens, isMarked: false, shape: before.shape))
        continue
      }
      var walk = unsafe JSONCheck(text: line, isMap: isMap, names: names, backslash: backslash)
      guard let value = try? walk.run() else {
        before = nil
        continue
      }
      items.append(
        TokenTable.Item(
          range: origin &+ value.lowerBound..<origin &+ value.upperBound, tokens: tokens,
          isMarked: backslash < value.upperBound, shape: shape(walk, tokens.count)))
      backslash = walk.backslash
    }
    return items
  }
}

extension JSONChecker {
  /// The shape of the line just walked over: mostly that of the one before.
  private func shape(_ walk: JSONCheck, _ tokens: Int) -> UInt64 {
    let names = walk.nameCount
    if let before, walk.isAsBefore, names == before.names, tokens == before.tokens {
      self.before?.flatFields = walk.isFlat ? names : 0
      return before.shape
    }
    let shape = TokenTable.newShape()
    before = Before(names: names, tokens: tokens, shape: shape, flatFields: 0)
    return shape
  }
}

/// One pass over the tokens of a text, in the order of the grammar. What a token turns out not to be
/// is worded where nothing else has to be fast.
@safe
private struct JSONCheck {
  let text: JSONText
  private let isMap: UnsafeMutableBufferPointer<Bool>
  /// The token looked at.
  private var t = 0
  private var depth = 0
  /// The first backslash that is not behind what was looked at: few strings have one, and looking
  /// once for each would take longer than all else.
  private(set) var backslash: Int
  private let names: NamesBefore
  /// How many names have been met, at whatever depth.
  private(set) var nameCount = 0
  /// Whether each name is that of the text before, at the same token and as deep. Then, if there are
  /// as many names and tokens in all, each is reached over the same names too: a map that it is in has
  /// a name before it that is as deep as that map, and all others are lists.
  var isAsBefore: Bool { drift == 0 }
  /// Whether there are no lists and maps in the outermost.
  private(set) var isFlat = true
  /// Not 0 as soon as a name is another or elsewhere.
  private var drift = 0

  @unsafe
  init(
    text: JSONText, isMap: UnsafeMutableBufferPointer<Bool>, names: NamesBefore, backslash: Int
  ) {
    self.text = text
    unsafe self.isMap = isMap
    self.names = names
    self.backslash = backslash
  }

  mutating func run() throws(RecordFault) -> Range<Int> {
    while true {
      var end = try value()
      if end < 0 { continue }
      // What follows a value: the end of what it is in, or the next value.
      while depth > 0 {
        let inMap = unsafe isMap[depth &- 1]
        let first = text.first(t)
        if first == UInt8(ascii: ",") {
          t &+= 1
          if inMap { try key() }
          break
        }
        guard first == (inMap ? UInt8(ascii: "}") : UInt8(ascii: "]")) else {
          throw fault(inMap ? "a comma or '}'" : "a comma or ']'", text.token(t))
        }
        end = text.token(t) &+ 1
        t &+= 1
        depth &-= 1
      }
      if depth == 0 {
        guard t == text.count else { throw fault("nothing behind the value", text.token(t)) }
        return text.token(0)..<end
      }
    }
  }

  /// Steps over a scalar or an empty container, or into another one.
  ///
  /// - Returns: where it ends; -1 if it is entered.
  @inline(__always)
  private mutating func value() throws(RecordFault) -> Int {
    let at = text.token(t)
    switch text.first(t) {
    case UInt8(ascii: "\""):
      t &+= 1
      return try string(at)
    case UInt8(ascii: "-"), 0x30...0x39:
      t &+= 1
      return try number(at)
    case UInt8(ascii: "{"): return try open(at, UInt8(ascii: "}"))
    case UInt8(ascii: "["): return try open(at, UInt8(ascii: "]"))
    case UInt8(ascii: "t"): return try word(0x6575_7274, "true", at)
    case UInt8(ascii: "f"): return try word(0x65_736C_6166, "false", at)
    case UInt8(ascii: "n"): return try word(0x6C6C_756E, "null", at)
    default: throw fault("a value", at)
    }
  }

  @inline(__always)
  private mutating func open(
    _ at: Int, _ close: UInt8
  ) throws(RecordFault) -> Int {
    guard depth < JSONChecker.largestDepth else { throw tooDeep(at) }
    if depth > 0 { isFlat = false }
    t &+= 1
    if text.first(t) == close {
      t &+= 1
      return text.token(t &- 1) &+ 1
    }
    unsafe isMap[depth] = close == UInt8(ascii: "}")
    depth &+= 1
    if close == UInt8(ascii: "}") {
      guard text.first(t) == UInt8(ascii: "\"") else {
        throw fault("a key or '}'", text.token(t))
      }
      try key()
    } else if t == text.count {
      throw fault("a value or ']'", text.length)
    }
    return -1
  }

  /// A key and its colon.
  @inline(__always)
  private mutating func key() throws(RecordFault) {
    let k = nameCount
    nameCount &+= 1
    if names.child(k, text, t) != NamesBefore.unknown {
      drift |= names.drift(k, t, depth)
      t &+= 2
    } else {
      try otherKey(k)
    }
  }

  @inline(never)
  private mutating func otherKey(_ k: Int) throws(RecordFault) {
    guard text.first(t) == UInt8(ascii: "\"") else { throw fault("a key", text.token(t)) }
    drift = -1
    t &+= 1
    _ = try string(text.token(t &- 1))
    guard text.first(t) == UInt8(ascii: ":") else { throw fault("':'", text.token(t)) }
    names.remember(k, text, t &- 1, 0, depth: depth)
    t &+= 1
  }

  /// - Returns: where it ends.
  @inline(__always)
  private mutating func string(_ at: Int) throws(RecordFault) -> Int {
    let end = text.endOfString(at, before: text.token(t))
    if backslash < end { try escapes(before: end) }
    return end
  }

  @inline(never)
  private mutating func escapes(before end: Int) throws(RecordFault) {
    while backslash < end {
      switch text[backslash &+ 1] {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
        UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
        backslash &+= 2
      case UInt8(ascii: "u"):
        for i in backslash &+ 2..<backslash &+ 6
        where i >= end || JSONDecoding.hexDigit(text[i]) == nil {
          throw fault("four hexadecimal digits behind '\\u'", i)
        }
        backslash &+= 6
      default: throw fault("an escape that JSON has", backslash &+ 1)
      }
      backslash = text.firstOffset(of: UInt8(ascii: "\\"), from: backslash)
    }
  }

  @inline(__always)
  private func number(_ at: Int) throws(RecordFault) -> Int {
    // Most have no more than some digits, not the first a zero.
    var end = at
    while text[end] &- 0x30 < 10 { end &+= 1 }
    if end > at, text[at] != 0x30 || end == at &+ 1, end == text.token(t) { return end }
    return try wholeNumber(at)
  }

  @inline(never)
  private func wholeNumber(_ at: Int) throws(RecordFault) -> Int {
    let next = text.token(t)
    let form = text.withBytes { JSONNumber.form($0, at: at, end: next) }
    guard let form else { throw fault("a number that is complete", endOfWord(at)) }
    return try ended(form.end)
  }

  /// - Parameter bytes: those of the word, the first one lowest.
  @inline(__always)
  private mutating func word(
    _ bytes: UInt64, _ word: StaticString, _ at: Int
  ) throws(RecordFault) -> Int {
    t &+= 1
    let end = at &+ word.utf8CodeUnitCount
    let unused = UInt64(8 &- word.utf8CodeUnitCount) &* 8
    guard (text.word(at) << unused) >> unused == bytes, end <= text.token(t) else {
      throw noWord(word, at)
    }
    return end == text.token(t) ? end : try ended(end)
  }

  @inline(never)
  private func noWord(_ word: StaticString, _ at: Int) -> RecordFault {
    let found = text.withBytes { $0.extracting(at..<min(endOfWord(at), at &+ 20)).text }
    return RecordFault(expected: "\(word)", found: .other("'\(found)'"), at: at)
  }

  /// Between a number or word and the next token there is only white space.
  private func ended(_ end: Int) throws(RecordFault) -> Int {
    if end == text.token(t) || isJSONSpace(text[end]) { return end }
    throw fault("the end of the value", end)
  }

  private func endOfWord(_ at: Int) -> Int {
    var i = at
    while i < text.token(t), !isJSONSpace(text[i]) { i &+= 1 }
    return i
  }

  @inline(never)
  private func tooDeep(_ at: Int) -> RecordFault {
    RecordFault(
      expected: "at most \(JSONChecker.largestDepth) lists and maps in each other",
      found: .other("one more"), at: at)
  }

  @inline(never)
  private func fault(_ expected: StaticString, _ at: Int) -> RecordFault {
    RecordFault(
      expected: "\(expected)", found: at < text.length ? .byte(text[at]) : .end, at: at)
  }
}

@inline(__always)
func isJSONSpace(_ byte: UInt8) -> Bool {
  byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
}
