import Expressions
import Lines
import PipelineModel
import Records
import YAMLTree

/// The expressions in the placeholders of one template.
struct TemplateExpressions: Sendable {
  private var compiled: ItemExpressions
  private(set) var programs: [(program: Program, text: String)] = []

  init(_ setting: Setting) { compiled = ItemExpressions(setting) }

  /// - Parameter place: where a byte of the text stands in the file.
  /// - Returns: the number of the expression, or its value where that is the same for all items.
  mutating func add(
    _ text: [UInt8], at place: (Int) -> Place
  ) throws(Diagnostic) -> Template.Part {
    let program = try compiled.compile(text, at: place)
    if let value = program.constant, !value.isNothing {
      var builder = BatchBuilder(delimiter: 0x0A)
      builder.append(templateValue: value)
      return .text(builder.takeOpenLine())
    }
    let written = text.drop { $0 == 0x20 }.reversed().drop { $0 == 0x20 }.reversed()
    programs.append((program, String(decoding: written, as: UTF8.self)))
    return .value(programs.count - 1)
  }

  /// Whether one of them reads the item or a field of it.
  var useItem: Bool {
    compiled.needs.slots.contains { slot in
      switch slot {
      case .variable("this"), .field("this", _): true
      default: false
      }
    }
  }

  func values() -> ItemValues { compiled.values() }
}

/// What the placeholders of a template are for one item. One worker's.
struct TemplateValues {
  private let template: Template
  private let values: ItemValues?
  private var expressions: [(value: CopiedValue, text: String)]

  init(_ template: Template) {
    self.template = template
    values = template.expressions?.values()
    expressions = template.expressions?.programs.map { (CopiedValue($0.program), $0.text) } ?? []
  }

  /// To be called for each item before its placeholders are asked for.
  func load(_ batch: Batch, _ i: Int) { values?.load(batch, i) }

  /// Appends what takes the place of a part to the open line of `out`.
  mutating func append(
    _ part: Template.Part, _ batch: Batch, _ i: Int, to out: inout BatchBuilder
  ) throws(Failure) {
    switch part {
    case .text(let text): out.append(text)
    case .item: appendItem(batch, i, to: &out)
    case .line: out.append(try line(batch.item(i)))
    case .number: out.append(try number(batch.number(i)))
    case .value(let k): try append(k, batch, to: &out)
    }
  }

  mutating func bytes(
    _ part: Template.Part, _ batch: Batch, _ i: Int
  ) throws(Failure) -> [UInt8] {
    var builder = BatchBuilder(delimiter: 0x0A)
    try append(part, batch, i, to: &builder)
    return builder.takeOpenLine()
  }

  private func appendItem(_ batch: Batch, _ i: Int, to out: inout BatchBuilder) {
    if batch.kind(i) == .record {
      let range = batch.range(i)
      batch.withBytes { out.append(json: $0, row: range) }
    } else {
      batch.withLine(i) { out.append($0) }
    }
  }

  private mutating func append(
    _ k: Int, _ batch: Batch, to out: inout BatchBuilder
  ) throws(Failure) {
    guard let values else { return }
    switch try expressions[k].value.source(values, batch) {
    case .place(let place) where place.kind != .null:
      batch.withBytes { bytes in
        out.append(cell: place, bytes)
        // An escape may stand for a newline; what is no text has none.
        let mayDivide =
          place.kind == .text
          ? place.isEscaped || bytes.extracting(place.payload).mayDivide : place.kind == .bytes
        if mayDivide { out.noteInnerDelimiters() }
      }
    case .value(let value) where !value.isNothing:
      out.append(templateValue: value)
      switch value {
      case .string(let text): if text.withSpan({ $0.mayDivide }) { out.noteInnerDelimiters() }
      case .bytes, .optional: out.noteInnerDelimiters()
      default: break
      }
    default: throw Failure(.expression, "'\(expressions[k].text)' has no value: it is null")
    }
  }

  private func line(_ item: Item) throws(Failure) -> [UInt8] {
    guard let line = item.withOrigin({ $0?.array }) else {
      throw Failure(.expression, "'{line}' has no value: the item comes from no one input line")
    }
    return line
  }

  private func number(_ number: UInt64) throws(Failure) -> String {
    guard number > 0 else {
      throw Failure(.expression, "'{nr}' has no value: the item comes from no one input line")
    }
    return String(number)
  }
}

extension BatchBuilder {
  /// A value as a template writes it: strings and bytes as they are, all else as JSON without quotes
  /// around it.
  fileprivate mutating func append(templateValue value: Value) {
    switch value {
    case .string(let text): append(text.bytes)
    case .bytes(let bytes): append(bytes)
    case .optional(let value?): append(templateValue: value)
    default: append(json: value, quotesSpecial: false)
    }
  }
}

extension RawSpan {
  /// Whether it has what lines may end in.
  fileprivate var mayDivide: Bool { firstOffset(of: 0x0A) != nil || firstOffset(of: 0) != nil }
}

extension Value {
  /// Null, or an optional value that is none.
  var isNothing: Bool {
    switch self {
    case .null: true
    case .optional(let value): value?.isNothing ?? true
    default: false
    }
  }
}
