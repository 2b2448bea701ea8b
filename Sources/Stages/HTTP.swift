package import PipelineModel

package enum HTTP: StageKind {
  package static let manual = StageManual(
    kind: "http", chapter: .concurrency, stageClass: .lineWise,
    summary: "Sends a request for each line; the body of the answer is the result.",
    description: [
      """
      The URL is a template. Values that stand in it are percent-encoded, so that a line can not leave \
      the place it was given, unless the URL begins with them: '{this.url}' is a whole URL as it is. \
      Only http:// and https:// are fetched, and unix:SOCKET:PATH, which is the PATH of the server \
      that listens on a socket, as in unix:/run/docker.sock:/version.
      """,
      """
      Requests go to the host that is written in the URL and to no other. Where the item gives the host \
      any is good, unless 'allow_hosts' says which: a list of names, with '*.' before a name for all \
      hosts below it and with ':PORT' behind it for that port only, or the word any. Whether a host is \
      allowed is decided by the library that connects to it, and again for each redirect.
      """,
      """
      A status that 'accept' does not name fails the line, as does a server that can not be reached, \
      breaks off, or sends more than 'max_body'. The message carries the status and the start of the \
      body. Redirects are answers like others unless 'follow' says how many are followed; then 301, 302 \
      and 303 go on with GET, and Authorization and Cookie are not sent to another host. There is no time limit \
      but that for connecting: say 'timeout'.
      """,
      """
      After 429 and 503 a 'retry' waits at least as long as Retry-After asks, up to an hour, even where \
      that is longer than 'max_backoff'. The limit 'item' of 'timeout' bounds all of it.
      """,
      """
      Connections are used again, by all requests of the run; with TLS many share one by HTTP/2. \
      Compressed answers are decompressed, the variables http_proxy, https_proxy, all_proxy and no_proxy \
      are obeyed, and certificates are checked by the system's or, where the variable SSL_CERT_FILE names \
      a file, by those in it. The library is libcurl (in Debian libcurl4), and is loaded only where a \
      pipeline has this stage.
      """,
    ],
    fields: [
      Field("url", .template, required: true, "Where the request goes."),
      Field(
        "method", .string, defaultNote: "GET, with a body POST", "The method, in capitals."),
      Field(
        "headers", .mapping(of: .template), defaultNote: "none of one's own",
        "Headers by name. A value with a line break fails the item, and nothing is sent."),
      Field(
        "body", .template, defaultNote: "none",
        "The body of the request, as it is; 'headers' says its Content-Type."),
      Field(
        "json", .oneOf([.mapping(of: .expression), .expression]), defaultNote: "none",
        "The body as the JSON of an expression's value, or of a record of expressions."),
      Field(
        "accept", .list(of: .string), default: "[2xx]",
        "The statuses that are good, numbers such as 404 or classes such as 4xx."),
      Field(
        "response", .choice(["body", "full"]), default: "body",
        "full: the result is a record of status, headers (names in lower case, repeated ones joined by "
          + "', ') and body."),
      Field(
        "decode", .choice(["text", "lines", "json"]), default: "text",
        "text: the body is one result, without its last newline. lines: each of its lines is one. json: "
          + "it is one JSON value, which is a record; an empty body is none."),
      Field(
        "connect_timeout", .duration(.milliseconds(1) ... .seconds(86_400)), default: "10s",
        "For finding the host and connecting to it."),
      Field("follow", .int(0...50), default: "0", "How many redirects are followed."),
      Field(
        "allow_hosts", .oneOf([.list(of: .string), .string]),
        defaultNote: "the host written in the URL; any, where the item gives it",
        "The hosts that may be asked beside the one written, or any."),
      Field(
        "max_body", .size(0...(1 << 30)), default: "16MiB",
        "The most bytes of an answer's body, when it has been decompressed."),
    ],
    shorthand: "url",
    examples: [
      StageManual.Example(
        stage: "http: 'http://127.0.0.1:8080/greet?name={}'", input: "Ann\nJohn Doe\n",
        output: "Hello, Ann!\nHello, John Doe!\n"),
      StageManual.Example(
        stage: "http: {url: 'http://127.0.0.1:8080/echo', json: {id: this}, decode: json}",
        input: "a1\n", output: "{\"id\":\"a1\"}\n"),
      StageManual.Example(
        stage: "http: {url: 'http://127.0.0.1:8080/{}', method: HEAD, accept: [2xx, 404], "
          + "response: full}",
        input: "missing\n",
        output: "{\"status\":404,\"headers\":{\"content-length\":\"0\"},\"body\":\"\"}\n"),
    ],
    effects: "Sends requests.")

  package static func build(
    _ stage: StageDefinition, _ setting: Setting
  ) throws(Diagnostic) -> Work {
    .perform(HTTPPerformer(try HTTPCall(stage.arguments, setting)))
  }
}
