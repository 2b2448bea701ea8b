import Lines

/// A text and its tokens, for walks in which a check of bounds at each byte would be most of the work.
/// Offsets count from where the tokens' do: the start of the text, or of the first one where it is one
/// of several. What makes it safe: tokens lie in the text, behind the last one stand two more that are
/// not before its end, and behind the text are 64 bytes that may be read.
@safe
struct JSONText {
  private let base: UnsafePointer<UInt8>
  private let tokens: UnsafePointer<UInt32>
  /// How many tokens there are.
  let count: Int
  /// Where the text ends.
  let length: Int

  @unsafe
  init(
    base: UnsafePointer<UInt8>, length: Int, tokens: UnsafePointer<UInt32>, count: Int
  ) {
    unsafe self.base = base
    unsafe self.tokens = tokens
    self.length = length
    self.count = count
  }

  /// One of the lines that this text is: those with tokens `range`, up to `end`. Its last token ends it,
  /// so that nothing looks behind it for the end of a number or word.
  @inline(__always)
  func line(_ range: Range<Int>, upTo end: Int) -> JSONText {
    assert(range.upperBound <= count && end <= length)
    return unsafe JSONText(
      base: base, length: end, tokens: tokens + range.lowerBound, count: range.count)
  }

  /// The byte at `offset`, at most 63 behind the text.
  @inline(__always)
  subscript(offset: Int) -> UInt8 {
    assert(offset >= 0 && offset < length + 64)
    return unsafe base[offset]
  }

  /// Where token `t` begins; for those behind the last one, at the end of the text or behind it.
  @inline(__always)
  func token(_ t: Int) -> Int {
    assert(t >= 0 && t <= count + 1)
    return unsafe Int(tokens[t])
  }

  /// The tokens from `first` on that lie before `end`, which are likely `about` so many.
  @inline(__always)
  func tokens(from first: Int, before end: Int, about likely: Int) -> Range<Int> {
    var upper = min(first &+ likely, count)
    while upper < count, token(upper) < end { upper &+= 1 }
    while upper > first, token(upper &- 1) >= end { upper &-= 1 }
    return first..<upper
  }

  /// The first byte of token `t`, 0 behind the last one.
  @inline(__always)
  func first(_ t: Int) -> UInt8 { t < count ? self[token(t)] : 0 }

  /// Eight bytes from `offset` on, the first one lowest.
  @inline(__always)
  func word(_ offset: Int) -> UInt64 {
    assert(offset >= 0 && offset <= length + 56)
    return unsafe UInt64(
      littleEndian: UnsafeRawPointer(base).loadUnaligned(
        fromByteOffset: offset, as: UInt64.self))
  }

  /// Where the string that begins at `quote` ends, if there is nothing but white space between it
  /// and the next token at `next`: the offset behind its closing quote.
  @inline(__always)
  func endOfString(_ quote: Int, before next: Int) -> Int {
    var end = next
    while end > quote &+ 1, self[end &- 1] != UInt8(ascii: "\"") { end &-= 1 }
    return end
  }

  /// The first `byte` from `start` on; the length of the text if there is none.
  @inline(__always)
  func firstOffset(of byte: UInt8, from start: Int) -> Int {
    withBytes { $0.firstOffset(of: byte, from: start) ?? length }
  }

  /// For a short time, and no longer than the text is there.
  @inline(__always)
  func withBytes<R, E: Error>(_ body: (RawSpan) throws(E) -> R) throws(E) -> R {
    try unsafe body(RawSpan(_unsafeStart: base, byteCount: length))
  }
}
