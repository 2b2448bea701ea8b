import Lines
import Records

/// Makes results of an answer that was accepted.
struct HTTPResults {
  private let call: HTTPCall
  private let item: Item
  private var setting: Setting { call.setting }

  init(_ call: HTTPCall, _ item: Item) {
    self.call = call
    self.item = item
  }

  func results(of answer: HTTPAnswer) throws(Failure) -> Batch {
    var out = BatchBuilder(delimiter: setting.delimiter, capacity: answer.body.count + 1)
    if call.isFull {
      try out.appendItem(try record(answer), like: item.batch, 0, setting)
      return out.take(covering: 0..<0)
    }
    switch call.decoding {
    case .text:
      let text = answer.body.withoutLastNewline
      out.append(Array(text))
      if text.contains(setting.delimiter) || text.contains(0x0A) { out.noteInnerDelimiters() }
      try out.endResult(like: item.batch, 0, setting, kind: .line)
    case .lines:
      for line in Self.lines(answer.body) {
        out.append(Array(line))
        if line.contains(setting.delimiter) { out.noteInnerDelimiters() }
        try out.endResult(like: item.batch, 0, setting, kind: .line)
      }
    case .json:
      if answer.body.isBlank { break }
      try parse(answer, &out)
      try out.endResult(like: item.batch, 0, setting, kind: .record)
    }
    return out.take(covering: 0..<0)
  }

  private static func lines(_ body: [UInt8]) -> [ArraySlice<UInt8>] {
    body.isEmpty
      ? [] : body.withoutLastNewline.split(separator: 0x0A, omittingEmptySubsequences: false)
  }

  private func parse(_ answer: HTTPAnswer, _ out: inout BatchBuilder) throws(Failure) {
    var parser = JSONParser()
    do throws(RecordFault) {
      try Text(answer.body).withSpan { (bytes) throws(RecordFault) in
        try parser.parse(bytes, into: &out)
      }
    } catch {
      throw Failure(.http, "the answer of \(answer.server) is no JSON: \(error)")
    }
  }

  // MARK: The whole answer

  private func record(_ answer: HTTPAnswer) throws(Failure) -> Value {
    let headers = HTTPHead(answer.head).fields.map { field in
      (Text(field.name), Value.string(Text(field.value)))
    }
    return .map(
      ValueMap(record: [
        ("status", .int(Int64(answer.status))),
        ("headers", .map(ValueMap(record: headers))),
        ("body", try body(answer)),
      ]))
  }

  private func body(_ answer: HTTPAnswer) throws(Failure) -> Value {
    switch call.decoding {
    case .text: return .string(Text(Array(answer.body.withoutLastNewline)))
    case .lines: return .list(Self.lines(answer.body).map { .string(Text(Array($0))) })
    case .json:
      if answer.body.isBlank { return .null }
      var out = BatchBuilder(delimiter: 0x0A)
      // Checked by what parses it into a record, then read as a value.
      try parse(answer, &out)
      return JSONDecoding.value(in: answer.body)
    }
  }
}

extension HTTPAnswer {
  /// The failure that an answer is whose status was not accepted.
  var refusal: Failure {
    let head = HTTPHead(head)
    var message = "\(server) answered \(status)"
    let phrase = head.phrase.isEmpty ? Self.phrases[status] ?? "" : head.phrase
    if !phrase.isEmpty { message += " \(phrase)" }
    var remedy: String?
    if redirect != nil {
      remedy = "'follow' says how many redirects are followed"
    } else {
      let start = body.oneLine(most: 200)
      if !start.isEmpty { message += ": \(start)" }
    }
    var failure = Failure(.http, message, remedy: remedy, status: status)
    failure.retryAfter = retryAfter
    return failure
  }

  /// For HTTP/2, which does not send them (RFC 9110, 15).
  private static let phrases = [
    301: "Moved Permanently", 302: "Found", 303: "See Other", 304: "Not Modified",
    307: "Temporary Redirect", 308: "Permanent Redirect", 400: "Bad Request", 401: "Unauthorized",
    403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed", 408: "Request Timeout",
    409: "Conflict", 410: "Gone", 413: "Content Too Large", 422: "Unprocessable Content",
    429: "Too Many Requests", 500: "Internal Server Error", 501: "Not Implemented",
    502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout",
  ]
}

extension Failure {
  fileprivate static let megabyte = 1 << 20

  static func bodyTooLarge(_ server: String, _ most: Int) -> Failure {
    let size = most % megabyte == 0 && most > 0 ? "\(most / megabyte)MiB" : "\(most) bytes"
    return Failure(
      .tooLarge, "the answer of \(server) is larger than \(size)",
      remedy: "raise 'max_body' if that is right")
  }
}

extension [UInt8] {
  fileprivate var withoutLastNewline: ArraySlice<UInt8> { last == 0x0A ? dropLast() : self[...] }

  /// Nothing but white space.
  fileprivate var isBlank: Bool {
    allSatisfy { $0 == 0x20 || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 }
  }
}
