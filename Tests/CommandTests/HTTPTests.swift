import Foundation
import TestSupport
import Testing

/// What `http` sends and what it makes of answers, against a server of the tests.
@Suite(.enabled(if: programIsThere, programIsMissing))
struct HTTPTests {
  private func pipeline(_ stage: String, _ keys: String = "") -> String {
    "stages: [{http: \(stage), \(keys)}]"
  }

  @Test func `values in a URL are encoded, and bodies are results without their last newline`()
    throws
  {
    let server = try HTTPServer()
    try streamline(pipeline("'\(server.base)/ok/{}?q={}'"), input: "a b/c?d#e&f\n\nü%\n").expect(
      status: 0,
      output: """
        /ok/a%20b%2Fc%3Fd%23e%26f?q=a%20b%2Fc%3Fd%23e%26f
        /ok/?q=
        /ok/%C3%BC%25?q=%C3%BC%25

        """)
  }

  @Test func `a URL that begins with a value takes it as it is`() throws {
    let server = try HTTPServer()
    try streamline(pipeline("'{}/x?y={nr}'"), input: "\(server.base)/ok/a?b=c\n").expect(
      status: 0, output: "/ok/a?b=c/x?y=1\n")
    let base = "base=\(server.base)/ok"
    try streamline(
      "params: {base: {}, q: {}}\n" + pipeline("'{params.base}/{params.q}'"), input: "x\n",
      ["-p", base, "-p", "q=a/b"]
    ).expect(status: 0, output: "/ok/a%2Fb\n")
  }

  @Test func `method, headers and bodies`() throws {
    let server = try HTTPServer()
    func echo(_ fields: String) throws -> [String] {
      let outcome = try streamline(
        pipeline("{url: '\(server.base)/echo', decode: lines, \(fields)}"), input: "it's\n")
      #expect(outcome.status == 0, "\(outcome.messages)")
      return outcome.lines.map(String.init)
    }
    let plain = try echo("headers: {X-Item: '{}', X-Empty: ''}")
    #expect(plain.first == "GET /echo")
    #expect(plain.contains("X-Item: it's"))
    #expect(plain.contains("X-Empty:"))
    let posted = try echo("body: '<{}>'")
    #expect(posted.first == "POST /echo")
    #expect(posted.contains("Content-Length: 6"))
    #expect(!posted.contains { $0.lowercased().hasPrefix("content-type") })
    #expect(posted.contains("<it's>"))
    let json = try echo("json: {item: this, size: size(this)}, method: PUT")
    #expect(json.first == "PUT /echo")
    #expect(json.contains("Content-Type: application/json"))
    #expect(json.contains("{\"item\":\"it's\",\"size\":4}"))
    #expect(try echo("json: this").contains("\"it's\""))
    #expect(try echo("method: DELETE").first == "DELETE /echo")
    let empty = try echo("method: POST, headers: {Content-Type: text/x}")
    #expect(empty.contains("Content-Length: 0"))
    #expect(empty.contains("Content-Type: text/x"))
  }

  @Test func `an answer becomes text, lines, a record or all of it`() throws {
    let server = try HTTPServer()
    let json = "{url: '\(server.base)/json/{}', decode: json}"
    try streamline(pipeline(json), input: "ab\n").expect(
      status: 0, output: "{\"id\": \"ab\", \"size\": 2}\n")
    try streamline(
      "stages: [{parse: json}, {http: \(json), from: this.k, into: got}]", input: "{\"k\":\"x\"}\n"
    )
    .expect(status: 0, output: "{\"k\":\"x\",\"got\":{\"id\": \"x\", \"size\": 1}}\n")
    try streamline(
      pipeline("{url: '\(server.base)/status/404', accept: [2xx, 404], response: full}"),
      input: "x\n"
    ).expect(
      status: 0,
      output:
        "{\"status\":404,\"headers\":{\"content-length\":\"12\"},\"body\":\"this is 404\"}\n")
    try streamline(
      pipeline("{url: '\(server.base)/json/{}', decode: json, response: full}"), input: "x\n"
    ).expect(
      status: 0,
      output:
        "{\"status\":200,\"headers\":{\"content-length\":\"23\"},\"body\":{\"id\":\"x\",\"size\":1}}\n"
    )
    try streamline(
      pipeline("{url: '\(server.base)/{}', method: HEAD, response: full}"), input: "long\n"
    ).expect(
      status: 0, output: "{\"status\":200,\"headers\":{\"content-length\":\"6\"},\"body\":\"\"}\n")
  }

  @Test func `a compressed answer is decompressed`() throws {
    let server = try HTTPServer()
    try streamline(pipeline("'\(server.base)/gzip'"), input: "x\n").expect(
      status: 0, output: "compressed\n")
  }

  @Test func `a socket takes the place of a host`() throws {
    let folder = try CommandFolder()
    let server = try HTTPServer(socket: folder.path("s"))
    let outcome = try call(
      pipeline("'unix:s:/ok/{}'"), input: .bytes(Array("a b\n".utf8)), in: folder
    ).run()
    #expect(outcome.messages == "")
    #expect(outcome.text == "/ok/a%20b\n")
    #expect(server.counts.requests == 1)
  }

  @Test func `a proxy variable is obeyed`() throws {
    let proxy = try HTTPServer()
    var command = try call(
      pipeline("'http://name.invalid/x'"), input: .bytes(Array("a\n".utf8)))
    command.environment = ["http_proxy": proxy.base, "no_proxy": ""]
    let outcome = try command.run()
    #expect(outcome.messages == "")
    #expect(outcome.text == "through the proxy: http://name.invalid/x\n")
  }

  @Test func `sixty-four at once keep their order, and use their connections again`() throws {
    let server = try HTTPServer()
    let lines = numbers(640)
    let outcome = try streamline(
      pipeline("'\(server.base)/shuffle/64/{}'", "fanout: 64"), input: lines)
    #expect(outcome.messages == "")
    #expect(outcome.text == lines.split(separator: "\n").map { "/shuffle/64/\($0)\n" }.joined())
    #expect(server.counts.requests == 640)
    #expect(server.counts.connections <= 64)
    server.waitUntilAllAreClosed()
  }

  @Test func `one at a time needs one connection`() throws {
    let server = try HTTPServer()
    let outcome = try streamline(pipeline("'\(server.base)/ok/{}'"), input: numbers(100))
    #expect(outcome.lines.count == 101)
    #expect(server.counts.connections == 1)
  }

  @Test func `a command behind it inherits nothing of it`() throws {
    let server = try HTTPServer()
    let outcome = try streamline(
      """
      stages:
        - http: '\(server.base)/ok/{}'
        - exec: ls -l /proc/self/fd
      """, input: "a\n")
    #expect(outcome.status == 0, "\(outcome.messages)")
    #expect(outcome.text.contains("/proc/"))
    #expect(!outcome.text.contains("socket:") && !outcome.text.contains("event"), "\(outcome.text)")
  }

  @Test func `redirects are followed when asked to, to allowed hosts only`() throws {
    let server = try HTTPServer()
    let other = try HTTPServer()
    func run(_ path: String, _ fields: String) throws -> CommandOutcome {
      try streamline(pipeline("{url: '\(server.base)/to/\(path)', \(fields)}"), input: "x\n")
    }
    let echoed = try run(
      "\(other.base)/echo",
      "follow: 2, headers: {Authorization: secret, X-Kept: 'yes'}, decode: lines")
    #expect(echoed.lines.first == "GET /echo")
    #expect(echoed.lines.contains("X-Kept: yes"))
    #expect(!echoed.text.contains("secret"))
    let posted = try run("\(server.base)/echo", "follow: 1, body: b, headers: {Authorization: s}")
    #expect(posted.text.hasPrefix("GET /echo\n"))
    #expect(posted.text.contains("Authorization: s"))
    #expect(!posted.text.lowercased().contains("content-length"))
    let away = try run("http://localhost:1/", "follow: 2")
    #expect(away.status == 1)
    #expect(away.messages.contains("the URL leads to 'localhost', which is not allowed"))
    let none = try run("/ok", "accept: [200]")
    #expect(none.messages.contains("127.0.0.1:\(server.port) answered 302 Status 302"))
    #expect(none.messages.contains("'follow' says how many redirects are followed"))
    let file = try run("file:///etc/passwd", "follow: 2, allow_hosts: any")
    #expect(file.status == 1)
    #expect(file.messages.contains("neither http nor https"), "\(file.messages)")
  }

  @Test func `a line can not lead to another host`() throws {
    let server = try HTTPServer()
    let host = "127.0.0.1:\(server.port)"
    let lines = [
      "http://\(host)@evil.invalid/", "http://evil.invalid\\@\(host)/", "//evil.invalid/",
      "http://evil.invalid#@\(host)/", "http://evil.invalid?@\(host)/", "ftp://\(host)/",
      "http://\(host) .evil.invalid/", "http://\(host)\t/", "file:///etc/passwd",
      "http:\\\\\(host)\\", "\(host)/ok", "http://127.0.0.1.evil.invalid/", "http://\(host):80/",
      "http:///\(host)", "http://[::1/", "HTTP://evil.invalid:\(server.port)/",
    ]
    let outcome = try streamline(
      pipeline("{url: '{}', allow_hosts: ['\(host)']}", "on_error: collect, fanout: 4"),
      input: lines.map { "\($0)\n" }.joined())
    #expect(outcome.lines.count == lines.count + 1)
    for (line, record) in zip(lines, outcome.lines) {
      // Some are read as URLs of the allowed host, which is good: by what connects, too.
      #expect(record == "/" || record.contains("\"kind\":\"http\""), "\(line): \(record)")
      #expect(!record.contains("is known by the name"), "\(line): \(record)")
    }
    let own = server.counts.requests
    // The same within the place that the template gives it.
    let inside = try streamline(
      pipeline("'\(server.base)/ok/{}'"), input: lines.map { "\($0)\n" }.joined())
    #expect(inside.status == 0, "\(inside.messages)")
    #expect(server.counts.requests == own + lines.count)
  }

  @Test func `a line can not add a header`() throws {
    let server = try HTTPServer()
    let stage = "{url: '\(server.base)/echo', headers: {X-Item: '{this.v}'}}"
    let records = ["a\\r\\nX-Evil: 1", "a\\nb", "a\\u0000b", "a\\rb"].map { "{\"v\":\"\($0)\"}\n" }
    let outcome = try streamline(
      "stages: [{parse: json}, {http: \(stage), on_error: collect}]", input: records.joined())
    for record in outcome.lines.dropLast() {
      #expect(record.contains("would hold a line break or a NUL byte: nothing was sent"))
    }
    #expect(outcome.lines.count == 5)
    #expect(server.counts.connections == 0)
  }
}
