/// One key that a stage, a common key or the pipeline itself takes: decoding, help, manual pages and
/// suggestions all read it.
package struct Field: Sendable {
  package var name: String
  package var type: FieldType
  package var isRequired: Bool
  /// YAML text that stands in when the key is left out; decoded like any value.
  package var defaultValue: String?
  /// What happens without the key, in words, where no value says it: "all lines".
  package var defaultNote: String?
  /// What it does, one or two sentences.
  package var summary: String

  package init(
    _ name: String, _ type: FieldType, required: Bool = false, default defaultValue: String? = nil,
    defaultNote: String? = nil, _ summary: String
  ) {
    self.name = name
    self.type = type
    self.isRequired = required
    self.defaultValue = defaultValue
    self.defaultNote = defaultNote
    self.summary = summary
  }
}

/// What a field takes. Each case says which `ArgumentValue` it decodes to.
package indirect enum FieldType: Sendable {
  /// Text as written; a plain number or `true` is taken as its text. → `.string`
  case string
  /// Text with placeholders, `{}`, `{nr}`, `{params.x}`. Not parsed here. → `.string`
  case template
  /// The path of a file that the stage writes, a template too. → `.string`. Two stages that write
  /// the same file are an error.
  case writtenPath
  /// An expression: its text as it will be compiled; numbers, `true` and `null` are taken as written.
  /// → `.string`
  case expression
  /// One pattern or a list of them. → `.list` of `.string`, with one pattern too
  case pattern
  /// → `.bool`
  case bool
  /// → `.int`
  case int(ClosedRange<Int>)
  /// → `.double`; an integer is taken too
  case double(ClosedRange<Double>)
  /// `500ms`, `1m30s`. → `.duration`
  case duration(ClosedRange<Duration>)
  /// `64KiB`, `1MB`, a plain number of bytes. → `.bytes`
  case size(ClosedRange<Int>)
  /// `10/s`, or `{limit: 10/s, burst: 5}`. → `.rate`
  case rate
  /// One of these words. → `.string`
  case choice([String])
  /// → `.list`
  case list(of: FieldType, count: ClosedRange<Int>)
  /// Any keys. → `.mapping`
  case mapping(of: FieldType)
  /// These keys. → `.arguments`
  case fields([Field])
  /// A list of stages. → `.stages`
  case stages
  /// The path of a pipeline file whose stages stand in the stage. → `.string`
  case pipeline
  /// The first that fits the shape of the value. → what that one gives
  case oneOf([FieldType])
  /// Anything; kept as it was read. → `.node`
  case any

  package static var anyDuration: FieldType { .duration(.zero ... .maximum) }
  package static func list(of type: FieldType) -> FieldType {
    .list(of: type, count: 1...Int.max)
  }
}

extension Duration {
  /// The longest that a pipeline file can name, about 292 years: what the clock counts.
  package static var maximum: Duration { .nanoseconds(Int64.max) }
}
