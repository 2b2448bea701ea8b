import Foundation
import Glibc
import TestSupport
import Testing

private let hasHTTP2Server = ["nghttpd", "openssl"].allSatisfy { name in
  ["/usr/bin/", "/usr/sbin/"].contains { access($0 + name, X_OK) == 0 }
}

/// `http` against a server that speaks nothing but HTTP/2, over TLS.
@Suite(
  .enabled(if: programIsThere, programIsMissing),
  .enabled(
    if: hasHTTP2Server, "there is no nghttpd (in Debian: nghttp2-server), or no openssl"))
struct HTTP2Tests {
  @Test func `many requests at once share one connection, and answers keep their order`() throws {
    let folder = try CommandFolder()
    let port = try HTTPServer().port
    for number in 1...200 { try folder.add("\(number)", Array("answer \(number)\n".utf8)) }
    let server = try call(
      """
      stages:
        - exec: >-
            PATH=$PATH:/usr/sbin;
            openssl req -x509 -newkey rsa:2048 -nodes -keyout key -out certificate -days 2
            -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 2> /dev/null;
            exec stdbuf -oL nghttpd -v --address=127.0.0.1 -d . \(port) key certificate
      """, input: .bytes(Array("x\n".utf8)), in: folder
    ).start()
    try server.waitForLines(1)

    var command = try call(
      "stages: [{http: 'https://127.0.0.1:\(port)/{}', fanout: 32, timeout: 30s}]",
      input: .bytes(Array(numbers(200).utf8)))
    command.environment["SSL_CERT_FILE"] = folder.path("certificate")
    try command.run().expect(
      status: 0, output: (1...200).map { "answer \($0)\n" }.joined())

    // Without it nobody has signed the certificate.
    command = try call(
      "stages: [{http: 'https://127.0.0.1:\(port)/1'}]", input: .bytes(Array("x\n".utf8)))
    command.environment["SSL_CERT_FILE"] = ""
    #expect(try command.run().messages.contains("is not trusted"))

    server.send(signal: SIGTERM)
    let log = try server.finish().text.split(separator: "\n")
    let requests = log.filter { $0.contains("recv (stream_id=") && $0.contains(":path: /") }
    #expect(requests.count == 200)
    #expect(Set(requests.map { $0.prefix { $0 != "]" } }).count == 1)
  }
}
