import Flow
import Lines

/// Sends one request for each item.
final class HTTPPerformer: Performer {
  private let call: HTTPCall

  init(_ call: HTTPCall) { self.call = call }

  var sendsRequests: Bool { true }
  var givesRecords: Bool { call.isFull || call.decoding == .json }

  func request(for item: Item) throws(Failure) -> [String] {
    [call.method, String(decoding: try call.url.render(item), as: UTF8.self)]
  }

  func perform(_ item: Item, _ attempt: any Attempt) async throws(Failure) {
    var request = try makeRequest(item)
    if attempt.countsSilence { request.onProgress = { attempt.progress() } }
    var seen: [[UInt8]] = []
    while true {
      let answer = try await attempt.client.send(request, cancellation: attempt.cancellation)
      attempt.progress()
      if attempt.cancellation.isCancelled { return }
      if call.follow > 0, let redirect = answer.redirect, !call.accepts(answer.status) {
        seen.append(request.url)
        try follow(redirect, answer, seen, &request)
        continue
      }
      if !call.accepts(answer.status) { throw answer.refusal }
      if answer.isCut { throw .bodyTooLarge(answer.server, call.mostBody) }
      let results = try HTTPResults(call, item).results(of: answer)
      if !results.isEmpty { _ = await attempt.emit(results) }
      return
    }
  }

  // MARK: The request for an item

  /// Whether a header's value would be more than one line.
  static func dividesHead(_ value: [UInt8]) -> Bool {
    value.contains { $0 == 0x0D || $0 == 0x0A || $0 == 0 }
  }

  private func makeRequest(_ item: Item) throws(Failure) -> HTTPRequest {
    var headers: [(name: String, value: [UInt8])] = []
    for (name, template) in call.headers {
      let value = try template.render(item)
      if Self.dividesHead(value) {
        throw Failure(
          .http, "the header '\(name)' would hold a line break or a NUL byte: nothing was sent")
      }
      headers.append((name, value))
    }
    var body: [UInt8]?
    switch call.body {
    case .none: break
    case .template(let template): body = try template.render(item)
    case .json(let json):
      body = try json.text(for: item)
      if !headers.contains(where: { $0.name.lowercased() == "content-type" }) {
        headers.append(("Content-Type", Array("application/json".utf8)))
      }
    }
    return HTTPRequest(
      method: call.method, url: try call.url.render(item), headers: headers, body: body,
      socketPath: call.url.socketPath, hosts: call.hosts, connectTimeout: call.connectTimeout,
      mostBody: call.mostBody)
  }

  // MARK: Redirects

  /// Makes `request` the one that a redirect asks for (RFC 9110, 15.4).
  /// - Parameter seen: the URLs asked so far.
  private func follow(
    _ redirect: HTTPAnswer.Redirect, _ answer: HTTPAnswer, _ seen: [[UInt8]],
    _ request: inout HTTPRequest
  ) throws(Failure) {
    if seen.contains(redirect.url) {
      throw Failure(
        .http, "\(answer.server) redirects in a circle", status: answer.status)
    }
    if seen.count > call.follow {
      throw Failure(
        .http, "\(answer.server) redirects once more after \(call.follow)",
        remedy: "raise 'follow' if that is right", status: answer.status)
    }
    request.url = redirect.url
    let changesMethod =
      answer.status == 303 && request.method != "HEAD"
      || [301, 302].contains(answer.status) && request.method == "POST"
    if changesMethod {
      request.method = "GET"
      request.body = nil
      request.headers.removeAll { $0.name.lowercased().hasPrefix("content-") }
    }
    if redirect.leavesOrigin {
      request.headers.removeAll { ["authorization", "cookie"].contains($0.name.lowercased()) }
    }
  }
}
