import Flow
import Lines
import PipelineModel
import Records
import Synchronization

/// What was said of a coprocess besides its command.
struct CoprocessTerms: Sendable {
  var framing = CoprocessFraming.lines
  var decoding = ExecCommand.Decoding.text
  var ready: Pattern?
  /// For the line that says it is up.
  var startLimit = Duration.seconds(30)
  /// How often one that was lost is replaced without a good answer between.
  var mostRestarts = 5
  var backoff = Duration.milliseconds(100)
  var maxLine: Int
  var delimiter: UInt8
  var grace: Duration

  static let longestPause = Duration.seconds(30)

  /// The first one that is lost is replaced at once; from then on the pause doubles.
  func pause(after losses: Int) -> Duration {
    guard losses > 1 else { return .zero }
    let factor = Int64(1) << min(Int64(losses - 2), 30)
    let (pause, overflow) = backoff.nanoseconds.multipliedReportingOverflow(by: factor)
    return overflow ? Self.longestPause : min(.nanoseconds(pause), Self.longestPause)
  }

  func conversation() -> Conversation {
    guard let ready else { return Conversation(framing, limit: maxLine) }
    return Conversation(framing, limit: maxLine) { line in
      let matcher = ready.matcher(delimiter: 0x0A)
      // A pattern that explodes on a line is not found in it.
      do throws(PatternLimit) { return try matcher.matches(line.span.bytes) } catch { return false }
    }
  }
}

/// Gives each item to a process that stays up, and its answer as the result.
final class CoprocessPerformer: Performer {
  private let command: StandingCommand
  private let terms: CoprocessTerms
  private let pool: CoprocessPool
  /// Whether the hint about buffered output has been given.
  private let isHinted = Mutex(false)

  init(_ command: StandingCommand, _ terms: CoprocessTerms, workers: Int = 1) {
    self.command = command
    self.terms = terms
    pool = CoprocessPool(command, terms, most: workers)
  }

  var startsChildren: Bool { false }
  var reachesOut: Bool { true }
  var keeper: (any Keeper)? { pool }

  func sized(_ workers: Int) -> any Performer {
    CoprocessPerformer(command, terms, workers: workers)
  }

  func prepare(_ launcher: any Launcher) throws(Failure) { try command.prepare(launcher) }

  func perform(_ item: Item, _ attempt: any Attempt) async throws(Failure) {
    let text = item.text
    try terms.framing.check(text)
    while let process = try await pool.take(attempt) {
      let hint = pool.hasAnswered ? nil : armHint(attempt)
      defer { if let hint { attempt.clock.cancel(hint) } }
      let reply: RunningCoprocess.Reply
      do throws(Failure) { reply = try await process.ask(text, attempt) } catch {
        pool.lost(process, nil)
        throw error
      }
      switch reply {
      case .answer(let answer):
        pool.giveBack(process)
        _ = await attempt.emit(try results(answer, item))
        return
      case .untouched(let failure): pool.lost(process, failure)
      case .failed(let failure):
        pool.lost(process, failure)
        throw failure
      case .cancelled:
        let isLate = attempt.cancellation.reason == .limit
        pool.lost(process, isLate ? Failure(.timeout, "no answer in time") : nil)
        return
      }
    }
  }

  // MARK: A process that buffers what it writes

  private static let hintAfter = Duration.seconds(5)

  private func armHint(_ attempt: any Attempt) -> TimerID {
    let clock = attempt.clock
    return clock.schedule(at: clock.now + Self.hintAfter, phase: .tick) { [self] in
      let isFirst = isHinted.withLock { isHinted in
        defer { isHinted = true }
        return !isHinted
      }
      guard isFirst else { return }
      attempt.forward(
        errorLine: Array(
          """
          no answer to the first line within \(Self.hintAfter.written): if the command keeps back what \
          it writes, start it by 'stdbuf -oL', python3 by 'python3 -u'
          """.utf8))
    }
  }

  // MARK: Answers

  private func results(_ answer: [UInt8], _ item: Item) throws(Failure) -> Batch {
    var out = BatchBuilder(delimiter: terms.delimiter, capacity: answer.count + 1)
    switch terms.decoding {
    case .text:
      out.append(answer)
      out.endLine(like: item.batch, 0)
      if terms.framing.terminator != 0x0A || terms.delimiter != 0x0A { out.noteInnerDelimiters() }
    case .lines:
      var rest = answer[...]
      while !rest.isEmpty {
        let line = rest.prefix { $0 != 0x0A }
        out.append(Array(line))
        out.endLine(like: item.batch, 0)
        rest = rest.dropFirst(line.count + 1)
      }
      if terms.delimiter != 0x0A { out.noteInnerDelimiters() }
    case .json:
      var parser = JSONParser()
      do throws(RecordFault) {
        try Text(answer).withSpan { (bytes) throws(RecordFault) in
          try parser.parse(bytes, into: &out)
        }
      } catch {
        throw Failure(.expression, "its answer is no JSON: \(error)")
      }
      out.endLine(like: item.batch, 0, kind: .record)
    }
    return out.take(covering: 0..<0)
  }
}
