import Foundation
import TestSupport
import Testing

/// What goes wrong between `http` and a server: one clear message each, and nothing left open.
@Suite(.enabled(if: programIsThere, programIsMissing))
struct HTTPFaultTests {
  private func fails(
    _ url: String, _ fields: String = "", _ keys: String = "",
    at place: SourceLocation = #_sourceLocation
  ) throws -> String {
    let outcome = try streamline(
      "stages: [{http: {url: '\(url)', \(fields)}, \(keys)}]", input: "x\n")
    #expect(outcome.status == 1, sourceLocation: place)
    #expect(outcome.text == "", sourceLocation: place)
    return outcome.messages
  }

  @Test func `a server that breaks off is told in one sentence`() throws {
    let server = try HTTPServer()
    let name = "127.0.0.1:\(server.port)"
    #expect(try fails("\(server.base)/reset").contains("\(name) reset the connection"))
    #expect(
      try fails("\(server.base)/empty").contains("\(name) closed the connection without an answer"))
    #expect(try fails("\(server.base)/half").contains("the answer of \(name) broke off"))
    #expect(
      try fails("\(server.base)/status/503").contains(
        "\(name) answered 503 Status 503: this is 503"))
    #expect(
      try fails("\(server.base)/circle", "follow: 9").contains("\(name) redirects in a circle"))
    #expect(
      try fails("\(server.base)/to/\(server.base)/to//ok", "follow: 1").contains(
        "\(name) redirects once more after 1"))
    server.waitUntilAllAreClosed()
  }

  @Test func `a host that is not there is told in one sentence`() throws {
    #expect(
      try fails("http://does-not-exist.invalid/").contains(
        "no host is known by the name 'does-not-exist.invalid'"))
    let port = try HTTPServer().port
    #expect(
      try fails("http://127.0.0.1:\(port)/").contains("127.0.0.1:\(port) refuses the connection"))
    #expect(try fails("unix:nowhere:/").contains("no connection to nowhere"))
  }

  @Test func `secrets of a URL are in no message`() throws {
    let port = try HTTPServer().port
    let messages = try fails("http://ann:word@127.0.0.1:\(port)/path?key=word")
    #expect(!messages.replacing("'http'", with: "").contains("word@"))
    #expect(messages.components(separatedBy: "\n")[0].contains("word") == false, "\(messages)")
  }

  @Test func `a server that accepts and never answers costs its line its time limit`() throws {
    let server = try HTTPServer()
    let outcome = try streamline(
      """
      stages:
        - http: '\(server.base)/{}'
          timeout: 2s
          fanout: 4
          on_error: {default: 'late'}
      """, input: "hang\nok\nhang\nok\n")
    #expect(outcome.text == "late\n/ok\nlate\n/ok\n")
    server.waitUntilAllAreClosed()
    #expect(
      try fails("\(server.base)/hang", "", "timeout: 50ms").contains("no answer within 50ms"))
    server.waitUntilAllAreClosed()
  }

  @Test func `silence within an answer has a limit, an answer that comes slowly has not`() throws {
    let server = try HTTPServer()
    for stage in [
      "http: '\(server.base)/drip/6/500', timeout: {idle: 2s}",
      "http: '\(server.base)/drip/6/500', timeout: {idle: 2s}, into: body, from: this.a",
    ] {
      let outcome = try streamline("stages: [{parse: json}, {\(stage)}]", input: "{\"a\":1}\n")
      #expect(outcome.status == 0, "\(outcome.messages)")
      #expect(outcome.text.contains("......"))
    }
    let late = try fails("\(server.base)/drip/1/60000", "", "timeout: {idle: 300ms}")
    #expect(late.contains("no sign of life within 300ms"))
  }

  @Test func `an answer without end is given up at the most that it may have`() throws {
    let server = try HTTPServer()
    let run = try call(
      "stages: [{http: {url: '\(server.base)/flood', max_body: 4MiB}, fanout: 4, on_error: skip}]",
      input: .bytes(Array(numbers(20).utf8)), output: .captured
    ).start()
    let outcome = try run.finish()
    #expect(outcome.status == 0)
    #expect(outcome.text == "")
    #expect(outcome.messages.contains("20 skipped"))
    server.waitUntilAllAreClosed()
    #expect(
      try fails("\(server.base)/flood", "max_body: 1MiB").contains(
        "the answer of 127.0.0.1:\(server.port) is larger than 1MiB"))
  }

  @Test func `one hung request ahead of many leaves memory bounded`() throws {
    let server = try HTTPServer()
    let line = " " + String(repeating: "x", count: 200) + "\n"
    let folder = try CommandFolder(["in": numbers(10_000).replacing("\n", with: line)])
    let run = try call(
      """
      grace: 100ms
      stages:
        - http: {url: '\(server.base)/{= nr == 1 ? "hang" : "ok"}'}
          fanout: 8
          emit: input
      """, input: .file(folder.path("in")), in: folder
    ).start()
    // Eight of them, but for the first, work on until the window behind the first is full.
    server.wait(requests: 100)
    let peak = try run.peakMemory()
    #expect(peak < 64 << 20, "\(peak >> 20) MiB")
    run.send(signal: SIGINT)
    let outcome = try run.finish()
    #expect(outcome.text == "")
    server.waitUntilAllAreClosed()
    #expect(server.counts.requests < 1000)
  }

  @Test func `when enough is written, what is under way is broken off`() throws {
    let server = try HTTPServer()
    try streamline(
      """
      stages:
        - http: '\(server.base)/{= int(this) > 3 ? "hang" : "ok"}/{}'
          fanout: 8
        - head: 3
      """, input: numbers(1000)
    ).expect(status: 0, output: "/ok/1\n/ok/2\n/ok/3\n")
    server.waitUntilAllAreClosed()
  }

  @Test func `Retry-After is waited for, and retried is what failed`() throws {
    let server = try HTTPServer()
    let outcome = try streamline(
      """
      stages:
        - http: '\(server.base)/flaky/1/{}'
          retry: {attempts: 2, backoff: 1ms, max_backoff: 2ms, when: [503]}
      """, input: "a\n")
    #expect(outcome.text == "/flaky/1/a\n", "\(outcome.messages)")
    #expect(outcome.elapsed >= .seconds(1))
    let again = try streamline(
      """
      stages:
        - http: '\(server.base)/hang-once/{}'
          retry: {attempts: 2, backoff: 1ms, when: [timeout]}
          timeout: 2s
      """, input: "a\n")
    #expect(again.text == "/hang-once/a\n", "\(again.messages)")
  }

  @Test(.enabled(if: hasOpenSSL, "there is no openssl"))
  func `a certificate that nobody has signed is told in one sentence`() throws {
    let folder = try CommandFolder()
    // Another free port: openssl tells which one it took.
    let port = try HTTPServer().port
    let server = try call(
      """
      stages:
        - exec: >-
            openssl req -x509 -newkey rsa:2048 -nodes -keyout k -out c -days 2 -subj /CN=127.0.0.1
            2> /dev/null; exec openssl s_server -accept 127.0.0.1:\(port) -key k -cert c -www 2>&1
      """, input: .bytes(Array("x\n".utf8)), in: folder
    ).start()
    try server.waitForLines(1)
    let messages = try fails("https://127.0.0.1:\(port)/")
    #expect(
      messages.contains("the certificate of 127.0.0.1:\(port) is not trusted"), "\(messages)")
    server.send(signal: SIGTERM)
    _ = try server.finish()
  }

  private static let hasOpenSSL = access("/usr/bin/openssl", X_OK) == 0

  @Test func `a run needs no more descriptors than it may have`() throws {
    let server = try HTTPServer()
    var command = try call(
      "stages: [{http: '\(server.base)/ok/{}', fanout: 64}]",
      input: .bytes(Array(numbers(300).utf8)))
    command.before = "ulimit -n 64"
    let outcome = try command.run()
    #expect(outcome.status == 0, "\(outcome.messages)")
    #expect(outcome.lines.count == 301)
    #expect(outcome.messages.contains("sends requests: the limit on descriptors"))
  }
}
