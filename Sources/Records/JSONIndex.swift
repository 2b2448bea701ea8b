import CSimdjson
import Lines

/// Finds where the tokens of a JSON text begin: brackets, braces, commas and colons outside of
/// strings, the opening quotes of strings, the first bytes of numbers and words. By simdjson or, where
/// that is not installed, by code of our own that takes several times as long. One worker's.
@safe
final class JSONIndex {
  /// How many bytes have to be readable behind a text that is not copied.
  static let padding = Int(CSimdjsonPadding)

  private let library: OpaquePointer?
  /// Of the maps that were walked over.
  private let names = NamesBefore()
  /// A copy of the text, if too little can be read behind it.
  private var padded: [UInt8] = []

  /// - Parameter usesLibrary: false in tests of what happens without.
  init(usesLibrary: Bool = true) {
    unsafe library = usesLibrary ? CSimdjsonMake() : nil
  }

  deinit { unsafe CSimdjsonFree(library) }

  /// Finds the tokens in `range`, of which there is at least one, and calls `body` with them.
  ///
  /// - Throws: a fault for text that is no UTF-8, a string with a bare control character or without
  ///   an end, no value at all; and what `body` throws.
  @inline(__always)
  func withText<R>(
    _ bytes: RawSpan, _ range: Range<Int>, _ body: (JSONText) throws(RecordFault) -> R
  ) throws(RecordFault) -> R {
    if bytes.byteCount - range.upperBound < CSimdjsonPadding {
      copy(bytes, range)
      return try unsafe padded.withUnsafeBufferPointer { (all) throws(RecordFault) in
        try unsafe withTokens(UnsafeRawPointer(all.baseAddress), range.count, body)
      }
    }
    return try unsafe bytes.withUnsafeBytes { (all) throws(RecordFault) in
      try unsafe withTokens(all.baseAddress.map { unsafe $0 + range.lowerBound }, range.count, body)
    }
  }

  /// Finds the tokens of many texts in one pass.
  ///
  /// - Parameter range: texts with a newline between each two, and `CSimdjsonPadding` bytes that may
  ///   be read behind them.
  /// - Returns: nil if there is a fault in one of them, no token at all, or no library.
  func withTexts<R>(
    _ bytes: RawSpan, _ range: Range<Int>,
    _ body: (JSONText, UnsafeBufferPointer<UInt32>) -> R?
  ) -> R? {
    guard let library = unsafe library, bytes.byteCount - range.upperBound >= CSimdjsonPadding
    else { return nil }
    return unsafe bytes.withUnsafeBytes { all in
      guard let start = unsafe all.baseAddress?.assumingMemoryBound(to: UInt8.self) else {
        return nil
      }
      let base = unsafe start + range.lowerBound
      guard unsafe CSimdjsonRead(library, base, range.count) == CSIMDJSON_INDEXED,
        let tokens = unsafe CSimdjsonTokens(library)
      else { return nil }
      let count = unsafe CSimdjsonTokenCount(library)
      let text = unsafe JSONText(base: base, length: range.count, tokens: tokens, count: count)
      return unsafe body(text, UnsafeBufferPointer(start: tokens, count: count + 2))
    }
  }

  /// Calls `body` with a walk over the map that is all of `range`, whose text has been checked.
  ///
  /// - Parameters:
  ///   - table: the same in each call, since with a name it is remembered what it has for it.
  ///   - known: where its tokens were found before, if they were.
  @inline(__always)
  func withMap(
    _ bytes: RawSpan, _ range: Range<Int>, _ known: KnownMap?,
    _ table: PathTable, _ body: (FieldWalk) -> Void
  ) throws(RecordFault) {
    if let known {
      return known.withText(bytes) { map in
        body(FieldWalk(map: map, table: table, shape: known.shape, names: names))
      }
    }
    try withText(bytes, range) { text in
      let map = MapText(
        text: text, offset: range.lowerBound,
        hasEscapes: text.firstOffset(of: UInt8(ascii: "\\"), from: 0) < text.length)
      body(FieldWalk(map: map, table: table, shape: 0, names: names))
    }
  }

  private func copy(_ bytes: RawSpan, _ range: Range<Int>) {
    padded.removeAll(keepingCapacity: padded.capacity <= 4 << 20)
    padded.append(bytes.extracting(range))
    padded.append(contentsOf: repeatElement(0x20, count: CSimdjsonPadding))
  }

  @inline(__always)
  @unsafe
  private func withTokens<R>(
    _ start: UnsafeRawPointer?, _ length: Int, _ body: (JSONText) throws(RecordFault) -> R
  ) throws(RecordFault) -> R {
    guard let base = unsafe start?.assumingMemoryBound(to: UInt8.self) else {
      throw JSONTokens.noValue
    }
    if let library = unsafe library,
      unsafe CSimdjsonRead(library, base, length) == CSIMDJSON_INDEXED,
      let tokens = unsafe CSimdjsonTokens(library)
    {
      return try body(
        unsafe JSONText(
          base: base, length: length, tokens: tokens, count: CSimdjsonTokenCount(library)))
    }
    // Without the library; or it found a fault, and now it is told where.
    return try unsafe withOwnTokens(base, length, body)
  }

  @inline(never)
  @unsafe
  private func withOwnTokens<R>(
    _ base: UnsafePointer<UInt8>, _ length: Int, _ body: (JSONText) throws(RecordFault) -> R
  ) throws(RecordFault) -> R {
    let bytes = unsafe RawSpan(_unsafeStart: base, byteCount: length)
    guard length <= Int(Int32.max) else {
      throw RecordFault(expected: "less than 2 GiB", found: .other("more"), at: 0)
    }
    let tokens = try JSONTokens.offsets(bytes, 0..<length)
    return try unsafe tokens.withUnsafeBufferPointer { (tokens) throws(RecordFault) in
      guard let start = tokens.baseAddress else { throw JSONTokens.noValue }
      return try body(
        unsafe JSONText(base: base, length: length, tokens: start, count: tokens.count - 2))
    }
  }
}
