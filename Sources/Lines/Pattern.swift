/// What is wrong with a pattern, and where.
package struct PatternError: Error, Sendable, Equatable {
  package var message: String
  /// In bytes from the start of the pattern.
  package var offset: Int
  /// Which of several patterns.
  package var index: Int
}

/// A pattern used up its steps on a line: `(a+)+$` on a long row of a's does.
package struct PatternLimit: Error, Sendable, Equatable {
  package static let message =
    "the pattern takes more than \(Search.matchLimit) steps on this line"
}

/// One pattern or several of which any may match, compiled once and shared by all workers: RE2's
/// syntax and what PCRE2 adds, unanchored. The text is characters of UTF-8; bytes that are none match
/// nothing but themselves in a pattern, and pass.
package struct Pattern: Sendable {
  /// For one item on its own. Several only if they can not be one pattern.
  let codes: [Code]
  /// For a buffer of lines; nil if not every match is sure to be found that way.
  let acrossLines: Code?
  /// The words, if the patterns are several plain words whose case counts.
  let literals: LiteralSet?
  /// Text that stands in every line in which the pattern matches, if it pays to look for it first.
  let required: Code?

  /// - Parameters:
  ///   - patterns: at least one.
  ///   - fixed: the patterns are text in which no character means anything but itself.
  /// - Throws: what is wrong with the first bad pattern.
  package init(
    _ patterns: [String], fixed: Bool = false, ignoreCase: Bool = false
  ) throws(PatternError) {
    let texts = patterns.map { Array($0.utf8) }
    let isBroken = fixed && texts.contains { $0.contains(0x0A) }
    if fixed {
      let joined = texts.map(Pattern.escaped).joined(separator: [UInt8(ascii: "|")])
      let text = PatternText(Array(joined), ignoreCase: ignoreCase)
      var options: Code.Options = ignoreCase ? [.ignoreCase] : []
      if text.needsUnicode, ignoreCase { options.insert(.unicode) }
      codes = [try Pattern.compile(Array(joined), options, index: 0)]
      acrossLines =
        isBroken ? nil : try Pattern.compile(Array(joined), options.union(.manyLines), index: 0)
      literals = ignoreCase || isBroken ? nil : LiteralSet(texts)
      required = nil
      return
    }
    let isPlain = !ignoreCase && texts.allSatisfy { $0.allSatisfy(PatternText.isPlain) }
    literals = isPlain ? LiteralSet(texts) : nil
    var separate: [Code] = []
    var needsUnicode = false
    var across: [[UInt8]]? = []
    var requiredText: [UInt8] = []
    for (index, text) in texts.enumerated() {
      let read = PatternText(text, ignoreCase: ignoreCase)
      needsUnicode = needsUnicode || read.needsUnicode
      if texts.count == 1 { requiredText = read.required }
      if let rewritten = read.acrossLines { across?.append(rewritten) } else { across = nil }
      separate.append(
        try Pattern.compile(text, Pattern.options(ignoreCase, read.needsUnicode), index: index))
    }
    required = requiredText.isEmpty ? nil : try? Code(Pattern.escaped(requiredText), [])
    let options = Pattern.options(ignoreCase, needsUnicode)
    if texts.count > 1, separate.contains(where: \.hasBackReferences) { across = nil }
    if let across {
      let joined = Pattern.joined(across)
      // A pattern that was read with certainty compiles again; should it not, lines go one by one.
      acrossLines = try? Code(joined, options.union(.manyLines))
      if texts.count > 1, let whole = try? Code(Pattern.joined(texts), options) {
        codes = [whole]
      } else {
        codes = separate
      }
    } else {
      acrossLines = nil
      codes = separate
    }
  }

  private static func options(_ ignoreCase: Bool, _ needsUnicode: Bool) -> Code.Options {
    var options: Code.Options = []
    if ignoreCase { options.insert(.ignoreCase) }
    if needsUnicode { options.insert(.unicode) }
    return options
  }

  private static func compile(
    _ text: [UInt8], _ options: Code.Options, index: Int
  ) throws(PatternError) -> Code {
    do throws(CodeError) {
      return try Code(text, options)
    } catch {
      throw PatternError(message: error.message, offset: error.offset, index: index)
    }
  }

  private static func joined(_ texts: [[UInt8]]) -> [UInt8] {
    if texts.count == 1 { return texts[0] }
    return Array(
      texts.map { Array("(?:".utf8) + $0 + [UInt8(ascii: ")")] }
        .joined(separator: [UInt8(ascii: "|")]))
  }

  /// Every ASCII character that is no letter or digit behind a backslash, where it is always itself.
  private static func escaped(_ text: [UInt8]) -> [UInt8] {
    text.flatMap { c -> [UInt8] in
      switch c {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x80...: [c]
      case 0..<0x21, 0x7F: Array("\\x{\(String(c, radix: 16))}".utf8)
      default: [UInt8(ascii: "\\"), c]
      }
    }
  }

  /// Number of capturing groups, of the first pattern if there are several.
  package var groupCount: Int { codes[0].groupCount }

  /// The named groups of the first pattern, by number.
  package var groupNames: [String: Int] { codes[0].names }

  /// A worker's own. Not to be used by two at once.
  ///
  /// - Parameter delimiter: what ends the lines in the batches that will be searched.
  package func matcher(delimiter: UInt8 = 0x0A) -> Matcher {
    Matcher(self, delimiter: delimiter)
  }
}
