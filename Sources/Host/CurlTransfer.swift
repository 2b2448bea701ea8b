import CCurl
import Stages

/// A request and its answer inside libcurl, used again and again. Belongs to whoever holds it: the
/// task that prepares it, then the loop, then the task again.
///
/// Unchecked, as it goes to and fro between these: it is given to the loop through a mailbox and comes
/// back by its waiter, both behind a lock, so that no two ever use it at once.
@safe
final class CurlTransfer: @unchecked Sendable {
  /// The URL could not be read, or its host is not allowed.
  enum Refusal: Error { case malformed(CCurlURLFault), noMemory }

  let pointer: OpaquePointer

  /// Nil without memory. The library has to be loaded.
  init?() {
    guard let pointer = unsafe CCurlTransferMake() else { return nil }
    unsafe self.pointer = pointer
  }

  deinit { unsafe CCurlTransferFree(pointer) }

  // MARK: The request

  /// Reads the URL; then `host` and `port` are known.
  func read(_ url: [UInt8]) throws(Refusal) {
    let fault = unsafe withString(url) { unsafe CCurlTransferURL(pointer, $0) }
    if fault != CCURL_URL_GOOD { throw .malformed(fault) }
  }

  var scheme: String { unsafe text(CCurlTransferScheme(pointer)) }
  var host: String { unsafe text(CCurlTransferHost(pointer)) }
  var port: String { unsafe text(CCurlTransferPort(pointer)) }

  /// Makes all but the URL, which has been read.
  func prepare(_ request: HTTPRequest) throws(Refusal) {
    var hasType = false
    for (name, value) in request.headers {
      hasType = hasType || name.lowercased() == "content-type"
      // The library's way of writing an empty value.
      let line = Array(name.utf8) + (value.isEmpty ? Array(";".utf8) : Array(": ".utf8) + value)
      try add(line)
    }
    // It would call any body a form.
    if request.body != nil, !hasType { try add(Array("Content-Type:".utf8)) }
    let isPrepared = unsafe request.method.withCString { method in
      unsafe withOptional(request.socketPath) { socket in
        unsafe withOptional(request.body) { body, count in
          var raw = unsafe CCurlRequest(
            method: method, body: body, bodyCount: count, socketPath: socket,
            connectMilliseconds: Int(clamping: request.connectTimeout.milliseconds),
            mostBody: request.mostBody)
          return unsafe CCurlTransferPrepare(pointer, &raw)
        }
      }
    }
    if isPrepared == 0 { throw .noMemory }
  }

  private func add(_ header: [UInt8]) throws(Refusal) {
    let isAdded = unsafe withString(header) { unsafe CCurlTransferHeader(pointer, $0) }
    if isAdded == 0 { throw .noMemory }
  }

  // MARK: The answer

  var outcome: CCurlOutcome { unsafe CCurlTransferOutcome(pointer) }
  var words: String { unsafe text(CCurlTransferWords(pointer)) }
  var errorNumber: Int32 { Int32(truncatingIfNeeded: unsafe CCurlTransferErrno(pointer)) }
  var status: Int { unsafe CCurlTransferStatus(pointer) }
  var location: [UInt8]? {
    unsafe CCurlTransferLocation(pointer).map { unsafe Array(String(cString: $0).utf8) }
  }

  var body: [UInt8] {
    var count = 0
    let bytes = unsafe CCurlTransferBody(pointer, &count)
    return unsafe Array(UnsafeBufferPointer(start: bytes, count: bytes == nil ? 0 : count))
  }

  var head: [UInt8] {
    var count = 0
    let bytes = unsafe CCurlTransferHeaders(pointer, &count)
    return unsafe Array(UnsafeBufferPointer(start: bytes, count: bytes == nil ? 0 : count))
  }

  func clear() { unsafe CCurlTransferClear(pointer) }

  // MARK: C strings

  private func text(_ pointer: UnsafePointer<CChar>?) -> String {
    unsafe pointer.map { unsafe String(cString: $0) } ?? ""
  }

  private func withString<R>(_ bytes: [UInt8], _ body: (UnsafePointer<CChar>?) -> R) -> R {
    unsafe (bytes + [0]).withUnsafeBytes { bytes in
      unsafe body(bytes.assumingMemoryBound(to: CChar.self).baseAddress)
    }
  }

  private func withOptional<R>(_ text: String?, _ body: (UnsafePointer<CChar>?) -> R) -> R {
    guard let text else { return body(nil) }
    return unsafe text.withCString { unsafe body($0) }
  }

  /// An empty body is one all the same.
  private func withOptional<R>(
    _ bytes: [UInt8]?, _ body: (UnsafePointer<UInt8>?, Int) -> R
  ) -> R {
    guard let bytes else { return body(nil, 0) }
    return unsafe (bytes + [0]).withUnsafeBufferPointer {
      unsafe body($0.baseAddress, bytes.count)
    }
  }
}

extension Duration {
  /// Rounded up, so that a limit is never none.
  fileprivate var milliseconds: Int64 {
    let (seconds, attoseconds) = components
    return seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
  }
}
