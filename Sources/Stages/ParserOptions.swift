import Lines
import PipelineModel
import Records
import YAMLTree

/// The arguments of `parse`: which parser they ask for, and what in them can not be.
struct ParserOptions {
  private let arguments: Arguments

  init(_ arguments: Arguments) { self.arguments = arguments }

  /// What makes the transform of one worker.
  func parser(_ setting: Setting) throws(Diagnostic) -> @Sendable () -> any Transform {
    if let pattern = arguments.argument("regex") {
      try refuse(but: ["regex", "ignore_case"], of: "regex")
      return try patternParser(pattern, setting)
    }
    guard let format = arguments.string("as").flatMap(Parse.Format.init(rawValue:)) else {
      throw Diagnostic(
        "'parse' needs a format or a pattern", at: arguments.place,
        remedy: "write parse: json, or parse: {regex: '(?<name>…)'}")
    }
    try refuse(but: ["as"] + Self.options(of: format), of: format.rawValue)
    switch format {
    case .json: return { ParseTransform(parser: JSONParser(), setting: setting) }
    case .logfmt: return { ParseTransform(parser: LogfmtParser(), setting: setting) }
    case .common, .combined:
      return {
        ParseTransform(
          parser: AccessLogParser(isCombined: format == .combined), setting: setting)
      }
    case .syslog:
      let year = arguments.int("year")
      return { ParseTransform(parser: SyslogParser(year: year), setting: setting) }
    case .kv:
      let (pairs, two) = (try text("delimiter") ?? " ", try text("separator") ?? "=")
      return {
        ParseTransform(
          parser: PairParser(betweenPairs: pairs, betweenTwo: two), setting: setting)
      }
    case .csv, .tsv:
      let delimited = try delimited(format == .csv ? .csv : .tsv)
      return { ParseTransform(parser: DelimitedParser(delimited), setting: setting) }
    }
  }

  private static func options(of format: Parse.Format) -> [String] {
    switch format {
    case .csv, .tsv: ["columns", "types", "ragged", "delimiter"]
    case .kv: ["delimiter", "separator"]
    case .syslog: ["year"]
    case .json, .logfmt, .common, .combined: []
    }
  }

  private func refuse(but allowed: [String], of format: String) throws(Diagnostic) {
    for entry in arguments.entries where entry.isGiven && !allowed.contains(entry.name) {
      throw Diagnostic(
        "'\(entry.name)' means nothing for '\(format)'", at: entry.argument.place,
        remedy: entry.name == "types"
          ? "change types behind it: set: {ms: int(this.ms)}" : "leave it out",
        code: "refused-key")
    }
  }

  private func patternParser(
    _ argument: Argument, _ setting: Setting
  ) throws(Diagnostic) -> @Sendable () -> any Transform {
    let pattern = try Pattern(
      [argument], fixed: false, ignoreCase: arguments.bool("ignore_case") ?? false,
      at: argument.place)
    if pattern.groupNames.isEmpty {
      throw Diagnostic(
        "the pattern has no named group, so there is no field", at: argument.place,
        remedy: "name what is wanted: (?<user>\\S+)", code: "pattern")
    }
    return {
      guard let parser = PatternParser(pattern) else { preconditionFailure("It has a group.") }
      return ParseTransform(parser: parser, setting: setting)
    }
  }

  /// A text that is not empty.
  private func text(_ name: String) throws(Diagnostic) -> String? {
    guard let argument = arguments.argument(name), let text = argument.string else { return nil }
    if text.isEmpty { throw Diagnostic("'\(name)' is empty", at: argument.place) }
    return text
  }

  private func delimited(_ base: DelimitedFormat) throws(Diagnostic) -> DelimitedFormat {
    var format = base
    format.hasHeader = false
    if let names = arguments.argument("columns") {
      format.columns = try arguments.fieldNames("columns")
      for pair in arguments.mapping("types") ?? []
      where !(names.list ?? []).contains(where: { $0.string == pair.name }) {
        throw Diagnostic(
          "there is no column '\(pair.name)'", at: pair.key.place,
          remedy: Spelling.hint(for: pair.name, in: arguments.strings("columns") ?? []))
      }
    }
    for pair in arguments.mapping("types") ?? [] {
      format.types[FieldName(pair.name)] = pair.argument.string.flatMap(
        Records.FieldType.init(rawValue:))
    }
    format.ragged = arguments.string("ragged") == "pad" ? .pad : .fail
    guard let argument = arguments.argument("delimiter") else { return format }
    let bytes = Array((argument.string ?? "").utf8)
    guard bytes.count == 1, let delimiter = bytes.first, delimiter != UInt8(ascii: "\""),
      delimiter != UInt8(ascii: "\\"), delimiter != 0x0A
    else {
      throw Diagnostic(
        "'delimiter' takes one byte that is no quote, backslash or newline", at: argument.place)
    }
    format.delimiter = delimiter
    return format
  }
}
