import CCurl
import Glibc
import Stages

/// The words for what goes wrong with requests. Of the URL they name the host alone: the rest of it may
/// be secret.
extension Failure {
  static let noMemory = Failure(.stage, "no memory is left for a request")

  init(_ refusal: CurlTransfer.Refusal) {
    guard case .malformed(let fault) = refusal else {
      self = .noMemory
      return
    }
    let message =
      switch fault {
      case CCURL_URL_NO_SCHEME: "the URL does not begin with http:// or https://"
      case CCURL_URL_SCHEME: "the URL's scheme is neither http nor https"
      case CCURL_URL_HOST: "the URL has no host, or none that can be one"
      case CCURL_URL_PORT: "the URL's port is no number from 0 to 65535"
      case CCURL_URL_USER: "the URL's user name or password is malformed"
      default: "the URL is malformed"
      }
    self.init(.http, message)
  }

  static func hostNotAllowed(_ host: String, _ port: String, _ hosts: AllowedHosts) -> Failure {
    let hasPorts = hosts.rules.contains { $0.port != nil }
    return Failure(
      .http, "the URL leads to '\(host)\(hasPorts ? ":\(port)" : "")', which is not allowed",
      remedy: "add it to 'allow_hosts' if it is right")
  }

  /// Of a transfer that brought no answer.
  init(_ transfer: CurlTransfer, _ request: HTTPRequest, _ server: String) {
    let words = transfer.words
    let detail = words.isEmpty ? "" : ": \(words)"
    switch transfer.outcome {
    case CCURL_UNKNOWN_HOST:
      self.init(.http, "no host is known by the name '\(transfer.host)'")
    case CCURL_UNKNOWN_PROXY: self.init(.http, "the proxy is not known by its name\(detail)")
    case CCURL_NOT_CONNECTED: self = Self.notConnected(transfer.errorNumber, server, detail)
    case CCURL_CONNECT_TIME:
      self.init(
        .timeout, "no connection to \(server) within \(request.connectLimit)")
    case CCURL_UNTRUSTED: self.init(.http, "the certificate of \(server) is not trusted\(detail)")
    case CCURL_TLS: self.init(.http, "no TLS connection with \(server)\(detail)")
    case CCURL_NO_ANSWER:
      self.init(.http, "\(server) closed the connection without an answer")
    case CCURL_BROKEN where words.contains("reset by peer"):
      self.init(.http, "\(server) reset the connection")
    case CCURL_BROKEN: self.init(.http, "the connection to \(server) broke\(detail)")
    case CCURL_PARTIAL: self.init(.http, "the answer of \(server) broke off")
    case CCURL_BAD_ENCODING:
      self.init(.http, "the answer of \(server) can not be decompressed")
    case CCURL_NO_HTTP: self.init(.http, "what \(server) answered is not HTTP")
    case CCURL_NO_MEMORY: self = .noMemory
    default: self.init(.http, "no answer of \(server)\(detail)")
    }
  }

  private static func notConnected(
    _ number: Int32, _ server: String, _ detail: String
  ) -> Failure {
    switch number {
    case ECONNREFUSED: Failure(.http, "\(server) refuses the connection")
    case EMFILE, ENFILE:
      Failure(
        .stage, "no descriptors are left for a connection to \(server)",
        remedy: "raise the limit with ulimit -n, or lower fanout")
    case 0: Failure(.http, "no connection to \(server)\(detail)")
    default: Failure(.http, "no connection to \(server): \(SystemError(number))")
    }
  }
}
