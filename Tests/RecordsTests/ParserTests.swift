import Lines
import Records
import TestSupport
import Testing

struct ParserTests {
  /// The JSON of the record that a line is.
  private func parsed(
    _ line: String, _ parser: any RecordParser
  ) throws(RecordFault) -> String {
    var parser = parser
    let batch = Batch.of([line])
    var out = BatchBuilder(delimiter: 0x0A)
    try parser.parse(batch, 0, into: &out)
    let result = out.take(covering: 1..<2)
    #expect(result.kind(0) == .record && result.number(0) == 1)
    return json(result.bytes(0))
  }

  @Test func `a line of an access log has its usual fields`() throws {
    let line = #"10.0.0.1 - ann [10/Oct/2026:13:55:36 +0200] "POST /checkout?x=1 HTTP/1.1" 503 12"#
    let common = AccessLogParser(isCombined: false)
    #expect(
      try parsed(line, common) == """
        {"host":"10.0.0.1","ident":null,"user":"ann","time":"2026-10-10T11:55:36Z",\
        "method":"POST","path":"/checkout?x=1","protocol":"HTTP/1.1","status":503,"size":12}
        """)
    let combined = AccessLogParser(isCombined: true)
    #expect(
      try parsed(line + #" "-" "curl/8 \"x\" \x41""#, combined).hasSuffix(
        #""status":503,"size":12,"referer":null,"agent":"curl/8 \"x\" A"}"#))
    #expect(
      try parsed(#"::1 - - [01/Jan/2000:00:00:00 +0000] "\x16\x03" 400 -"#, common).hasSuffix(
        #""method":null,"path":null,"protocol":null,"request":"\u0016\u0003","status":400,"size":null}"#
      ))
    #expect(
      try parsed(#"h - a b [c [01/Jan/2000:00:00:00 +0000] "GET / HTTP/1.0" 200 0"#, common)
        .contains(#""user":"a b [c""#))
  }

  @Test(arguments: [
    ("", "at byte 1: expected a space behind the host, found the end"),
    ("h - -", "at byte 6: expected the time in brackets, found the end"),
    (
      "h - - [10/Okt/2026:13:55:36 +0000] ",
      "at byte 8: expected a time as 10/Oct/2000:13:55:36 -0700, found '1'"
    ),
    (
      "h - - [31/Feb/2026:13:55:36 +0000] \"GET / H\" 200 1",
      "at byte 8: expected a time as 10/Oct/2000:13:55:36 -0700, found '3'"
    ),
    (
      "h - - [10/Oct/2026:13:55:36 +0000] \"GET",
      "at byte 40: expected the closing quote, found the end"
    ),
    (
      "h - - [10/Oct/2026:13:55:36 +0000] \"GET / H\" 2x0 1",
      "at byte 47: expected a status, found 'x'"
    ),
  ])
  func `a line that is none of an access log says where`(line: String, message: String) {
    let fault = #expect(throws: RecordFault.self) {
      try parsed(line, AccessLogParser(isCombined: false))
    }
    #expect(fault?.description == message)
  }

  @Test(.enabled(if: Corpora.areThere, "\(Corpora.missing)"))
  func `every line of a real access log is read`() throws {
    var parser = AccessLogParser(isCombined: true)
    var out = BatchBuilder(delimiter: 0x0A)
    var faults: [String] = []
    for line in try Corpora.lines("real/elastic_apache_logs.log") where !line.isEmpty {
      do throws(RecordFault) {
        try parser.parse(line.span.bytes, into: &out)
        out.endLine(number: 1, kind: .record)
      } catch {
        out.abandonLine()
        faults.append(error.description)
      }
    }
    #expect(out.count == 9999)
    // One line is cut off.
    #expect(faults == ["at byte 183: expected the closing quote, found the end"])
  }

  @Test func `each form of syslog is told from the others`() throws {
    let old = SyslogParser(year: nil)
    #expect(
      try parsed("<34>Oct 11 22:14:15 mymachine su[12]: 'su root' failed", old)
        == #"{"facility":4,"severity":2,"time":"Oct 11 22:14:15","host":"mymachine","app":"su","pid":"12","msgid":null,"data":null,"message":"'su root' failed"}"#
    )
    #expect(
      try parsed("Feb  5 17:32:18 10.0.0.99 Use the BFG!", SyslogParser(year: 2024))
        == #"{"facility":null,"severity":null,"time":"2024-02-05T17:32:18Z","host":"10.0.0.99","app":null,"pid":null,"msgid":null,"data":null,"message":"Use the BFG!"}"#
    )
    #expect(
      try parsed("2026-10-10T13:55:36.5+02:00 host cron: run", old).hasPrefix(
        #"{"facility":null,"severity":null,"time":"2026-10-10T11:55:36.500Z","host":"host","app":"cron""#
      ))
    #expect(
      try parsed(
        #"<165>1 2003-10-11T22:14:15.003Z h.example evntslog - ID47 [ex@1 iut="3" s="a\"\]b"][x@2] BOM'd"#,
        old)
        == #"{"facility":20,"severity":5,"time":"2003-10-11T22:14:15.003Z","host":"h.example","app":"evntslog","pid":null,"msgid":"ID47","data":{"ex@1":{"iut":"3","s":"a\"]b"},"x@2":{}},"message":"BOM'd"}"#
    )
    #expect(try parsed("<1>1 - - - - - -", old).hasSuffix(#""data":null,"message":null}"#))
    for (line, message) in [
      ("<192>x", "at byte 5: expected a priority from <0> to <191>, found '>'"),
      ("<3>Okt 11 22:14:15 h x", "at byte 4: expected a time as Oct 11 22:14:15, found 'O'"),
      ("<3>1 2003 h a p m -", "at byte 6: expected a time as 2003-10-11T22:14:15.003Z, found '2'"),
      ("<3>1 - h a p m [x a=\"]", "at byte 23: expected the closing quote, found the end"),
    ] {
      let fault = #expect(throws: RecordFault.self) { try parsed(line, old) }
      #expect(fault?.description == message)
    }
  }

  @Test(.enabled(if: Corpora.areThere, "\(Corpora.missing)"))
  func `every line of a real system log is read`() throws {
    var parser = SyslogParser(year: 2015)
    var out = BatchBuilder(delimiter: 0x0A)
    for line in try Corpora.lines("real/elastic_auth.log") where !line.isEmpty {
      try parser.parse(line.span.bytes, into: &out)
      out.endLine(number: 1, kind: .record)
    }
    #expect(out.count == 7121)
  }

  @Test func `pairs with their quotes`() throws {
    let parser = LogfmtParser()
    #expect(
      try parsed(#"at=info  msg="a \"b\"\n" empty="" none= flag x=1 x=2 url=/a?b=c"#, parser)
        == #"{"at":"info","msg":"a \"b\"\n","empty":"","none":null,"flag":true,"x":"2","url":"/a?b=c"}"#
    )
    for (line, message) in [
      ("=x", "at byte 1: expected a name, found '='"),
      ("a\"=1", "at byte 2: expected '=' behind the name, found '\"'"),
      ("a=\"x", "at byte 5: expected the closing quote, found the end"),
      ("a=\"x\"y", "at byte 6: expected a space behind the value, found 'y'"),
      (#"a="\u12""#, "at byte 8: expected four hexadecimal digits behind '\\u', found '\"'"),
    ] {
      let fault = #expect(throws: RecordFault.self) { try parsed(line, parser) }
      #expect(fault?.description == message)
    }
  }

  @Test func `names and values with an author's own text between them`() throws {
    #expect(try parsed(" a=1  b=2=3 a=x ", PairParser()) == #"{"b":"2=3","a":"x"}"#)
    #expect(
      try parsed("a: 1; b :2;;c:", PairParser(betweenPairs: ";", betweenTwo: ":"))
        == #"{"a":"1","b":"2","c":""}"#)
    let fault = #expect(throws: RecordFault.self) { try parsed("a=1 b", PairParser()) }
    #expect(fault?.description == "at byte 5: expected '=' behind the name, found 'b'")
  }

  @Test func `named groups of a pattern`() throws {
    let pattern = try Pattern([#"(?<level>\w+):(?<code> \d+)? (?<text>.*)"#])
    let parser = try #require(PatternParser(pattern))
    #expect(
      try parsed("xx warn: 12 disk full", parser)
        == #"{"level":"warn","code":" 12","text":"disk full"}"#)
    #expect(try parsed("warn: x", parser) == #"{"level":"warn","code":null,"text":"x"}"#)
    let fault = #expect(throws: RecordFault.self) { try parsed("nothing", parser) }
    #expect(fault?.description == "at byte 1: expected a match of the pattern, found none")
    #expect(PatternParser(try Pattern(["(a)"])) == nil)
  }

  @Test func `a line that is JSON stays where it is`() throws {
    #expect(try parsed(#"  {"a" : 1} "#, JSONParser()) == #"{"a" : 1}"#)
    let batch = Batch.of(["{\"a\":\n[1,\r\n2]}"])
    var out = BatchBuilder(delimiter: 0)
    var parser = JSONParser()
    try parser.parse(batch, 0, into: &out)
    #expect(out.take(covering: 1..<2).lines == [Array(#"{"a":[1,2]}"#.utf8)])
  }

  @Test func `a line of CSV alone`() throws {
    #expect(
      try parsed(#"1,"a ""b""",c"#, DelimitedParser(.csv)) == #"{"1":"1","2":"a \"b\"","3":"c"}"#)
    var format = DelimitedFormat.tsv
    format.columns = ["x", "y"]
    format.types = ["x": .int]
    #expect(try parsed("1\ta\\tb", DelimitedParser(format)) == #"{"x":1,"y":"a\tb"}"#)
    let fault = #expect(throws: RecordFault.self) { try parsed("1", DelimitedParser(format)) }
    #expect(fault?.description == "at byte 2: expected 2 fields, found 1")
  }

  @Test func `any bytes are a record or a fault within the line`() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = Random(seed: seed)
    let parsers: [(any RecordParser, [UInt8])] = [
      (
        AccessLogParser(isCombined: true),
        Array(#"h - u [10/Oct/2026:13:55:36 +0000] "GET / H" 1 2 "\"" "-""#.utf8)
      ),
      (LogfmtParser(), Array(#"a=1 b="x\n\u0041" c d= e="""#.utf8)),
      (PairParser(), Array("a=1 b=2 c=3=4".utf8)),
      (JSONParser(), Array(#"{"a":[1,2.5e3,"\u00e9"],"b":null}"#.utf8)),
      (DelimitedParser(.csv), Array(#"1,"a ""b""",c,,"""#.utf8)),
      (DelimitedParser(.tsv), Array("1\ta\\tb\t\\\\".utf8)),
      (SyslogParser(year: 2026), Array("<34>Oct 11 22:14:15 host su[12]: failed".utf8)),
      (
        SyslogParser(year: nil),
        Array(#"<165>1 2003-10-11T22:14:15.003Z h app 12 ID [x@1 a="b\"c" d=""] message"#.utf8)
      ),
    ]
    for (parser, line) in parsers {
      var parser = parser
      for _ in 0..<1500 {
        var bytes = line
        for _ in 0..<1 + random.below(3) where !bytes.isEmpty {
          let i = random.below(bytes.count)
          switch random.below(3) {
          case 0: bytes.remove(at: i)
          case 1: bytes.insert(UInt8(random.below(256)), at: i)
          default: bytes[i] = UInt8(random.below(256))
          }
        }
        let batch = Batch.of([bytes])
        var out = BatchBuilder(delimiter: 0x0A)
        do throws(RecordFault) {
          try parser.parse(batch, 0, into: &out)
          let result = out.take(covering: 1..<2)
          #expect(result.count == 1)
          let text = json(result.bytes(0))
          _ = try checked(Array(text.utf8))
        } catch {
          #expect(out.isEmpty && error.offset <= bytes.count, "seed \(seed): \(bytes)")
        }
      }
    }
  }
}
