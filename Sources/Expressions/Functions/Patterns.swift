import Lines
import Records

extension Function {
  static let patterns: [Function] = [
    Function(
      "matches", ["string.matches(string) -> bool", "matches(string, string) -> bool"],
      "Whether the pattern matches anywhere in the text. Patterns are RE2's and what PCRE2 adds.",
      ("\"GET /a\".matches(\"^(GET|HEAD) \")", "true"),
      .pattern { (search, text, _) throws(Problem) in
        do throws(PatternLimit) {
          return .bool(try search.matcher.matches(text))
        } catch {
          throw Problem(PatternLimit.message)
        }
      }),
    Function(
      "regex.extract", ["regex.extract(string, string) -> optional(string)"],
      "The first match of the pattern, or of its group if it has one.",
      ("regex.extract(\"id=42;\", \"id=(\\\\d+)\")", "optional.of(\"42\")"),
      .pattern { (search, text, _) throws(Problem) in
        let group = try search.onlyGroup()
        var progress = Matcher.Progress()
        while let match = try search.next(in: text, &progress) {
          guard let range = group == 0 ? match : search.matcher.group(group) else {
            return .optional(nil)
          }
          return .optional(.string(Text(text.extracting(range))))
        }
        return .optional(nil)
      }),
    Function(
      "regex.extractAll", ["regex.extractAll(string, string) -> list(string)"],
      "All matches of the pattern, or of its group if it has one.",
      ("regex.extractAll(\"a1 b2\", \"[a-z](\\\\d)\")", "[\"1\", \"2\"]"),
      .pattern { (search, text, _) throws(Problem) in
        let group = try search.onlyGroup()
        var progress = Matcher.Progress()
        var found: [Value] = []
        while let match = try search.next(in: text, &progress) {
          guard let range = group == 0 ? match : search.matcher.group(group) else { continue }
          found.append(.string(Text(text.extracting(range))))
        }
        return .list(found)
      }),
    Function(
      "regex.replace",
      [
        "regex.replace(string, string, string) -> string",
        "regex.replace(string, string, string, int) -> string",
      ],
      "The text with each match replaced, or so many of them. In the replacement \\1 to \\9 are the "
        + "groups and \\0 the match.",
      ("regex.replace(\"2026-10-09\", \"(\\\\d+)-(\\\\d+)\", r\"\\2/\\1\")", "\"10/2026-09\""),
      .pattern(replaced)),
    Function(
      "regex.capture", ["regex.capture(string, string) -> optional(map(string, string))"],
      "The named groups of the first match as a map; those that took no part in it are left out.",
      (
        "regex.capture(\"GET /a\", \"(?P<method>\\\\w+) (?P<path>\\\\S+)\").value().path", "\"/a\""
      ),
      .pattern { (search, text, _) throws(Problem) in
        var progress = Matcher.Progress()
        guard try search.next(in: text, &progress) != nil else { return .optional(nil) }
        let groups = search.pattern.groupNames.sorted { ($0.value, $0.key) < ($1.value, $1.key) }
        if groups.isEmpty { throw Problem("the pattern has no named group, as (?P<name>…) is one") }
        var map = ValueMapBuilder()
        for (name, number) in groups {
          guard let range = search.matcher.group(number) else { continue }
          map[Value(name)] = .string(Text(text.extracting(range)))
        }
        return .optional(.map(map.map()))
      }),
  ]

  @Sendable private static func replaced(
    _ search: PatternSearch, _ text: RawSpan, _ values: [Value]
  ) throws(Problem) -> Value {
    let replacement = try values[0].text()
    var left = try TextPieces.count(values, 1)
    if left == 0 { return .string(Text(text)) }
    // What is wrong with it is wrong whether or not anything matches.
    var unused: [UInt8] = []
    try search.append(replacement, nil, in: text, to: &unused)
    var out: [UInt8] = []
    var position = 0
    var progress = Matcher.Progress()
    while left != 0, let match = try search.next(in: text, &progress) {
      out.append(text.extracting(position..<match.lowerBound))
      try search.append(replacement, match, in: text, to: &out)
      try Limit.check(bytes: out.count)
      position = match.upperBound
      left -= 1
    }
    out.append(text.extracting(position..<text.byteCount))
    return .string(Text(out))
  }
}

extension PatternSearch {
  /// 0 without a group; several are a failure, since it would not be clear which is meant.
  func onlyGroup() throws(Problem) -> Int {
    guard pattern.groupCount <= 1 else {
      throw Problem(
        "the pattern has \(pattern.groupCount) groups, where at most one is possible; (?:…) is none"
      )
    }
    return pattern.groupCount
  }

  func next(
    in text: RawSpan, _ progress: inout Matcher.Progress
  ) throws(Problem) -> Range<Int>? {
    do throws(PatternLimit) {
      return try matcher.next(in: text, &progress)
    } catch {
      throw Problem(PatternLimit.message)
    }
  }

  fileprivate func append(
    _ replacement: [UInt8], _ match: Range<Int>?, in text: RawSpan, to out: inout [UInt8]
  ) throws(Problem) {
    var i = 0
    while i < replacement.count {
      guard replacement[i] == UInt8(ascii: "\\") else {
        out.append(replacement[i])
        i += 1
        continue
      }
      let next = i + 1 < replacement.count ? replacement[i + 1] : 0
      i += 2
      if next == UInt8(ascii: "\\") {
        out.append(next)
      } else if next.isDigit {
        let number = Int(next - 0x30)
        guard number <= pattern.groupCount else {
          throw Problem("the pattern has no group \(number)")
        }
        if let match, let range = number == 0 ? match : matcher.group(number) {
          out.append(text.extracting(range))
        }
      } else {
        throw Problem("in a replacement a backslash stands before a digit or another one")
      }
    }
  }
}
