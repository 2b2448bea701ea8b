import Expressions
import Lines
import PipelineModel
import Records
import YAMLTree

/// The request of an `http` stage with its templates, and what is made of the answer.
struct HTTPCall: Sendable {
  enum Body: Sendable {
    case none
    case template(Template)
    case json(JSONBody)
  }
  /// How the bytes of a body become results.
  enum Decoding: String, Sendable { case text, lines, json }

  let method: String
  let url: URLTemplate
  let headers: [(name: String, value: Template)]
  let body: Body
  let accepted: [ClosedRange<Int>]
  let isFull: Bool
  let decoding: Decoding
  let connectTimeout: Duration
  let follow: Int
  let hosts: AllowedHosts
  let mostBody: Int
  let setting: Setting

  /// Throws what is wrong, at its place.
  init(_ given: Arguments, _ setting: Setting) throws(Diagnostic) {
    self.setting = setting
    guard let url = given.argument("url") else {
      throw Diagnostic("'http' needs a URL", at: given.place)
    }
    self.url = try URLTemplate(url, setting, namesHosts: given.isGiven("allow_hosts"))
    body = try Self.body(given, setting)
    method = try Self.method(given, body)
    headers = try Self.headers(given, setting)
    accepted = try Self.accepted(given)
    isFull = given.string("response") == "full"
    decoding = Decoding(rawValue: given.string("decode") ?? "") ?? .text
    connectTimeout = given.duration("connect_timeout") ?? .seconds(10)
    follow = given.int("follow") ?? 0
    hosts = try Self.hosts(given, self.url)
    mostBody = given.size("max_body") ?? 16 << 20
  }

  func accepts(_ status: Int) -> Bool { accepted.contains { $0.contains(status) } }

  private static func body(_ given: Arguments, _ setting: Setting) throws(Diagnostic) -> Body {
    if let json = given.argument("json") {
      if given.isGiven("body") {
        throw Diagnostic("a request has one body: 'body' or 'json'", at: json.place)
      }
      return .json(try JSONBody(json, setting))
    }
    return try given.argument("body").map { (body) throws(Diagnostic) in
      .template(try Template(body, setting))
    } ?? .none
  }

  private static func method(_ given: Arguments, _ body: Body) throws(Diagnostic) -> String {
    guard let argument = given.argument("method"), let method = argument.string else {
      if case .none = body { return "GET" }
      return "POST"
    }
    let isWord =
      !method.isEmpty && method.utf8.allSatisfy { (0x41...0x5A).contains($0) || $0 == 0x2D }
    if isWord, !["CONNECT", "TRACE"].contains(method) {
      if method == "HEAD", case .none = body { return method }
      if method != "HEAD" { return method }
      throw Diagnostic("a HEAD request has no body", at: argument.place)
    }
    let upper = method.uppercased()
    let isKnown = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"].contains(upper)
    throw Diagnostic(
      "'\(method)' is no method of a request that can be sent", at: argument.place,
      remedy: isKnown ? "methods are written in capitals: \(upper)" : "write GET, POST or the like")
  }

  private static func headers(
    _ given: Arguments, _ setting: Setting
  ) throws(Diagnostic) -> [(name: String, value: Template)] {
    var headers: [(name: String, value: Template)] = []
    for pair in given.mapping("headers") ?? [] {
      let place = pair.key.place
      guard !pair.name.isEmpty, pair.name.utf8.allSatisfy(isOfName) else {
        throw Diagnostic(
          "'\(pair.name)' can not name a header", at: place,
          remedy: "names are made of letters, digits and hyphens")
      }
      let lower = pair.name.lowercased()
      if ["content-length", "transfer-encoding"].contains(lower) {
        throw Diagnostic("'\(pair.name)' follows from the body and is set by streamline", at: place)
      }
      if headers.contains(where: { $0.name.lowercased() == lower }) {
        throw Diagnostic("the header '\(pair.name)' is there twice", at: place)
      }
      let value = try Template(pair.argument, setting)
      if let constant = value.constant, HTTPPerformer.dividesHead(Array(constant.utf8)) {
        throw Diagnostic("a header is one line: no line break, no NUL", at: pair.argument.place)
      }
      headers.append((pair.name, value))
    }
    return headers
  }

  /// RFC 9110, 5.6.2: token.
  private static func isOfName(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
  }

  private static func accepted(_ given: Arguments) throws(Diagnostic) -> [ClosedRange<Int>] {
    var ranges: [ClosedRange<Int>] = []
    for argument in given.list("accept") ?? [] {
      let text = argument.string ?? ""
      if let status = Int(text), (100...599).contains(status) {
        ranges.append(status...status)
      } else if text.utf8.count == 3, text.hasSuffix("xx"),
        let first = text.first?.wholeNumberValue,
        (1...5).contains(first)
      {
        ranges.append(first * 100...first * 100 + 99)
      } else {
        throw Diagnostic(
          "'\(text)' is no status", at: argument.place,
          remedy: "write a number such as 404, or a class such as 2xx")
      }
    }
    return ranges
  }

  private static func hosts(
    _ given: Arguments, _ url: URLTemplate
  ) throws(Diagnostic) -> AllowedHosts {
    guard let argument = given.argument("allow_hosts") else {
      return AllowedHosts(isAny: url.home == nil, home: url.home)
    }
    if argument.string == "any" { return AllowedHosts(isAny: true) }
    var rules: [AllowedHosts.Rule] = []
    for entry in argument.list ?? [argument] {
      guard let rule = AllowedHosts.Rule(entry.string ?? "") else {
        throw Diagnostic(
          "'\(entry.string ?? "")' is no host", at: entry.place,
          remedy: "write names such as example.org, *.example.org or 127.0.0.1:8080, or only: any")
      }
      rules.append(rule)
    }
    return AllowedHosts(home: url.home, rules: rules)
  }
}

/// A request body that is the JSON of what expressions give.
struct JSONBody: Sendable {
  private enum Content: Sendable {
    case value(Program)
    case record([(name: FieldName, program: Program)])
  }
  private let expressions: ItemExpressions
  private let content: Content
  private let setting: Setting

  init(_ argument: Argument, _ setting: Setting) throws(Diagnostic) {
    var expressions = ItemExpressions(setting)
    if let fields = argument.mapping {
      var programs: [(name: FieldName, program: Program)] = []
      for field in fields {
        programs.append((FieldName(field.name), try expressions.compile(field.argument)))
      }
      content = .record(programs)
    } else {
      content = .value(try expressions.compile(argument))
    }
    self.expressions = expressions
    self.setting = setting
  }

  func text(for item: Item) throws(Failure) -> [UInt8] {
    let values = expressions.values()
    switch content {
    case .value(let program):
      values.load(item.batch, 0)
      var evaluator = program.evaluator()
      var out = BatchBuilder(delimiter: 0x0A)
      out.append(json: try evaluator.value(values, item.batch))
      return out.takeOpenLine()
    case .record(let fields):
      var transform = RecordTransform(values, fields, setting)
      var cursor = Cursor()
      var out = BatchBuilder(viewing: item.batch, delimiter: setting.delimiter)
      _ = try transform.process(item.batch, &cursor, upTo: 1, into: &out)
      return out.take(covering: 0..<0).text(0)
    }
  }
}
