package import Flow
import PipelineModel

/// Carries out HTTP requests, many at once.
package protocol HTTPClient: Sendable {
  /// Loads what it needs. Throws `.spawn` where this machine has it not.
  func prepare() throws(Failure)

  /// Sends one request and waits for the whole answer; a redirect is an answer like any other. Ends
  /// with any failure soon after `cancellation` is cancelled, when nothing of an answer can arrive any
  /// more. Throws `.http` and `.timeout` in words that name no more of the URL than its host.
  func send(
    _ request: HTTPRequest, cancellation: Cancellation
  ) async throws(Failure) -> HTTPAnswer
}

/// A request ready to be sent.
package struct HTTPRequest: Sendable {
  package var method: String
  package var url: [UInt8]
  /// Checked: no value has a line break or NUL.
  package var headers: [(name: String, value: [UInt8])]
  package var body: [UInt8]?
  /// The socket to connect to instead of the URL's host.
  package var socketPath: String?
  package var hosts: AllowedHosts
  /// For connecting, with TLS and all.
  package var connectTimeout: Duration
  /// The most bytes of the answer's body, when it has been decompressed.
  package var mostBody: Int
  /// Is told, soon and on any thread, that bytes of it were sent or bytes of the answer have come.
  /// Nil: nobody asks.
  package var onProgress: (@Sendable () -> Void)?

  /// `connectTimeout` as messages write it.
  package var connectLimit: String { connectTimeout.written }
}

package struct HTTPAnswer: Sendable {
  package var status: Int
  /// The status line and the headers as they came, each with its line end.
  package var head: [UInt8]
  package var body: [UInt8]
  /// The body is larger than it may be; the rest of it was not received.
  package var isCut: Bool
  /// Whom it came from, in words: `host` or `host:port`.
  package var server: String
  /// Where it leads, if it is a redirect.
  package var redirect: Redirect?
  /// How long the server asks not to be asked again.
  package var retryAfter: Duration?

  package struct Redirect: Sendable {
    /// An absolute URL.
    package var url: [UInt8]
    /// To another scheme, host or port: what was meant for this server's eyes is not for that one.
    package var leavesOrigin: Bool

    package init(url: [UInt8], leavesOrigin: Bool) {
      self.url = url
      self.leavesOrigin = leavesOrigin
    }
  }

  package init(
    status: Int, head: [UInt8], body: [UInt8], isCut: Bool = false, server: String,
    redirect: Redirect? = nil, retryAfter: Duration? = nil
  ) {
    self.status = status
    self.head = head
    self.body = body
    self.isCut = isCut
    self.server = server
    self.redirect = redirect
    self.retryAfter = retryAfter
  }
}

/// Which hosts a request, and each of its redirects, may go to.
package struct AllowedHosts: Sendable, Equatable {
  package struct Rule: Sendable, Equatable {
    /// In lower case; of `*.example.org` what follows the star.
    package var name: String
    package var isSuffix: Bool
    /// Nil: any port.
    package var port: String?

    /// `example.org`, `example.org:8080`, `*.example.org`, `[::1]:80`; nil if it is none of them.
    package init?(_ text: String) {
      var rest = Array(text.utf8)
      isSuffix = rest.starts(with: "*.".utf8)
      if isSuffix { rest.removeFirst() }
      let end = rest.first == UInt8(ascii: "[") ? rest.firstIndex(of: UInt8(ascii: "]")) : 0
      guard let end else { return nil }
      if let colon = rest[end...].firstIndex(of: UInt8(ascii: ":")) {
        let number = String(decoding: rest[(colon + 1)...], as: UTF8.self)
        guard let port = Int(number), (1...65535).contains(port) else { return nil }
        self.port = String(port)
        rest.removeSubrange(colon...)
      }
      let strange = rest.contains { $0 <= 0x20 || $0 == 0x7F || "/?#@*\\".utf8.contains($0) }
      if strange || rest.isEmpty || isSuffix && rest.count == 1 { return nil }
      name = String(decoding: rest, as: UTF8.self).lowercased()
    }
  }

  /// Every host, whatever else is said.
  package var isAny: Bool
  /// A URL whose host is allowed, on any port.
  package var home: [UInt8]?
  package var rules: [Rule]

  package init(isAny: Bool = false, home: [UInt8]? = nil, rules: [Rule] = []) {
    self.isAny = isAny
    self.home = home
    self.rules = rules
  }

  /// - Parameters: host and port as the library that connects to them reads them in the URL, and the
  ///   host of `home` read by the same.
  package func allow(host: String, port: String, homeHost: String?) -> Bool {
    if isAny || host == homeHost { return true }
    return rules.contains { rule in
      let isHost = rule.isSuffix ? host.hasSuffix(rule.name) : host == rule.name
      return isHost && (rule.port == nil || rule.port == port)
    }
  }
}

/// For runs that send nothing.
package struct NoHTTPClient: HTTPClient {
  package init() {}

  package func prepare() throws(Failure) {}

  package func send(
    _ request: HTTPRequest, cancellation: Cancellation
  ) async throws(Failure) -> HTTPAnswer {
    throw Failure(.stage, "no request is sent here")
  }
}
