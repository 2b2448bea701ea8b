import Flow
import Host
import PipelineRuntime

/// How much of an input of known size has been read.
struct InputProgress {
  /// In bytes.
  var size: UInt64
  var read: ReadingProgress

  /// The share of the input that the run is done with when all lines below `completeBelow` are: from
  /// 0 to 1. What has been read and waits in queues does not count; how many lines the whole input
  /// has is guessed from those read. Nil as long as nothing has been read.
  func doneShare(completeBelow: UInt64) -> Double? {
    guard size > 0, read.lines > 0 else { return nil }
    let done = Double(min(completeBelow - 1, read.lines)) / Double(read.lines)
    // A last line without its delimiter is counted with one.
    return min(done * Double(read.bytes) / Double(size), 1)
  }
}

/// What `--progress` shows at one moment.
struct ProgressText {
  private let elapsed: Duration
  private let now: RunReading
  /// Since a moment a few seconds ago: rates and shares are those of now, not the run's mean.
  private let lately: Interval
  private let slowest: Bottleneck?
  private let input: InputProgress?

  init(
    begun: Instant, from earlier: RunReading, to now: RunReading, input: InputProgress? = nil
  ) {
    elapsed = now.instant - begun
    self.now = now
    lately = Interval(earlier, now)
    slowest = Bottleneck(from: earlier, to: now)
    self.input = input
  }

  // MARK: As one line

  /// For what is no terminal.
  var line: String {
    var parts = ["\(Figure.wholeTime(elapsed)) gone"]
    if let toGo { parts.append(toGo) }
    parts.append("\(Figure.count(now.taken)) in, \(Figure.count(now.given)) out")
    if let first = now.stages.indices.first {
      parts.append(Figure.rate(lately.takenPerSecond(at: first)))
    }
    if let slowestName { parts.append("held back by \(slowestName)") }
    return "streamline: " + parts.joined(separator: "; ") + "\n"
  }

  // MARK: As rows on a terminal

  /// Fewer rows than the terminal has, each shorter than its width, so that none is broken and
  /// nothing scrolls.
  func rows(columns: Int, rows: Int) -> [String] {
    let room = max(rows - 1, 1)
    let shown = shownStages(atMost: room - 2)
    var lines: [String] = []
    if room >= 3 { lines = table(of: shown, columns: columns - 1) }
    let hidden = now.stages.count - shown.count
    lines.append(status(hidden: hidden))
    return lines.map { Self.fitting($0, columns - 1) }
  }

  /// With too many stages for the terminal: those that are busiest, in the order of the stream.
  private func shownStages(atMost room: Int) -> [Int] {
    let all = Array(now.stages.indices)
    if all.count <= room { return all }
    let held = slowest.flatMap { if case .stage(let index, _) = $0 { index } else { nil } }
    let byBusiness = all.sorted { a, b in
      if (a == held) != (b == held) { return a == held }
      let (left, right) = (lately.busyShare(at: a), lately.busyShare(at: b))
      return left == right ? a < b : left > right
    }
    return byBusiness.prefix(max(room, 0)).sorted()
  }

  private enum Column {
    case stage, taken, given, rate, queue, busy, mark, shortMark

    var title: String {
      switch self {
      case .stage: "stage"
      case .taken: "in"
      case .given: "out"
      case .rate: "rate"
      case .queue: "queue"
      case .busy: "busy"
      case .mark, .shortMark: ""
      }
    }
  }

  /// A narrow terminal gets fewer columns.
  private func table(of shown: [Int], columns: Int) -> [String] {
    var wanted: [Column] = [.stage, .taken, .given, .rate, .queue, .busy, .mark]
    var lines = table(of: shown, wanted)
    let thinner: [[Column]] = [
      [.stage, .taken, .given, .rate, .queue, .busy, .shortMark],
      [.stage, .taken, .given, .queue, .busy, .shortMark],
      [.stage, .given, .queue, .busy, .shortMark], [.stage, .given, .busy, .shortMark],
      [.stage, .busy, .shortMark],
    ]
    for next in thinner {
      if lines.allSatisfy({ $0.count <= columns }) { break }
      wanted = next
      lines = table(of: shown, wanted)
    }
    return lines
  }

  private func table(of shown: [Int], _ columns: [Column]) -> [String] {
    var table = TextTable()
    table.leftColumns = [0, columns.count - 1]
    table.add(columns.map(\.title))
    for index in shown { table.add(columns.map { cell($0, index) }) }
    return table.lines
  }

  private func cell(_ column: Column, _ index: Int) -> String {
    let stage = now.stages[index]
    switch column {
    case .stage: return String(repeating: "  ", count: stage.depth) + stage.name
    case .taken: return Figure.count(stage.values.lines.taken)
    case .given: return Figure.count(stage.values.lines.given)
    case .rate: return Figure.rate(lately.takenPerSecond(at: index))
    case .queue: return stage.queueFill.map(Figure.percent) ?? "-"
    case .busy:
      return stage.countsBusy ? Figure.percent(lately.busyShare(at: index)) : "-"
    case .mark: return isSlowest(index) ? "< holds the others back" : ""
    case .shortMark: return isSlowest(index) ? "<" : ""
    }
  }

  private func isSlowest(_ index: Int) -> Bool {
    if case .stage(index, _)? = slowest { true } else { false }
  }

  private func status(hidden: Int) -> String {
    var parts = ["\(Figure.wholeTime(elapsed)) gone"]
    if let toGo { parts.append(toGo) }
    switch slowest {
    case .input: parts.append("waiting for input")
    case .output: parts.append("waiting for the reader of the output")
    case .stage, nil: break
    }
    if hidden > 0 { parts.append("\(hidden) more stages") }
    return parts.joined(separator: ", ")
  }

  /// `43% of 1.2GiB, about 16s to go`
  private var toGo: String? {
    guard let input, let share = input.doneShare(completeBelow: now.completeBelow) else {
      return nil
    }
    let far = "\(Figure.percent(share)) of \(Figure.bytes(input.size))"
    // Too early for a guess.
    guard share > 0.005, elapsed >= .seconds(1) else { return far }
    let seconds = Double(elapsed.nanoseconds) / 1e9 * (1 - share) / share
    let left = seconds < 1e9 ? Duration.nanoseconds(Int64(seconds * 1e9)) : .seconds(1_000_000_000)
    return "\(far), about \(Figure.wholeTime(left)) to go"
  }

  private var slowestName: String? {
    switch slowest {
    case .stage(let index, _): now.stages[index].name
    case .input: "the input"
    case .output: "the output"
    case nil: nil
    }
  }

  /// At most `columns` characters, none of which moves the cursor.
  private static func fitting(_ row: String, _ columns: Int) -> String {
    let plain = row.unicodeScalars.map { scalar in
      scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value) ? "?" : Character(scalar)
    }
    return String(plain.prefix(max(columns, 1)))
  }
}
