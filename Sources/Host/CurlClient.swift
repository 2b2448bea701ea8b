import CCurl
package import Flow
package import Stages
import Synchronization

/// Requests over libcurl: one thread carries out all of them, and their connections are used again by
/// whoever asks the same server. The library is loaded, and the thread started, when they are needed.
package final class CurlClient: HTTPClient {
  /// For each request under way: both addresses of a host may be tried at once, while its name is
  /// looked up there is a pair of sockets, and connections kept open take the place of those in use.
  private static let descriptorsPerRequest = 4
  /// The loop's waker, and the file of certificates while it is read.
  private static let fixedDescriptors = 4

  /// The most descriptors that are open for `count` requests at once.
  package static func descriptors(for count: Int) -> Int {
    count == 0 ? 0 : fixedDescriptors + descriptorsPerRequest * count
  }

  /// The longest that Retry-After is obeyed.
  private static let longestPause = Duration.seconds(3600)

  private let connections: Int
  private let mailbox = Mutex<CurlMailbox?>(nil)
  private let idle = Mutex<[CurlTransfer]>([])
  private let homeHosts = Mutex<[[UInt8]: String]>([:])
  private let lastID = Atomic<UInt64>(0)

  /// - Parameter connections: the most that stay open when nobody uses them: as many as there are
  ///   requests at once.
  package init(connections: Int) { self.connections = max(connections, 1) }

  package func prepare() throws(Failure) {
    if CCurlLoad() == 0 {
      throw Failure(
        .spawn, "libcurl, which 'http' needs, is not on this machine",
        remedy: "install it, in Debian: apt-get install libcurl4")
    }
  }

  package func send(
    _ request: HTTPRequest, cancellation: Cancellation
  ) async throws(Failure) -> HTTPAnswer {
    let mailbox = try startedMailbox()
    guard let transfer = idle.withLock({ $0.popLast() }) ?? CurlTransfer() else {
      throw .noMemory
    }
    defer {
      transfer.clear()
      idle.withLock { $0.append(transfer) }
    }
    let server = try prepare(transfer, request)
    let id = lastID.add(1, ordering: .relaxed).newValue
    let end = await Waiter.suspend { waiter in
      mailbox.post(.begin(id: id, transfer, request.onProgress, waiter))
      // Behind it, so that it finds what it breaks off.
      cancellation.onCancel { _ in mailbox.post(.breakOff(id: id)) }
    }
    cancellation.onCancel(nil)
    switch end {
    case .brokenOff: throw Failure(.cancelled, "cancelled before the answer was complete")
    case .refused: throw .noMemory
    case .finished: return try answer(transfer, request, server)
    }
  }

  /// Breaks off what is under way, which should be nothing, and closes every connection. Nothing may be
  /// sent any more.
  package func finish() async {
    let mailbox = mailbox.withLock { mailbox in
      defer { mailbox = nil }
      return mailbox
    }
    if let mailbox {
      await Waiter.suspend { (answer: Waiter<Void>) in mailbox.post(.finish { answer.resume() }) }
    }
    idle.withLock { $0.removeAll() }
  }

  /// Makes loop and thread with the first request.
  private func startedMailbox() throws(Failure) -> CurlMailbox {
    try prepare()
    let started = mailbox.withLock { mailbox -> CurlMailbox? in
      if let mailbox { return mailbox }
      guard let made = CurlMailbox(connections: connections) else { return nil }
      mailbox = made
      Thread.start("http") {
        var loop = CurlLoop(made)
        loop.run()
      }
      return made
    }
    guard let started else {
      throw Failure(.stage, "no request can be sent: no descriptors or no memory are left")
    }
    return started
  }

  // MARK: Request and answer

  /// - Returns: whom it goes to, in words.
  private func prepare(
    _ transfer: CurlTransfer, _ request: HTTPRequest
  ) throws(Failure) -> String {
    let home: String?
    do throws(CurlTransfer.Refusal) {
      home = try homeHost(request.hosts, transfer)
      try transfer.read(request.url)
    } catch { throw Failure(error) }
    let (host, port) = (transfer.host, transfer.port)
    guard request.hosts.allow(host: host, port: port, homeHost: home) else {
      throw .hostNotAllowed(host, port, request.hosts)
    }
    do throws(CurlTransfer.Refusal) { try transfer.prepare(request) } catch {
      throw Failure(error)
    }
    if let path = request.socketPath { return path }
    let isUsual = port == (transfer.scheme == "https" ? "443" : "80")
    return isUsual ? host : "\(host):\(port)"
  }

  /// The host of the URL that is always allowed, as the library reads it.
  private func homeHost(
    _ hosts: AllowedHosts, _ transfer: CurlTransfer
  ) throws(CurlTransfer.Refusal) -> String? {
    guard let home = hosts.home else { return nil }
    if let known = homeHosts.withLock({ $0[home] }) { return known }
    try transfer.read(home)
    let host = transfer.host
    homeHosts.withLock { $0[home] = host }
    return host
  }

  private func answer(
    _ transfer: CurlTransfer, _ request: HTTPRequest, _ server: String
  ) throws(Failure) -> HTTPAnswer {
    let outcome = transfer.outcome
    guard outcome == CCURL_ANSWERED || outcome == CCURL_TOO_LARGE else {
      throw Failure(transfer, request, server)
    }
    var answer = HTTPAnswer(
      status: transfer.status, head: transfer.head, body: transfer.body,
      isCut: outcome == CCURL_TOO_LARGE, server: server)
    if (300..<400).contains(answer.status), let location = transfer.location {
      answer.redirect = HTTPAnswer.Redirect(
        url: location, leavesOrigin: leavesOrigin(transfer, location))
    }
    if [429, 503].contains(answer.status) { answer.retryAfter = Self.pause(HTTPHead(answer.head)) }
    return answer
  }

  /// Whether a URL, read in the place of the one before, has another scheme, host or port.
  private func leavesOrigin(_ transfer: CurlTransfer, _ url: [UInt8]) -> Bool {
    let origin = [transfer.scheme, transfer.host, transfer.port]
    do throws(CurlTransfer.Refusal) { try transfer.read(url) } catch { return true }
    return [transfer.scheme, transfer.host, transfer.port] != origin
  }

  /// Retry-After is a number of seconds, or a time (RFC 9110, 10.2.3), which is counted from the
  /// server's own, whatever the clock of this machine says.
  private static func pause(_ head: HTTPHead) -> Duration? {
    guard let asked = head["retry-after"].map({ String(decoding: $0, as: UTF8.self) }) else {
      return nil
    }
    if let seconds = UInt32(asked) { return min(.seconds(Int(seconds)), longestPause) }
    guard let now = head["date"].map({ String(decoding: $0, as: UTF8.self) }) else { return nil }
    let (from, to) = unsafe (CCurlDate(now), CCurlDate(asked))
    guard from >= 0, to > from else { return nil }
    return min(.seconds(to - from), longestPause)
  }
}
