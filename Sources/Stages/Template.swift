package import Lines
package import PipelineModel
import YAMLTree

/// Text with placeholders: `{}` the item, `{this.user}` a field of it, `{= EXPR}` an expression,
/// `{line}`, `{nr}`, `{params.NAME}`, `{env.NAME}`; `{{}` is a brace, and so is every other one.
/// Parameters and environment are put in when it is read.
package struct Template: Sendable {
  enum Part: Sendable, Equatable {
    case text([UInt8])
    /// The item.
    case item
    /// The input line the item began with.
    case line
    /// The number of that line.
    case number
    /// The value of the expression of this number.
    case value(Int)
  }
  let parts: [Part]
  /// Those of the values, in the order of their numbers.
  let expressions: TemplateExpressions?

  /// Throws what is wrong, at its place within the text.
  package init(_ argument: Argument, _ setting: Setting) throws(Diagnostic) {
    try self.init(argument, setting, isURL: false)
  }

  /// A template for `renderURL`.
  init(url argument: Argument, _ setting: Setting) throws(Diagnostic) {
    try self.init(argument, setting, isURL: true)
  }

  private init(_ argument: Argument, _ setting: Setting, isURL: Bool) throws(Diagnostic) {
    var reader = TemplateReader(Array((argument.string ?? "").utf8), setting) {
      argument.place(at: $0)
    }
    reader.encodesValues = isURL
    parts = try reader.read()
    expressions = reader.expressions
    hasPlaceholders = reader.hasPlaceholders
  }

  /// Whether anything in it is not itself.
  let hasPlaceholders: Bool

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

  /// Whether the item or a field of it stands in it.
  package var usesItem: Bool { parts.contains(.item) || expressions?.useItem == true }

  package func render(_ item: Item) throws(Failure) -> [UInt8] {
    try bytes(item) { $0 }
  }

  /// For paths: what comes from the item stays within one folder and is no hidden file, since `/`, a
  /// leading `.`, NUL and `%` are written as `%2F`, `%2E`, `%00` and `%25`.
  package func renderPath(_ item: Item) throws(Failure) -> [UInt8] {
    try bytes(item, Template.escapedForPath)
  }

  /// For URLs: values are percent-encoded, but for one that the URL begins with. A value of `.` or
  /// `..` that would change the path fails the item.
  func renderURL(_ item: Item) throws(Failure) -> [UInt8] {
    var out: [UInt8] = []
    var values = TemplateValues(self)
    values.load(item.batch, 0)
    for (number, part) in parts.enumerated() {
      if case .text(let text) = part {
        out += text
        continue
      }
      let value = try values.bytes(part, item.batch, 0)
      if value == [0x2E] || value == [0x2E, 0x2E], !out.contains(UInt8(ascii: "?")) {
        throw Failure(
          .http,
          "a value of '\(String(decoding: value, as: UTF8.self))' would change the URL's path")
      }
      out += number == 0 ? value : value.percentEncoded
    }
    return out
  }

  private func bytes(
    _ item: Item, _ escape: ([UInt8]) -> [UInt8]
  ) throws(Failure) -> [UInt8] {
    var out: [UInt8] = []
    var values = TemplateValues(self)
    values.load(item.batch, 0)
    for part in parts {
      if case .text(let text) = part {
        out += text
      } else {
        out += escape(try values.bytes(part, item.batch, 0))
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
}

extension [UInt8] {
  /// With everything but letters, digits, `-`, `.`, `_` and `~` as `%XX` (RFC 3986, 2.3).
  var percentEncoded: [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(count)
    for byte in self {
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: out.append(byte)
      case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
        out.append(byte)
      default:
        let digits = Array("0123456789ABCDEF".utf8)
        out += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return out
  }
}
