package import Lines
package import PipelineModel
import YAMLTree

/// Text with placeholders: `{}` the item, `{line}`, `{nr}`, `{params.NAME}`, `{env.NAME}`; `{{}` is a
/// brace, and so is every other one. Parameters and environment are put in when it is read.
package struct Template: Sendable {
  enum Part: Sendable, Equatable {
    case text([UInt8])
    /// The item.
    case item
    /// The input line the item began with.
    case line
    /// The number of that line.
    case number
  }
  let parts: [Part]

  /// Throws what is wrong, at its place within the text.
  package init(_ argument: Argument, _ setting: Setting) throws(Diagnostic) {
    self = try Template(argument.string ?? "", setting) { argument.place(at: $0) }
  }

  init(
    _ text: String, _ setting: Setting, place: (Int) -> Place
  ) throws(Diagnostic) {
    var reader = TemplateReader(Array(text.utf8))
    do {
      parts = try reader.read(setting)
    } catch {
      throw Diagnostic(
        error.message, at: place(error.offset), remedy: error.remedy, code: "template")
    }
  }

  /// The text, if it is the same for every item.
  package var constant: String? {
    var bytes: [UInt8] = []
    for part in parts {
      guard case .text(let text) = part else { return nil }
      bytes += text
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Whether the text itself has a newline in it.
  var mayDivide: Bool {
    parts.contains { if case .text(let text) = $0 { text.contains(0x0A) } else { false } }
  }

  /// Whether `{}` stands in it.
  package var usesItem: Bool { parts.contains(.item) }

  package func render(_ item: Item) throws(Failure) -> [UInt8] {
    try bytes(item) { $0 }
  }

  /// For paths: what comes from the item stays within one folder and is no hidden file, since `/`, a
  /// leading `.`, NUL and `%` are written as `%2F`, `%2E`, `%00` and `%25`.
  package func renderPath(_ item: Item) throws(Failure) -> [UInt8] {
    try bytes(item, Template.escapedForPath)
  }

  private func bytes(
    _ item: Item, _ escape: ([UInt8]) -> [UInt8]
  ) throws(Failure) -> [UInt8] {
    var out: [UInt8] = []
    for part in parts {
      switch part {
      case .text(let text): out += text
      case .item: out += escape(item.bytes)
      case .line: out += escape(try Template.line(item))
      case .number: out += try Template.number(item.number).utf8
      }
    }
    return out
  }

  private static func escapedForPath(_ value: [UInt8]) -> [UInt8] {
    var out: [UInt8] = []
    for (i, byte) in value.enumerated() {
      switch byte {
      case UInt8(ascii: "/"): out += "%2F".utf8
      case UInt8(ascii: ".") where i == 0: out += "%2E".utf8
      case UInt8(ascii: "%"): out += "%25".utf8
      case 0: out += "%00".utf8
      default: out.append(byte)
      }
    }
    return out
  }

  /// Appends the text for item `i` to the open line of `out`.
  func render(_ batch: Batch, _ i: Int, into out: inout BatchBuilder) throws(Failure) {
    for part in parts {
      switch part {
      case .text(let text): out.append(text)
      case .item: batch.withLine(i) { out.append($0) }
      case .line: out.append(try Template.line(batch.item(i)))
      case .number: out.append(try Template.number(batch.number(i)))
      }
    }
  }

  private static func line(_ item: Item) throws(Failure) -> [UInt8] {
    guard let line = item.withOrigin({ $0?.array }) else {
      throw Failure(.expression, "'{line}' has no value: the item comes from no one input line")
    }
    return line
  }

  private static func number(_ number: UInt64?) throws(Failure) -> String {
    guard let number, number > 0 else {
      throw Failure(.expression, "'{nr}' has no value: the item comes from no one input line")
    }
    return String(number)
  }
}
