import Foundation

/// What a test server answers, by path:
///
///     /ok/…          its path
///     /echo          the request as it came
///     /status/N      this status; with `?after=S` a Retry-After
///     /flaky/N/ID    503 the first N times for this ID, then its path
///     /to/URL        a redirect to it; /circle one to itself, by way of another
///     /hang          nothing, until the other side closes
///     /hang-once/ID  the same the first time
///     /reset, /empty, /half   a connection that breaks at once, or within the answer
///     /drip/N/MS     N dots, so many milliseconds before each
///     /flood         bytes without end
///     /gzip          a compressed text
///     /json/ID       a record
///     /shuffle/N     N requests wait for each other and are answered in another order, drawn with a seed
///
/// Unchecked, as NSCondition does not own what it guards: each `var` is used under its lock alone.
final class HTTPScript: @unchecked Sendable {
  private let condition = NSCondition()
  private var seen: [String: Int] = [:]
  /// Those that wait for each other, and the order they are let go in.
  private var waiting: [Int] = []
  private var released: [Int] = []
  private var arrivals = 0
  private var random = Random(seed: 1)

  private let folder: URL?

  init(_ folder: URL?) { self.folder = folder }

  /// False: the connection is to be closed.
  func answer(_ request: HTTPServer.Request, _ connection: HTTPConnection) -> Bool {
    if let folder { return file(request, in: folder, connection) }
    let target = request.target
    let parts = target.split(separator: "/", maxSplits: 1).map(String.init)
    let rest = parts.count > 1 ? parts[1] : ""
    let isHead = request.method == "HEAD"
    func text(_ text: String, _ status: Int = 200, _ headers: [String] = []) -> Bool {
      connection.send(status, Array("\(text)\n".utf8), headers: headers, isHead: isHead)
    }
    if target.hasPrefix("http://") { return text("through the proxy: \(target)") }
    switch parts.first {
    case "echo":
      let lines = ["\(request.method) \(target)"] + request.headers
      let echo = Array((lines.joined(separator: "\n") + "\n\n").utf8) + request.body
      return connection.send(200, echo)
    case "status":
      let query = rest.components(separatedBy: "?after=")
      let status = Int(query[0]) ?? 500
      return text(
        "this is \(status)", status, query.count > 1 ? ["Retry-After: \(query[1])"] : [])
    case "flaky":
      let times = Int(rest.prefix { $0 != "/" }) ?? 0
      return count(target) <= times
        ? text("not now", 503, ["Retry-After: 1"]) : text(target)
    case "to": return text("", 302, ["Location: \(rest)"])
    case "circle": return text("", 302, ["Location: /round"])
    case "round": return text("", 302, ["Location: circle"])
    case "hang": return connection.hang()
    case "hang-once": return count(target) == 1 ? connection.hang() : text(target)
    case "reset": return connection.reset()
    case "empty": return false
    case "half":
      _ = connection.send(raw: Array("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf".utf8))
      return false
    case "drip":
      let numbers = rest.split(separator: "/").compactMap { Int($0) }
      return drip(numbers[0], every: Double(numbers[1]) / 1000, connection)
    case "flood":
      let block = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 16)
      var goesOn = connection.send(raw: Array("HTTP/1.1 200 OK\r\n\r\n".utf8))
      while goesOn { goesOn = connection.send(raw: block) }
      return false
    case "gzip": return connection.send(200, Self.gzip, headers: ["content-encoding: gzip"])
    case "json":
      return text("{\"id\": \"\(rest)\", \"size\": \(rest.utf8.count)}")
    case "shuffle":
      waitInGroup(of: Int(rest.prefix { $0 != "/" }) ?? 1)
      return text(target)
    default: return text(target)
    }
  }

  private func file(
    _ request: HTTPServer.Request, in folder: URL, _ connection: HTTPConnection
  ) -> Bool {
    let path = String(request.target.prefix { $0 != "?" }).removingPercentEncoding ?? "/"
    let isHead = request.method == "HEAD"
    guard !path.contains(".."), let data = try? Data(contentsOf: folder.appending(path: path))
    else {
      return connection.send(404, [], phrase: "Not Found", isHead: isHead)
    }
    return connection.send(200, Array(data), isHead: isHead)
  }

  private func drip(
    _ count: Int, every seconds: Double, _ connection: HTTPConnection
  ) -> Bool {
    let head = "HTTP/1.1 200 OK\r\ncontent-length: \(count + 1)\r\n\r\n"
    var goesOn = connection.send(raw: Array(head.utf8))
    for number in 1...count where goesOn {
      condition.withLock { _ = condition.wait(until: Date(timeIntervalSinceNow: seconds)) }
      goesOn = connection.send(raw: number == count ? [0x2E, 0x0A] : [0x2E])
    }
    return goesOn
  }

  private func count(_ key: String) -> Int {
    condition.withLock {
      seen[key, default: 0] += 1
      return seen[key] ?? 0
    }
  }

  private func waitInGroup(of size: Int) {
    condition.withLock {
      arrivals += 1
      let number = arrivals
      waiting.append(number)
      if waiting.count == size {
        released += waiting.shuffled(using: &random)
        waiting = []
        condition.broadcast()
      }
      while released.first != number { condition.wait() }
      released.removeFirst()
      condition.broadcast()
    }
  }

  /// `compressed` and a newline.
  private static let gzip: [UInt8] = [
    0x1F, 0x8B, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0x4B, 0xCE, 0xCF, 0x2D, 0x28, 0x4A,
    0x2D, 0x2E, 0x4E, 0x4D, 0xE1, 0x02, 0x00, 0xBB, 0x6D, 0x4F, 0xC8, 0x0B, 0x00, 0x00, 0x00,
  ]
}
