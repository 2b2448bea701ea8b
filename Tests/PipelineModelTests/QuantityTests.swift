import PipelineModel
import Testing

struct QuantityTests {
  @Test(arguments: [
    ("500ms", Duration.milliseconds(500)), ("2s", .seconds(2)), ("1m30s", .seconds(90)),
    ("1h", .seconds(3600)), ("1h1m1s1ms1us", .microseconds(3_661_001_001)),
    ("1.5s", .milliseconds(1500)), ("0.25h", .seconds(900)), ("0", .zero), ("0s", .zero),
    ("1.000001s", .microseconds(1_000_001)),
  ])
  func `durations are read`(text: String, duration: Duration) {
    #expect(Duration(written: text) == duration)
  }

  @Test(arguments: [
    "", "5", "s", "1s1m", "1s1s", "-1s", "1 s", "1.s", "1e3s", "1S", "999999999999h", "٣s",
    "1.1.1s",
    "99999999999999999999s", "1s ", "+1s",
  ])
  func `what is no duration is refused`(text: String) {
    #expect(Duration(written: text) == nil)
  }

  @Test func `a duration is written in its shortest form`() {
    for text in ["500ms", "2s", "1m30s", "1h", "1h1us", "0s"] {
      #expect(Duration(written: text)?.written == text)
    }
    #expect(Duration.maximum.written.hasPrefix("2562047h"))
  }

  @Test func `sizes are read`() {
    #expect(ByteSize.parse("64KiB") == 65_536)
    #expect(ByteSize.parse("1MiB") == 1 << 20)
    #expect(ByteSize.parse("1MB") == 1_000_000)
    #expect(ByteSize.parse("17") == 17)
    for text in ["", "KiB", "1 MiB", "-1", "1mib", "99999999999TiB", "1.5MiB"] {
      #expect(ByteSize.parse(text) == nil, "\(text)")
    }
    #expect(ByteSize.written(1 << 20) == "1MiB")
    #expect(ByteSize.written(1001) == "1001B")
  }

  @Test func `rates are read`() {
    #expect(Rate(written: "600/m")?.limit == 600)
    #expect(Rate(written: "600/m")?.per == .seconds(60))
    for text in ["", "10", "/s", "0/s", "-1/s", "10/d", "10/s/s", "1.5/s", "+1/s"] {
      #expect(Rate(written: text) == nil, "\(text)")
    }
  }

  @Test(arguments: [
    ("gerp", "grep"), ("fanuot", "fanout"), ("Head", "head"), ("tim_out", "timeout"),
  ])
  func `the nearest spelling is found`(word: String, nearest: String) {
    #expect(Spelling.nearest(to: word, in: ["grep", "head", "fanout", "timeout"]) == nearest)
  }

  @Test func `a word that is not near has no nearest spelling`() {
    #expect(Spelling.nearest(to: "xyz", in: ["grep", "head"]) == nil)
    #expect(Spelling.nearest(to: "", in: ["a"]) == nil)
  }
}
