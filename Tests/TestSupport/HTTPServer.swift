package import Foundation
import Glibc
import Synchronization

/// A small HTTP/1.1 server for tests, on a port of 127.0.0.1 or on a socket of a folder. It answers by
/// path as `HTTPScript` says, with a thread for each connection, and ends with the last reference.
package final class HTTPServer: Sendable {
  package struct Counts: Sendable {
    /// Connections accepted so far.
    package var connections = 0
    /// Connections that are open now.
    package var open: Set<Int32> = []
    package var requests = 0
  }

  package struct Request: Sendable {
    package var method = ""
    package var target = ""
    /// Each line as it came.
    package var headers: [String] = []
    package var body: [UInt8] = []

    package func header(_ name: String) -> String? {
      headers.first { $0.lowercased().hasPrefix(name.lowercased() + ":") }.map {
        $0.dropFirst(name.count + 1).trimmingCharacters(in: .whitespaces)
      }
    }
  }

  package let port: UInt16
  private let listener: Int32
  private let state = SharedCounts()

  /// - Parameters:
  ///   - path: of a socket to listen on instead of a port.
  ///   - folder: whose files are the answers, instead of the script.
  package init(socket path: String? = nil, folder: URL? = nil) throws {
    let listener = Glibc.socket(
      path == nil ? AF_INET : AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    self.listener = listener
    guard listener >= 0 else { throw CommandFault("a socket", errno) }
    let bound = path.map { bindUnix(listener, $0) } ?? bindLoopback(listener)
    guard bound == 0, listen(listener, 1024) == 0 else { throw CommandFault("a port", errno) }
    port = path == nil ? portNumber(listener) : 0
    let script = HTTPScript(folder)
    Thread.detachNewThread { [state] in
      while true {
        let connection = accept(listener, nil, nil)
        if connection < 0 { return }
        _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
        state.add(connection)
        let thread = Thread {
          HTTPConnection(connection, script, state).serve()
          state.remove(connection)
        }
        thread.stackSize = 1 << 18
        thread.start()
      }
    }
  }

  deinit {
    shutdown(listener, Int32(SHUT_RDWR))
    close(listener)
    for connection in state.counts.open { shutdown(connection, Int32(SHUT_RDWR)) }
  }

  package var base: String { "http://127.0.0.1:\(port)" }
  package var counts: Counts { state.counts }

  /// Returns once every connection has been closed, by the other side or by the script.
  package func waitUntilAllAreClosed() { state.wait { $0.open.isEmpty } }

  /// Returns once so many requests have come.
  package func wait(requests: Int) { state.wait { $0.requests >= requests } }
}

/// What the threads of a server count, with a condition for those who wait for it.
///
/// Unchecked, as NSCondition does not own what it guards: `now` is used under its lock alone.
final class SharedCounts: @unchecked Sendable {
  private let condition = NSCondition()
  private var now = HTTPServer.Counts()

  var counts: HTTPServer.Counts { condition.withLock { now } }

  func add(_ connection: Int32) {
    change {
      $0.connections += 1
      $0.open.insert(connection)
    }
  }

  /// Closes it under the lock, so that its number is not another one's yet.
  func remove(_ connection: Int32) {
    change {
      $0.open.remove(connection)
      close(connection)
    }
  }

  func addRequest() { change { $0.requests += 1 } }

  private func change(_ body: (inout HTTPServer.Counts) -> Void) {
    condition.withLock {
      body(&now)
      condition.broadcast()
    }
  }

  func wait(for holds: (HTTPServer.Counts) -> Bool) {
    condition.withLock { while !holds(now) { condition.wait() } }
  }
}

private func bindLoopback(_ listener: Int32) -> Int32 {
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
  return withUnsafePointer(to: &address) { pointer in
    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      bind(listener, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
    }
  }
}

private func bindUnix(_ listener: Int32, _ path: String) -> Int32 {
  var address = sockaddr_un()
  address.sun_family = sa_family_t(AF_UNIX)
  withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix(107)) }
  return withUnsafePointer(to: &address) { pointer in
    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
    }
  }
}

private func portNumber(_ listener: Int32) -> UInt16 {
  var address = sockaddr_in()
  var length = socklen_t(MemoryLayout<sockaddr_in>.size)
  _ = withUnsafeMutablePointer(to: &address) { pointer in
    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(listener, $0, &length) }
  }
  return UInt16(bigEndian: address.sin_port)
}
