import Flow
import Host
import PipelineRuntime
import Synchronization
import TestSupport
import Testing

@testable import streamline

/// Frames of `--progress` from counters made by hand.
struct ProgressTests {
  private let stages = [
    StageReading.made(
      "grep", taken: 1_200_000, given: 40_000, busy: 2, blocked: 8, fill: 1,
      completeBelow: 1_100_001),
    .made(
      "tier", "exec", workers: 4, taken: 20_000, given: 20_000, busy: 36, engaged: 10, fill: 0.5,
      completeBelow: 500_001),
    .made("upper", taken: 20_000, given: 20_000, starved: 10, completeBelow: 500_001),
  ]
  private var now: RunReading { RunReading(at: .seconds(10), stages) }
  private var input: InputProgress {
    InputProgress(size: 2_000_000, read: ReadingProgress(bytes: 1_000_000, lines: 1_000_000))
  }

  private func text(_ input: InputProgress? = nil) -> ProgressText {
    ProgressText(begun: .seconds(0), from: RunReading(at: .seconds(0)), to: now, input: input)
  }

  @Test func `one row a stage, with the one that holds the others back`() {
    #expect(
      text().rows(columns: 80, rows: 24) == [
        "stage         in     out    rate  queue  busy",
        "grep   1,200,000  40,000  120k/s   100%   20%",
        "tier      20,000  20,000    2k/s    50%   90%  < holds the others back",
        "upper     20,000  20,000    2k/s     0%    0%",
        "10s gone",
      ])
  }

  @Test func `with a known size it tells how far and how long to go`() {
    // Half of the lines read, of half of the bytes, have passed the stage that is behind.
    #expect(
      text(input).rows(columns: 80, rows: 24).last == "10s gone, 25% of 1.91MiB, about 30s to go")
  }

  @Test(arguments: [200, 60, 45, 40, 30, 20, 12, 5, 1])
  func `no row reaches the end of a narrow terminal`(columns: Int) {
    let rows = text(input).rows(columns: columns, rows: 24)
    #expect(rows.count == 5)
    #expect(rows.allSatisfy { $0.count < max(columns, 2) })
    #expect(columns < 20 || rows[2].contains("tier"))
    #expect(columns < 20 || rows[2].contains("90%"))
  }

  @Test func `with more stages than rows the busiest are shown`() {
    let many = (0..<30).map { number in
      StageReading.made(
        "s\(number)", taken: 1, given: 1, busy: number == 17 ? 9 : number == 3 ? 5 : 0)
    }
    let text = ProgressText(
      begun: .seconds(0), from: RunReading(at: .seconds(0)),
      to: RunReading(at: .seconds(10), many))
    let rows = text.rows(columns: 80, rows: 6)
    #expect(rows.map { String($0.prefix(3)) } == ["sta", "s0 ", "s3 ", "s17", "10s"])
    #expect(rows.last == "10s gone, 27 more stages")
    #expect(text.rows(columns: 80, rows: 2) == ["10s gone, 30 more stages"])
    #expect(text.rows(columns: 80, rows: 1) == ["10s gone, 30 more stages"])
  }

  @Test func `rates and shares are those of the last moments`() {
    let later = RunReading(
      at: .seconds(12),
      [
        .made("grep", taken: 1_200_000, given: 40_000, busy: 2, blocked: 10, fill: 1),
        .made("tier", "exec", workers: 4, taken: 20_010, given: 20_000, busy: 44, engaged: 12),
        .made("upper", taken: 20_000, given: 20_000, starved: 12),
      ])
    let text = ProgressText(begun: .seconds(0), from: now, to: later)
    #expect(
      text.rows(columns: 80, rows: 24)[1...2] == [
        "grep   1,200,000  40,000   0/s   100%    0%",
        "tier      20,010  20,000   5/s     0%  100%  < holds the others back",
      ])
  }

  @Test func `the names of stages can not move the cursor`() {
    let reading = RunReading(at: .seconds(1), [.made("a\u{1B}[2J\u{9B}", taken: 1, given: 1)])
    let text = ProgressText(begun: .seconds(0), from: RunReading(at: .seconds(0)), to: reading)
    #expect(text.rows(columns: 80, rows: 24)[1].hasPrefix("a?[2J? "))
  }

  @Test func `for what is no terminal it is one plain line`() {
    #expect(
      text(input).line
        == "streamline: 10s gone; 25% of 1.91MiB, about 30s to go; 1,200,000 in, 20,000 out; "
        + "120k/s; held back by tier\n")
  }

  // MARK: Ticks

  /// A display whose readings count up, on a clock moved by hand.
  private func display(
    _ manner: ProgressDisplay.Manner, _ clock: HandClock,
    _ show: @escaping @Sendable (String) -> Void
  ) -> ProgressDisplay {
    let count = Mutex(0)
    return ProgressDisplay(
      manner,
      ProgressDisplay.Ports(
        clock: clock,
        read: {
          let taken = count.withLock { count in
            count += 1
            return count
          }
          return RunReading(at: clock.now, [.made("a", taken: taken, given: taken)])
        }, input: nil, perform: { $0() }, show: { show($0.rows(columns: 80, rows: 24)[1]) }))
  }

  @Test func `it draws at each tick and leaves no timer behind`() {
    let clock = HandClock()
    let shown = Mutex<[String]>([])
    let display = display(.lines, clock) { row in shown.withLock { $0.append(row) } }
    display.start()
    #expect(clock.phases == [.tick])
    clock.go(to: Instant(nanoseconds: 999_999_999))
    #expect(shown.withLock { $0.isEmpty })
    clock.go(to: .seconds(1))
    clock.go(to: .seconds(35))
    #expect(shown.withLock { $0.count } == 4)
    #expect(clock.phases == [.tick])
    display.stop()
    #expect(clock.phases == [])
    clock.go(to: .seconds(100))
    #expect(shown.withLock { $0.count } == 4)
  }

  @Test func `a tick that comes after the end shows nothing`() {
    let clock = HandClock()
    let late = Mutex<[@Sendable () -> Void]>([])
    let display = ProgressDisplay(
      .lines,
      ProgressDisplay.Ports(
        clock: clock, read: { RunReading(at: clock.now) }, input: nil,
        perform: { work in late.withLock { $0.append(work) } },
        show: { _ in Issue.record("shown after the end") }))
    display.start()
    clock.go(to: .seconds(1))
    display.stop()
    for work in late.withLock({ $0 }) { work() }
    #expect(late.withLock { $0.count } == 1)
    #expect(clock.phases == [])
  }
}
