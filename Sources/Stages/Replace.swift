import Lines
package import PipelineModel
import YAMLTree

package enum Replace: StageKind {
  package static let manual = StageManual(
    kind: "replace", chapter: .lines, stageClass: .lineWise,
    summary: "Replaces what a pattern matches.",
    description: [
      """
      Every match in a line is replaced, or only the first. In 'with', $1 or ${1} stands for what the \
      first group matched, ${name} for a named group, $0 for the whole match and $$ for a dollar. A \
      group that took no part stands for nothing. Lines without a match pass unchanged.
      """
    ],
    fields: [
      Field("pattern", .string, required: true, "What is replaced, a pattern as grep takes it."),
      Field("with", .string, required: true, "What takes its place."),
      Field("fixed", .bool, default: "false", "Take the pattern as plain text."),
      Field("ignore_case", .bool, default: "false", "Take upper and lower case for the same."),
      Field("first", .bool, default: "false", "Replace only the first match in a line."),
    ],
    examples: [
      StageManual.Example(
        stage: "replace: {pattern: '(\\w+)@(\\w+)', with: '$2 at $1'}",
        input: "ann@home\nnobody\n", output: "home at ann\nnobody\n")
    ], worksOnText: true)

  package static func build(
    _ stage: StageDefinition, _ setting: Setting
  ) throws(Diagnostic) -> Work {
    let arguments = stage.arguments
    guard let text = arguments.argument("pattern"), let with = arguments.argument("with") else {
      throw Diagnostic("'replace' needs 'pattern' and 'with'", at: arguments.place)
    }
    let pattern = try Pattern(
      [text], fixed: arguments.bool("fixed") ?? false,
      ignoreCase: arguments.bool("ignore_case") ?? false, at: arguments.place)
    let replacement = try Replacement(with, pattern)
    let onlyFirst = arguments.bool("first") ?? false
    let setting = setting
    return .transform {
      ReplaceTransform(
        matcher: pattern.matcher(delimiter: setting.delimiter), replacement: replacement,
        onlyFirst: onlyFirst, setting: setting)
    }
  }
}

/// The text of `with`, read.
struct Replacement: Sendable {
  enum Part: Sendable, Equatable {
    case text([UInt8])
    case group(Int)
  }
  let parts: [Part]
  /// The text can put a newline into a line.
  let mayDivide: Bool

  init(_ argument: Argument, _ pattern: Pattern) throws(Diagnostic) {
    let text = Array((argument.string ?? "").utf8)
    var parts: [Part] = []
    var literal: [UInt8] = []
    var i = 0
    while i < text.count {
      guard text[i] == UInt8(ascii: "$"), let name = Replacement.reference(text, behind: i) else {
        literal.append(text[i])
        i += 1
        continue
      }
      if name.text == "$" {
        literal.append(UInt8(ascii: "$"))
      } else {
        if !literal.isEmpty { parts.append(.text(literal)) }
        literal = []
        parts.append(.group(try Replacement.number(name.text, pattern, at: argument.place(at: i))))
      }
      i += name.width
    }
    if !literal.isEmpty { parts.append(.text(literal)) }
    self.parts = parts
    mayDivide = text.contains(0x0A)
  }

  /// `$$`, `$12`, `${name}` from the dollar on; nil if the dollar means itself.
  private static func reference(_ text: [UInt8], behind i: Int) -> (text: String, width: Int)? {
    let rest = text[(i + 1)...]
    guard let next = rest.first else { return nil }
    if next == UInt8(ascii: "$") { return ("$", 2) }
    if next == UInt8(ascii: "{") {
      guard let end = rest.firstIndex(of: UInt8(ascii: "}")) else { return nil }
      return (String(decoding: text[(i + 2)..<end], as: UTF8.self), end - i + 1)
    }
    let digits = rest.prefix { (0x30...0x39).contains($0) }
    return digits.isEmpty ? nil : (String(decoding: digits, as: UTF8.self), digits.count + 1)
  }

  private static func number(
    _ name: String, _ pattern: Pattern, at place: Place
  ) throws(Diagnostic) -> Int {
    if let number = Int(name) {
      if number <= pattern.groupCount { return number }
      let groups = pattern.groupCount == 0 ? "no group" : "\(pattern.groupCount) of them"
      throw Diagnostic(
        "there is no group \(number) in the pattern, which has \(groups)", at: place,
        remedy: "write '$$' for a dollar, '${1}0' for group 1 and a zero", code: "group")
    }
    if let number = pattern.groupNames[name] { return number }
    throw Diagnostic(
      "there is no group '\(name)' in the pattern", at: place,
      remedy: Spelling.hint(for: name, in: pattern.groupNames.keys.sorted())
        ?? "write '$$' for a dollar", code: "group")
  }
}

struct ReplaceTransform: Transform {
  let matcher: Matcher
  let replacement: Replacement
  let onlyFirst: Bool
  let setting: Setting

  mutating func process(
    _ batch: Batch, _ cursor: inout Cursor, upTo end: Int, into out: inout BatchBuilder
  ) throws(Failure) -> Progress {
    var run = Matcher.Run()
    while cursor.item < end {
      if out.isFull { return .full }
      let start = cursor.item
      let isFound: Bool
      do throws(PatternLimit) {
        isFound = try matcher.nextMatching(batch, &cursor.item, upTo: end, &run)
      } catch {
        out.keepAll(batch, start..<cursor.item)
        throw .patternLimit
      }
      out.keepAll(batch, start..<cursor.item)
      if !isFound { return .done }
      try replace(batch, cursor.item, into: &out)
      cursor.advance()
    }
    return .done
  }

  private func replace(
    _ batch: Batch, _ i: Int, into out: inout BatchBuilder
  ) throws(Failure) {
    try batch.withLine(i) { (line) throws(Failure) in
      var progress = Matcher.Progress()
      var copied = 0
      while let match = try next(line, &progress, &out) {
        out.append(line.extracting(copied..<match.lowerBound))
        for part in replacement.parts {
          switch part {
          case .text(let text): out.append(text)
          case .group(0): out.append(line.extracting(match))
          case .group(let number):
            if let range = matcher.group(number) { out.append(line.extracting(range)) }
          }
        }
        copied = match.upperBound
        if out.openLineLength > setting.maxLine { break }
        if onlyFirst { break }
      }
      if out.openLineLength <= setting.maxLine {
        out.append(line.extracting(copied..<line.byteCount))
      }
      try out.endResult(like: batch, i, setting)
      if replacement.mayDivide { out.noteInnerDelimiters() }
    }
  }

  private func next(
    _ line: RawSpan, _ progress: inout Matcher.Progress, _ out: inout BatchBuilder
  ) throws(Failure) -> Range<Int>? {
    do throws(PatternLimit) { return try matcher.next(in: line, &progress) } catch {
      out.abandonLine()
      throw .patternLimit
    }
  }
}

extension BatchBuilder {
  /// Ends the open line as a result of item `i`; a line over `max_line` is abandoned and fails it.
  mutating func endResult(
    like batch: Batch, _ i: Int, _ setting: Setting, kind: ItemKind = .line
  ) throws(Failure) {
    if openLineLength > setting.maxLine {
      abandonLine()
      throw .resultTooLarge(setting)
    }
    endLine(like: batch, i, kind: kind)
  }
}

extension Failure {
  static func resultTooLarge(_ setting: Setting) -> Failure {
    Failure(
      .tooLarge, "the result is larger than 'max_line', \(ByteSize.written(setting.maxLine))",
      remedy: "raise 'max_line' under 'input', or make the result smaller")
  }
}
