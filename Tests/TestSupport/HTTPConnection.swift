import Foundation
import Glibc

/// One connection of a test server: reads requests and writes what the script says.
struct HTTPConnection {
  let descriptor: Int32
  private let script: HTTPScript
  private let counts: SharedCounts

  init(_ descriptor: Int32, _ script: HTTPScript, _ counts: SharedCounts) {
    self.descriptor = descriptor
    self.script = script
    self.counts = counts
  }

  func serve() {
    var unread: [UInt8] = []
    while let request = read(&unread) {
      counts.addRequest()
      guard script.answer(request, self) else { return }
    }
  }

  // MARK: What the script does

  /// An answer with its length. True: the connection goes on.
  func send(
    _ status: Int = 200, _ body: [UInt8], phrase: String? = nil, headers: [String] = [],
    isHead: Bool = false
  ) -> Bool {
    let lines =
      ["HTTP/1.1 \(status) \(phrase ?? (status == 200 ? "OK" : "Status \(status)"))"]
      + headers + ["content-length: \(body.count)", "", ""]
    return send(raw: Array(lines.joined(separator: "\r\n").utf8) + (isHead ? [] : body))
  }

  func send(raw bytes: [UInt8]) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      if count <= 0 { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }

  /// Waits until the other side closes the connection.
  func hang() -> Bool {
    var byte: UInt8 = 0
    while recv(descriptor, &byte, 1, 0) > 0 {}
    return false
  }

  /// The other side sees a reset.
  func reset() -> Bool {
    var option = linger(l_onoff: 1, l_linger: 0)
    setsockopt(
      descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    return false
  }

  // MARK: Requests

  private func read(_ unread: inout [UInt8]) -> HTTPServer.Request? {
    var request = HTTPServer.Request()
    guard let head = line(until: Array("\r\n\r\n".utf8), &unread) else { return nil }
    let lines = String(decoding: head, as: UTF8.self).components(separatedBy: "\r\n")
    let words = lines[0].split(separator: " ")
    guard words.count == 3 else { return nil }
    (request.method, request.target) = (String(words[0]), String(words[1]))
    request.headers = Array(lines.dropFirst())
    let length = request.header("content-length").flatMap { Int($0) } ?? 0
    while unread.count < length { guard more(&unread) else { return nil } }
    request.body = Array(unread.prefix(length))
    unread.removeFirst(length)
    return request
  }

  private func line(until end: [UInt8], _ unread: inout [UInt8]) -> [UInt8]? {
    while true {
      if let range = Data(unread).range(of: Data(end)) {
        let head = Array(unread[..<range.lowerBound])
        unread.removeFirst(range.upperBound)
        return head
      }
      guard more(&unread) else { return nil }
    }
  }

  private func more(_ unread: inout [UInt8]) -> Bool {
    var block = [UInt8](repeating: 0, count: 16_384)
    let count = recv(descriptor, &block, block.count, 0)
    if count > 0 { unread += block[..<count] }
    return count > 0
  }
}
