import Flow
import Lines
import PipelineModel
import Synchronization
import Testing

@testable import Stages

/// A client that answers what it is told to, one answer after another.
private final class Scripted: HTTPClient {
  private let answers: Mutex<[HTTPAnswer]>
  let requests = Mutex<[HTTPRequest]>([])

  init(_ answers: [HTTPAnswer]) { self.answers = Mutex(answers) }

  func prepare() throws(Failure) {}

  func send(
    _ request: HTTPRequest, cancellation: Cancellation
  ) async throws(Failure) -> HTTPAnswer {
    requests.withLock { $0.append(request) }
    guard let next = answers.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) else {
      throw Failure(.http, "no more answers")
    }
    return next
  }
}

private final class OneAttempt: Attempt {
  let cancellation = Cancellation()
  let client: any HTTPClient
  let stage = "http"
  let number = 1
  let ordinal = 0
  let given = Mutex<[Batch]>([])

  init(_ client: any HTTPClient) { self.client = client }

  var launcher: any Launcher { fatalError("no child is started") }
  var clock: any TimerClock { fatalError("no clock is needed") }

  func emit(_ results: Batch) async -> Bool {
    given.withLock { $0.append(results) }
    return true
  }
  func progress() {}
  var countsSilence: Bool { false }
  func standStill(_ stands: Bool) {}
  func forward(errorLine: [UInt8]) {}
  func sleep(for duration: Duration) async -> Bool { true }
}

private struct Outcome {
  var text: String
  var failure: Failure?
  var requests: [HTTPRequest]
}

/// One attempt of `http` at one line.
private func run(
  _ stage: String, _ item: String, _ answers: [HTTPAnswer]
) async throws -> Outcome {
  guard case .perform(let performer) = try StageRun(stage).work else { throw NoPerformer() }
  let client = Scripted(answers)
  let attempt = OneAttempt(client)
  var failure: Failure?
  do throws(Failure) {
    try await performer.perform(Batch.of([item]).item(0), attempt)
  } catch { failure = error }
  let text = attempt.given.withLock { batches in
    batches.map { batch in
      (0..<batch.count).map { String(decoding: batch.text($0), as: UTF8.self) + "\n" }.joined()
    }.joined()
  }
  return Outcome(text: text, failure: failure, requests: client.requests.withLock { $0 })
}

private func run(_ stage: String, _ answers: [HTTPAnswer]) async throws -> Outcome {
  try await run(stage, "x", answers)
}

private struct NoPerformer: Error {}

private func answer(
  _ status: Int = 200, _ body: String = "", head: String = "", to url: String? = nil,
  leaves: Bool = false
) -> HTTPAnswer {
  HTTPAnswer(
    status: status, head: Array("HTTP/1.1 \(status) Word\r\n\(head)\r\n".utf8),
    body: Array(body.utf8), server: "a.example",
    redirect: url.map { .init(url: Array($0.utf8), leavesOrigin: leaves) })
}

extension HTTPRequest {
  fileprivate var text: String { "\(method) \(String(decoding: url, as: UTF8.self))" }
}

@Test func `the examples of the manual of http are true of what a server gives`() async throws {
  let examples = HTTP.manual.examples
  let greetings = ["Hello, Ann!\n", "Hello, John Doe!\n"]
  for (line, greeting) in zip(["Ann", "John Doe"], greetings) {
    let got = try await run(examples[0].stage, line, [answer(200, greeting)])
    #expect(examples[0].output.contains(got.text) && !got.text.isEmpty)
  }
  let echo = try await run(examples[1].stage, "a1", [answer(200, examples[1].output)])
  #expect(echo.requests[0].body == Array("{\"id\":\"a1\"}".utf8))
  #expect(echo.text == examples[1].output)
  let missing = try await run(
    examples[2].stage, "missing", [answer(404, head: "Content-Length: 0\r\n")])
  #expect(missing.requests[0].text == "HEAD http://127.0.0.1:8080/missing")
  #expect(missing.text == examples[2].output)
}

@Test(arguments: [
  ("http: ''", "a URL begins with http:// or https://, or with unix: for a socket"),
  ("http: 'htp://x/'", "a URL begins with http:// or https://, or with unix: for a socket"),
  ("http: 'http://a b/'", "a URL has no spaces and no control characters"),
  ("http: 'http:///x'", "the URL names no host"),
  ("http: 'http://:80/x'", "the URL names no host"),
  ("http: 'http://a\\b/{}'", "a host has no '\\' in it"),
  ("http: 'https://api{}'", "the item could end the name of the host with anything"),
  ("http: 'http://u@api.{}:80/'", "the item could end the name of the host with anything"),
  (
    "http: 'unix:/{}:/x'",
    "a URL of a socket is written unix:/PATH/OF/SOCKET:/PATH, its socket without placeholders"
  ),
  ("http: {url: 'http://a/', method: get}", "'get' is no method of a request that can be sent"),
  ("http: {url: 'http://a/', method: TRACE}", "'TRACE' is no method of a request that can be sent"),
  ("http: {url: 'http://a/', method: HEAD, body: x}", "a HEAD request has no body"),
  ("http: {url: 'http://a/', headers: {'a b': x}}", "'a b' can not name a header"),
  (
    "http: {url: 'http://a/', headers: {a: \"x\\ny\"}}",
    "a header is one line: no line break, no NUL"
  ),
  (
    "http: {url: 'http://a/', headers: {Content-Length: 1}}",
    "'Content-Length' follows from the body and is set by streamline"
  ),
  ("http: {url: 'http://a/', headers: {A: x, a: y}}", "the header 'a' is there twice"),
  ("http: {url: 'http://a/', accept: [6xx]}", "'6xx' is no status"),
  ("http: {url: 'http://a/', accept: [99]}", "'99' is no status"),
  ("http: {url: 'http://a/', body: x, json: this}", "a request has one body: 'body' or 'json'"),
  ("http: {url: 'http://a/', allow_hosts: ['a/b']}", "'a/b' is no host"),
  ("http: {url: 'http://a/', allow_hosts: 'a:0'}", "'a:0' is no host"),
])
func `what is wrong with a request is told before the first line`(
  stage: String, message: String
) throws {
  do {
    _ = try StageRun(stage)
    Issue.record("\(stage) was taken")
  } catch let diagnostic as Diagnostic {
    #expect(diagnostic.message == message)
    #expect(diagnostic.place != nil)
  }
}

@Test(arguments: [
  ("http://a.example/{}", "a/b", "http://a.example/a%2Fb", "http://a.example"),
  ("HTTPS://A.example:8{}/", "1", "HTTPS://A.example:81/", "https://A.example"),
  ("http://{}:{}@a.example/", "u:@", "http://u%3A%40:u%3A%40@a.example/", "http://a.example"),
  ("http://[::1]:80/{}", "x", "http://[::1]:80/x", "http://[::1]"),
  ("http://{}/", "evil.example/x#", "http://evil.example%2Fx%23/", nil),
  ("http://{}.a.example/", "b", "http://b.a.example/", nil),
  ("{}", "http://b/?x=y z", "http://b/?x=y z", nil),
  ("unix:/run/s:/v{}", "1/2", "http://localhost/v1%2F2", "http://localhost"),
  ("http://a/{{}{nr}{= 'x y'}", "", "http://a/{1x%20y", "http://a"),
])
func `a URL is made of text and encoded values`(
  text: String, item: String, url: String, home: String?
) async throws {
  let outcome = try await run("http: '\(text.replacing("'", with: "''"))'", item, [answer()])
  #expect(outcome.requests.first?.url == Array(url.utf8), "\(String(describing: outcome.failure))")
  #expect(outcome.requests.first?.hosts.home == home.map { Array($0.utf8) })
  #expect(outcome.requests.first?.hosts.isAny == (home == nil))
}

@Test func `dots that would change the path fail the item`() async throws {
  for dots in [".", ".."] {
    let outcome = try await run("http: 'http://a/x/{}/y'", dots, [answer()])
    #expect(outcome.failure?.message == "a value of '\(dots)' would change the URL's path")
    #expect(outcome.requests.isEmpty)
    #expect(try await run("http: 'http://a/x?y={}'", dots, [answer()]).failure == nil)
  }
}

@Test func `a status that is not accepted is a failure with the start of the body`() async throws {
  let long = String(repeating: "é", count: 300)
  let failure = try await run("http: 'http://a/'", [answer(503, "not\r\n\tnow \(long)")]).failure
  #expect(failure?.status == 503)
  #expect(failure?.kind == .http)
  let start = "not now " + String(repeating: "é", count: 96) + "…"
  #expect(failure?.message == "a.example answered 503 Word: \(start)")
  let stage = "http: {url: 'http://a/', accept: [404, 5xx]}"
  for (status, isGood) in [(200, false), (404, true), (403, false), (500, true), (599, true)] {
    let failure = try await run(stage, [answer(status)]).failure
    #expect((failure == nil) == isGood)
  }
  var cut = answer(200, "abc")
  cut.isCut = true
  #expect(
    try await run("http: {url: 'http://a/', max_body: 2KiB}", [cut]).failure?.kind == .tooLarge)
  cut.status = 500
  #expect(try await run("http: 'http://a/'", [cut]).failure?.kind == .http)
}

@Test func `redirects go on with the method and the headers that they ask for`() async throws {
  let stage =
    "http: {url: 'http://a/', method: POST, body: b, follow: 2, "
    + "headers: {Authorization: s, Cookie: c, Content-Type: t, X: y}}"
  for (status, method) in [(301, "GET"), (302, "GET"), (303, "GET"), (307, "POST"), (308, "POST")] {
    let outcome = try await run(
      stage, [answer(status, to: "http://b/", leaves: true), answer(200, "ok")])
    #expect(outcome.text == "ok\n")
    let last = try #require(outcome.requests.last)
    #expect(last.text == "\(method) http://b/")
    #expect(last.body == (method == "GET" ? nil : Array("b".utf8)))
    #expect(last.headers.map { $0.name } == (method == "GET" ? ["X"] : ["Content-Type", "X"]))
  }
  let stays = try await run(stage, [answer(307, to: "http://a/2"), answer()])
  #expect(stays.requests.last?.headers.count == 4)
  let many = (1...3).map { answer(302, to: "http://a/\($0)") }
  let failure = try await run(stage, many).failure
  #expect(failure?.message == "a.example redirects once more after 2")
  let circle = try await run(stage, [answer(302, to: "http://a/1"), answer(302, to: "http://a/")])
  #expect(circle.failure?.message == "a.example redirects in a circle")
}

@Test func `bodies become results as decode says`() async throws {
  func text(_ decode: String, _ body: String) async throws -> String {
    try await run("http: {url: 'http://a/', decode: \(decode)}", [answer(200, body)]).text
  }
  #expect(try await text("text", "a\nb\n") == "a\nb\n")
  #expect(try await text("text", "") == "\n")
  #expect(try await text("lines", "a\n\nb") == "a\n\nb\n")
  #expect(try await text("lines", "") == "")
  #expect(try await text("json", " \n") == "")
  #expect(try await text("json", "[1]") == "[1]\n")
  let broken = try await run("http: {url: 'http://a/', decode: json}", [answer(200, "<p>")])
  #expect(broken.failure?.kind == .http)
  #expect(broken.failure?.message.hasPrefix("the answer of a.example is no JSON: ") == true)
}

@Test func `headers of one name are joined, their names in lower case`() {
  let head = HTTPHead(
    Array("HTTP/2 200\r\nSet-Cookie: a=1\r\nX-Y:  z \r\nset-cookie: b=2\r\nnone\r\n\r\n".utf8))
  #expect(head.phrase == "")
  #expect(head.fields.map { $0.name } == ["set-cookie", "x-y"])
  #expect(head["set-cookie"] == Array("a=1, b=2".utf8))
  #expect(head["x-y"] == Array("z".utf8))
}

@Test func `hosts are allowed by name, below a name, and by port`() throws {
  let hosts = AllowedHosts(
    home: Array("http://h".utf8),
    rules: try ["a.example", "*.b.example", "c.example:81", "[::1]:1"].map {
      try #require(AllowedHosts.Rule($0))
    })
  func allows(_ host: String, _ port: String = "80") -> Bool {
    hosts.allow(host: host, port: port, homeHost: "h")
  }
  for host in ["h", "a.example", "x.b.example", "y.x.b.example"] { #expect(allows(host)) }
  for host in ["b.example", "xb.example", "a.example.x", "xa.example", "", "c.example"] {
    #expect(!allows(host))
  }
  #expect(allows("c.example", "81"))
  #expect(allows("[::1]", "1"))
  #expect(!allows("[::1]"))
}
