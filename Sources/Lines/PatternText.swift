/// What the text of a pattern tells before it is compiled. Whatever this reader does not know for
/// certain it leaves to the slower, general way: lines one by one, as characters.
struct PatternText {
  /// A pattern that finds in a buffer of lines just what the given one finds in each line on its own,
  /// compiled so that `^` and `$` stand at every line: nothing in it can match a newline. Nil if that
  /// is not certain.
  private(set) var acrossLines: [UInt8]?
  /// False if matching bytes instead of characters gives the same on valid UTF-8.
  private(set) var needsUnicode = false

  /// Text that stands in every line the pattern matches in, where the pattern does not begin with
  /// text itself; empty if there is none worth looking for.
  private(set) var required: [UInt8] = []

  private let text: [UInt8]
  private var position = 0
  private var depth = 0
  /// Literal characters that follow one another so far, outside of groups.
  private var literal: [UInt8] = []
  private var hasAlternatives = false
  private var out: [UInt8] = []
  private var isCertain = true
  /// An element that matches characters that are not ASCII and repeats without bound: the next one
  /// has to be ASCII, or bytes of one character could be divided between the two.
  private var isOpen = false

  init(_ text: [UInt8], ignoreCase: Bool) {
    self.text = text
    while position < text.count, isCertain { element() }
    // K and S have case variants that are not ASCII; classes may hold them.
    if ignoreCase, text.contains(where: { "kKsS[".utf8.contains($0) }) { needsUnicode = true }
    if !isCertain { needsUnicode = true }
    acrossLines = isCertain ? out : nil
    endLiteral()
    // Machine code skips to a leading literal by itself.
    let beginsWithText = text.first.map { PatternText.isPlain($0) } ?? true
    if !isCertain || ignoreCase || hasAlternatives || beginsWithText || required.count < 3 {
      required = []
    }
  }

  /// A character that means itself wherever it stands.
  static func isPlain(_ c: UInt8) -> Bool {
    c >= 0x20 && c < 0x7F && !"\\[](){}.*+?^$|".utf8.contains(c)
  }

  private mutating func endLiteral() {
    if literal.count > required.count { required = literal }
    literal = []
  }

  /// A literal character was copied; a quantifier behind it may make it optional, or one of several.
  private mutating func extendLiteral(_ c: UInt8) {
    guard depth == 0 else { return }
    switch byte() {
    case UInt8(ascii: "*"), UInt8(ascii: "?"), UInt8(ascii: "{"): endLiteral()
    case UInt8(ascii: "+"):
      literal.append(c)
      endLiteral()
    default: literal.append(c)
    }
  }

  private func byte(_ ahead: Int = 0) -> UInt8? {
    position + ahead < text.count ? text[position + ahead] : nil
  }

  private mutating func copy(_ count: Int) {
    out += text[position..<min(position + count, text.count)]
    position += count
  }

  // MARK: Elements

  private mutating func element() {
    guard let c = byte() else { return }
    if PatternText.isPlain(c) {
      copy(1)
      extendLiteral(c)
      return closes()
    }
    // An escaped character is looked at by itself.
    if c != UInt8(ascii: "\\") { endLiteral() }
    switch c {
    case UInt8(ascii: "\\"): escape()
    case UInt8(ascii: "["): bracket()
    case UInt8(ascii: "("): group()
    case UInt8(ascii: "."):
      copy(1)
      opens()
    case UInt8(ascii: ")"):
      copy(1)
      depth -= 1
      // A repeated group may begin again with whatever it begins with.
      if isOpen, let next = byte(), "*+?{".utf8.contains(next) { needsUnicode = true }
    case UInt8(ascii: "^"), UInt8(ascii: "|"):
      copy(1)
      if c == UInt8(ascii: "|"), depth == 0 { hasAlternatives = true }
      if isOpen { needsUnicode = true }
    case UInt8(ascii: "$"): copy(1)
    case 0x0A: isCertain = false
    case 0x80...:
      needsUnicode = true
      copy(1)
    default:
      copy(1)
      if !"*+?{}".utf8.contains(c) { closes() }
    }
  }

  /// An element that matches characters beyond ASCII was copied.
  private mutating func opens() {
    if isOpen { needsUnicode = true }
    guard let c = byte(), c == UInt8(ascii: "*") || c == UInt8(ascii: "+") else {
      needsUnicode = true
      return
    }
    copy(1)
    if let c = byte(), c == UInt8(ascii: "?") || c == UInt8(ascii: "+") {
      copy(1)
      // The least that a lazy one takes is a byte or a character; what follows has to decide.
      if position == text.count { needsUnicode = true }
    }
    isOpen = true
  }

  /// An element that matches ASCII only was copied.
  private mutating func closes() {
    guard isOpen else { return }
    if let c = byte(), "*?{".utf8.contains(c) { needsUnicode = true }
    isOpen = false
  }

  private mutating func group() {
    depth += 1
    guard byte(1) == UInt8(ascii: "?") else {
      if byte(1) == UInt8(ascii: "*") { isCertain = false }
      if isOpen { needsUnicode = true }
      return copy(1)
    }
    if isOpen { needsUnicode = true }
    let head = text[position...].prefix(5)
    if head.starts(with: "(?:".utf8) || head.starts(with: "(?i)".utf8) {
      if head.starts(with: "(?i)".utf8) {
        needsUnicode = true
        // What follows matches other letters too. Its bracket is closed already.
        hasAlternatives = true
        depth -= 1
      }
      copy(head.starts(with: "(?:".utf8) ? 3 : 4)
    } else if head.starts(with: "(?=".utf8) || head.starts(with: "(?!".utf8) {
      needsUnicode = true
      copy(3)
    } else if head.starts(with: "(?<=".utf8) || head.starts(with: "(?<!".utf8) {
      needsUnicode = true
      copy(4)
    } else if head.starts(with: "(?P<".utf8) || head.starts(with: "(?<".utf8) {
      let length = text[position...].firstIndex(of: UInt8(ascii: ">")).map { $0 - position + 1 }
      copy(length ?? 3)
    } else {
      isCertain = false
    }
  }

  private mutating func escape() {
    guard let c = byte(1) else {
      isCertain = false
      return
    }
    if (0x30...0x7A).contains(c), !(0x3A...0x40).contains(c), !(0x5B...0x60).contains(c) {
      endLiteral()
    }
    switch c {
    case UInt8(ascii: "d"), UInt8(ascii: "w"), UInt8(ascii: "t"), UInt8(ascii: "r"),
      UInt8(ascii: "f"), UInt8(ascii: "e"), UInt8(ascii: "a"):
      copy(2)
      closes()
    case UInt8(ascii: "b"), UInt8(ascii: "B"):
      copy(2)
      // `\B` would stand within a character.
      if isOpen || c == UInt8(ascii: "B") { needsUnicode = true }
    case UInt8(ascii: "1")...UInt8(ascii: "9"):
      copy(2)
      needsUnicode = true
    case UInt8(ascii: "s"):
      replace(with: "[^\\S\\n]")
      closes()
    case UInt8(ascii: "S"):
      copy(2)
      opens()
    case UInt8(ascii: "D"):
      replace(with: "[^\\d\\n]")
      opens()
    case UInt8(ascii: "W"):
      replace(with: "[^\\w\\n]")
      opens()
    case UInt8(ascii: "A"):
      replace(with: "^")
      if isOpen { needsUnicode = true }
    case UInt8(ascii: "z"): replace(with: "$")
    case 0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E, 0x20:
      copy(2)
      extendLiteral(c)
      closes()
    default: isCertain = false
    }
  }

  private mutating func replace(with text: String) {
    out += text.utf8
    position += 2
  }

  // MARK: Classes

  private mutating func bracket() {
    let isNegated = byte(1) == UInt8(ascii: "^")
    copy(isNegated ? 2 : 1)
    if isNegated { out += "\\n".utf8 }
    var isWide = isNegated
    // A bracket in the first place is a member.
    if byte() == UInt8(ascii: "]") {
      out += "\\]".utf8
      position += 1
    }
    while let c = byte(), c != UInt8(ascii: "]"), isCertain {
      if c == UInt8(ascii: "\\") {
        isWide = memberEscape(isNegated: isNegated) || isWide
      } else if c == UInt8(ascii: "["), let next = byte(1), ":.=".utf8.contains(next) {
        namedClass(isNegated: isNegated)
      } else {
        isWide = member(c, isNegated: isNegated) || isWide
      }
    }
    if byte() == nil { isCertain = false }
    copy(1)
    if isWide { opens() } else { closes() }
  }

  /// A plain member, or the beginning of a range; true if it reaches beyond ASCII.
  private mutating func member(_ c: UInt8, isNegated: Bool) -> Bool {
    if c == 0x0A, !isNegated { isCertain = false }
    if byte(1) == UInt8(ascii: "-"), let end = byte(2), end != UInt8(ascii: "]") {
      // Ranges whose ends are escaped are rare; those from a control character may hold newline.
      if end == UInt8(ascii: "\\") || c <= 0x0A { isCertain = false }
      if end >= 0x80 || c >= 0x80 { needsUnicode = true }
      copy(c >= 0x80 || end >= 0x80 ? 1 : 3)
      return end >= 0x80
    }
    if c >= 0x80 { needsUnicode = true }
    copy(1)
    return c >= 0x80
  }

  /// True if what is escaped reaches beyond ASCII.
  private mutating func memberEscape(isNegated: Bool) -> Bool {
    guard let c = byte(1) else {
      isCertain = false
      return false
    }
    if byte(2) == UInt8(ascii: "-"), byte(3) != UInt8(ascii: "]") { isCertain = false }
    switch c {
    case UInt8(ascii: "d"), UInt8(ascii: "w"), UInt8(ascii: "t"), UInt8(ascii: "r"),
      UInt8(ascii: "f"), 0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E:
      copy(2)
    case UInt8(ascii: "n"), UInt8(ascii: "D"), UInt8(ascii: "W"):
      if !isNegated { isCertain = false }
      copy(2)
      return c != UInt8(ascii: "n")
    case UInt8(ascii: "s"):
      if isNegated { copy(2) } else { replace(with: "\\t\\x0b\\f\\r ") }
    case UInt8(ascii: "S"):
      copy(2)
      return true
    default: isCertain = false
    }
    return false
  }

  private mutating func namedClass(isNegated: Bool) {
    let rest = text[position...]
    for name in ["alpha", "digit", "alnum", "upper", "lower", "punct", "xdigit", "word", "graph"]
    where rest.starts(with: "[:\(name):]".utf8) {
      return copy(name.utf8.count + 4)
    }
    if isNegated, rest.starts(with: "[:space:]".utf8) { return copy(9) }
    isCertain = false
  }
}
