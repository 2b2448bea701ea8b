import Lines
import Records
import Testing

/// Durations as columns have them.
struct DurationTextTests {
  @Test(arguments: [
    ("1h30m", 5400, 0), ("-1.5s", -1, -500_000_000), ("+2m", 120, 0), (".5s", 0, 500_000_000),
    ("5.s", 5, 0), ("1ms2us3ns", 0, 1_002_003), ("1s1s", 2, 0), ("0.0000000009s", 0, 0),
    ("1500ms", 1, 500_000_000), ("0h", 0, 0), ("1.00000000000000000000h", 3600, 0),
    ("87660000h", 315_576_000_000, 0),
  ])
  func `numbers with units are added up`(text: String, seconds: Int64, nanoseconds: Int64) {
    let span = TimeSpan(seconds: seconds, nanoseconds: nanoseconds)
    #expect(span != nil && TimeSpan(text) == span)
  }

  @Test(arguments: [
    "", "-", "+", "1", "0", "s", ".s", "1x", "1.2.3s", "1s ", " 1s", "1 s", "--1s", "1S", "1µs",
    "h1",
    "9223372036854775808s", "87660001h", "3000000000h", "1sm", "1h3",
  ])
  func `what is no duration is nil`(text: String) {
    #expect(TimeSpan(text) == nil)
  }
}
