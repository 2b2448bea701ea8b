import PipelineModel
import YAMLTree

/// Writes what a run gave in the place of what was expected, in the style of what stands there.
struct ExpectationEdit {
  private let testCase: TestCase
  private let file: String

  init(_ testCase: TestCase) {
    self.testCase = testCase
    file = testCase.place.file
  }

  /// The edits for what differs; nothing where no value would be right.
  func edits(_ mismatches: [Mismatch]) -> [FileEdit] {
    mismatches.compactMap { mismatch in
      guard let proposal = mismatch.proposal else { return nil }
      guard let node = mismatch.node else { return added(proposal) }
      return replaced(node, proposal)
    }
  }

  // MARK: What stands there

  private func replaced(_ node: Node, _ proposal: Proposal) -> FileEdit? {
    guard node.source.file == file else { return nil }
    var range = node.start.offset..<node.end.offset
    let bytes = node.source.bytes
    switch proposal {
    case .scalar(let text): return FileEdit(file: file, range: range, text: text)
    case .lines(let lines):
      // A list in a block ends behind the comments below its last item; they stay.
      if let last = node.sequence?.last { range = range.lowerBound..<last.end.offset }
      if bytes[node.start.offset] == UInt8(ascii: "[") {
        range = range.lowerBound..<node.end.offset
      }
      // A block goes on to the line behind it; its last break stays.
      while range.upperBound > range.lowerBound,
        bytes[range.upperBound - 1] == 0x0A
          || bytes[range.upperBound - 1] == 0x20
      {
        range = range.lowerBound..<range.upperBound - 1
      }
      let text: String
      if let items = node.sequence {
        let isFlow = bytes[node.start.offset] == UInt8(ascii: "[")
        text =
          isFlow || items.isEmpty || lines.isEmpty
          ? "[" + lines.map(Self.quoted).joined(separator: ", ") + "]"
          : Self.list(lines, indent: node.start.column - 1)
      } else if lines.count == 1, let scalar = node.scalar, scalar.style != .literal,
        scalar.style != .folded
      {
        text = Self.isPlain(lines[0]) ? lines[0] : Self.quoted(lines[0])
      } else {
        text = Self.block(lines, indent: indent(of: node) + 2)
      }
      return FileEdit(file: file, range: range, text: text)
    }
  }

  /// The columns before the key that the value belongs to.
  private func indent(of node: Node) -> Int {
    let line = node.source.line(node.start.line) ?? ""
    let blanks = line.prefix { $0 == " " }.count
    // `- expect: …`: the key stands behind the dash.
    let isItem = line.dropFirst(blanks).hasPrefix("- ")
    return isItem ? blanks + 2 : blanks
  }

  // MARK: What is missing

  /// `expect` behind the last key of the case.
  private func added(_ proposal: Proposal) -> FileEdit? {
    guard case .lines(let lines) = proposal, testCase.node.source.file == file,
      let last = testCase.node.mapping?.last
    else { return nil }
    let indent = testCase.node.start.column - 1
    let bytes = testCase.node.source.bytes
    if bytes[testCase.node.start.offset] == UInt8(ascii: "{") {
      let text = ", expect: [" + lines.map(Self.quoted).joined(separator: ", ") + "]"
      let end = last.value.end.offset
      return FileEdit(file: file, range: end..<end, text: text)
    }
    var end = last.value.end.offset
    while end > 0, bytes[end - 1] == 0x0A || bytes[end - 1] == 0x20 { end -= 1 }
    let key = "\n" + String(repeating: " ", count: indent) + "expect: "
    return FileEdit(
      file: file, range: end..<end, text: key + Self.block(lines, indent: indent + 2))
  }

  // MARK: Styles

  /// A literal block, or quoted text where a block can not hold it.
  private static func block(_ lines: [String], indent: Int) -> String {
    let first = lines.first ?? ""
    let isPlain = lines.allSatisfy { line in
      line.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F || $0 == "\t" }
    }
    if lines.isEmpty { return "''" }
    guard isPlain, !first.isEmpty, lines.last != "" else {
      return "[" + lines.map(quoted).joined(separator: ", ") + "]"
    }
    let blanks = String(repeating: " ", count: indent)
    // A first line that begins with a blank would be taken for a deeper indent.
    let hint = first.hasPrefix(" ") ? "\(min(indent, 9))" : ""
    return "|\(hint)\n" + lines.map { $0.isEmpty ? "" : blanks + $0 }.joined(separator: "\n")
  }

  /// Whether a text needs no quotes anywhere, in a flow mapping neither.
  private static func isPlain(_ text: String) -> Bool {
    guard let first = text.utf8.first, !("-?:,[]{}#&*!|>'\"%@`".utf8.contains(first)),
      text.utf8.last != 0x20, first != 0x20
    else { return false }
    let isSafe = text.unicodeScalars.allSatisfy {
      $0.value >= 0x20 && !",[]{}:#".unicodeScalars.contains($0)
    }
    return isSafe
  }

  private static func list(_ lines: [String], indent: Int) -> String {
    let blanks = String(repeating: " ", count: indent)
    return lines.map { "- " + quoted($0) }.joined(separator: "\n" + blanks)
  }

  /// Text in single quotes, or in double ones where it has control characters.
  private static func quoted(_ text: String) -> String {
    if text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) {
      return "\"" + text.unicodeScalars.map(escaped).joined() + "\""
    }
    return "'"
      + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''")
      + "'"
  }

  private static func escaped(_ scalar: Unicode.Scalar) -> String {
    switch scalar {
    case "\"": return "\\\""
    case "\\": return "\\\\"
    case "\n": return "\\n"
    case "\t": return "\\t"
    default:
      guard scalar.value < 0x20 || scalar.value == 0x7F else { return String(scalar) }
      let digits = String(scalar.value, radix: 16, uppercase: true)
      return "\\x" + (digits.count < 2 ? "0" : "") + digits
    }
  }
}

extension FileEdit {
  /// A text with edits made. Of those that overlap the first counts.
  package static func applied(_ edits: [FileEdit], to bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    var position = 0
    for edit in edits.sorted(by: { $0.range.lowerBound < $1.range.lowerBound })
    where edit.range.lowerBound >= position && edit.range.upperBound <= bytes.count {
      result += bytes[position..<edit.range.lowerBound]
      result += Array(edit.text.utf8)
      position = edit.range.upperBound
    }
    return result + bytes[position...]
  }
}
