import Flow
import PipelineModel
import PipelineRuntime

/// What a run has done so far, for people or as JSON.
struct SummaryText {
  private let reading: RunReading
  private let elapsed: Duration
  private let interval: Interval
  private let bottleneck: Bottleneck?

  /// The counters as they are at `now`, of a run that has begun at `begun`.
  init(_ plan: Plan, from begun: Instant, to now: Instant) {
    self.init(plan.reading(at: now), since: begun)
  }

  init(_ reading: RunReading, since begun: Instant) {
    self.reading = reading
    elapsed = reading.instant - begun
    let beginning = RunReading(at: begun)
    interval = Interval(beginning, reading)
    bottleneck = Bottleneck(from: beginning, to: reading)
  }

  // MARK: For people

  var text: String {
    let head =
      "streamline: \(Figure.time(elapsed)), \(Figure.count(reading.taken)) in, "
      + "\(Figure.count(reading.given)) out"
    var lines = [head] + stageLines
    if let bottleneck { lines.append("  = \(words(bottleneck))") }
    return lines.joined(separator: "\n") + "\n"
  }

  /// A table of all stages; what only some have stands in a line of its own below their row.
  private var stageLines: [String] {
    var table = TextTable()
    table.add(["  stage", "in", "out", "rate", "workers", "busy"])
    for (index, stage) in reading.stages.enumerated() {
      let lines = stage.values.lines
      table.add([
        String(repeating: "  ", count: stage.depth + 1) + stage.name, Figure.count(lines.taken),
        Figure.count(lines.given), Figure.rate(interval.takenPerSecond(at: index)),
        "\(stage.workers)",
        stage.countsBusy ? Figure.percent(interval.busyShare(at: index)) : "-",
      ])
    }
    let rows = table.lines
    return [rows[0]]
      + zip(rows.dropFirst(), reading.stages).flatMap { row, stage in
        let margin = String(repeating: "  ", count: stage.depth + 3)
        return [row]
          + [stage.absorbed, stage.dropped, stage.work, stage.latency].compactMap { $0 }.map {
            margin + $0
          }
      }
  }

  private func words(_ bottleneck: Bottleneck) -> String {
    let share = Figure.percent(bottleneck.share)
    switch bottleneck {
    case .input: return "the bottleneck is the input: the stages waited for it \(share) of the time"
    case .output:
      return "the bottleneck is the output: it took no more for \(share) of the time"
    case .stage(let index, _):
      return "the bottleneck is stage '\(reading.stages[index].name)': the others waited for it "
        + "\(share) of the time"
    }
  }

  // MARK: As JSON

  /// One object on one line:
  ///
  /// - `seconds`: how long the run took. `in`, `out`: items that the first stage took and that the
  ///   last one gave.
  /// - `bottleneck`: null, or `kind` (`stage`, `input`, `output`), `stage` (its name, with kind
  ///   `stage`) and `share`, of the time for which it kept the run waiting, from 0 to 1.
  /// - `stages`, in the order of the file, those in a group behind it: `stage` (the name), `kind`,
  ///   `depth` (above 0 in groups that run for each item), `workers`, `in`, `out`, `busy` (the mean
  ///   share of the time for which the workers worked, 0 to 1; null in groups that only compute),
  ///   `input_wait_seconds` and `room_wait_seconds` (waiting for input, for room in the next queue),
  ///   `skipped`, `passed`, `replaced`, `collected`, `dead_lettered` (items whose failure was
  ///   absorbed), `dropped` (items over a rate, and results of a side stream that go nowhere), `attempts`, `retries`, `timeouts` (time limits that passed), `most_in_flight`, and
  ///   `latency_seconds`: null, or `p50`, `p90`, `p99` and `max` of the time from taking an item
  ///   until its outcome is final.
  var json: String {
    let members = [
      "\"seconds\":\(seconds(elapsed.nanoseconds))", "\"in\":\(reading.taken)",
      "\"out\":\(reading.given)", "\"bottleneck\":\(json(bottleneck))",
      "\"stages\":[" + reading.stages.indices.map(json(at:)).joined(separator: ",") + "]",
    ]
    return "{" + members.joined(separator: ",") + "}\n"
  }

  private func json(_ bottleneck: Bottleneck?) -> String {
    guard let bottleneck else { return "null" }
    let share = "\"share\":\(Figure.decimal(bottleneck.share, 4))"
    switch bottleneck {
    case .input: return "{\"kind\":\"input\",\(share)}"
    case .output: return "{\"kind\":\"output\",\(share)}"
    case .stage(let index, _):
      let name = JSONText.string(reading.stages[index].name)
      return "{\"kind\":\"stage\",\"stage\":\(name),\(share)}"
    }
  }

  private func json(at index: Int) -> String {
    let stage = reading.stages[index]
    let (values, lines) = (stage.values, stage.values.lines)
    let members: [(String, String)] = [
      ("stage", JSONText.string(stage.name)), ("kind", JSONText.string(stage.kind)),
      ("depth", "\(stage.depth)"), ("workers", "\(stage.workers)"), ("in", "\(lines.taken)"),
      ("out", "\(lines.given)"),
      (
        "busy",
        stage.countsBusy ? Figure.decimal(min(interval.busyShare(at: index), 1), 4) : "null"
      ),
      ("input_wait_seconds", seconds(values.starved.nanoseconds(at: reading.instant))),
      ("room_wait_seconds", seconds(values.blocked.nanoseconds(at: reading.instant))),
      ("skipped", "\(lines.skipped)"), ("passed", "\(lines.passed)"),
      ("replaced", "\(lines.replaced)"), ("collected", "\(lines.collected)"),
      ("dead_lettered", "\(lines.deadLettered)"), ("dropped", "\(lines.dropped + values.dropped)"),
      ("attempts", "\(values.attempts)"),
      ("retries", "\(values.retries)"), ("timeouts", "\(values.timeouts)"),
      ("most_in_flight", "\(values.mostInFlight)"),
      ("latency_seconds", json(values.latency)),
    ]
    return "{" + members.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",") + "}"
  }

  private func json(_ latency: LatencyHistogram) -> String {
    let quantiles = [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("max", 1)]
    let members = quantiles.compactMap { name, fraction in
      latency.quantile(fraction).map { "\"\(name)\":\(seconds($0.nanoseconds))" }
    }
    return members.isEmpty ? "null" : "{" + members.joined(separator: ",") + "}"
  }

  private func seconds(_ nanoseconds: Int64) -> String {
    Figure.decimal(Double(max(nanoseconds, 0)) / 1e9, 6)
  }
}

extension StageReading {
  /// What a policy absorbed or a rate dropped; nil when there is nothing of it.
  fileprivate var absorbed: String? {
    let words = values.lines.absorbedWords
    var parts = words.isEmpty ? [] : ["failed: " + words.joined(separator: ", ")]
    let dropped = values.lines.dropped
    if dropped > 0 { parts.append("\(Figure.count(dropped)) dropped, over its rate") }
    return parts.isEmpty ? nil : parts.joined(separator: "; ")
  }

  /// What a side stream without a file gave.
  fileprivate var dropped: String? {
    let count = values.dropped
    return count == 0
      ? nil : "its side stream gave \(Figure.count(count)) results, which were dropped"
  }

  /// Attempts, of a stage that works item by item.
  fileprivate var work: String? {
    guard values.attempts > 0 else { return nil }
    var parts = ["\(Figure.count(values.attempts)) attempts"]
    if values.retries > 0 { parts.append("\(Figure.count(values.retries)) of them retries") }
    if values.timeouts > 0 {
      parts.append("\(Figure.count(values.timeouts)) past a time limit")
    }
    parts.append("at most \(values.mostInFlight) in flight")
    return parts.joined(separator: ", ")
  }

  fileprivate var latency: String? {
    let quantiles = [0.5, 0.9, 0.99, 1].compactMap { values.latency.quantile($0).map(Figure.time) }
    guard quantiles.count == 4 else { return nil }
    return "an item took \(quantiles[0]) (median), \(quantiles[1]) (90%), \(quantiles[2]) (99%), "
      + "\(quantiles[3]) (longest)"
  }
}

extension LineCounts {
  /// `3 skipped`, for each of the policies that absorbed something.
  var absorbedWords: [String] {
    [
      (skipped, "skipped"), (passed, "passed unchanged"), (replaced, "replaced"),
      (collected, "made error records"), (deadLettered, "put aside"),
    ].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
  }
}
