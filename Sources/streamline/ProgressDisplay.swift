import Flow
import Glibc
import Host
import PipelineRuntime
import Synchronization

/// `--progress`: takes a reading of the counters at every tick of the run's clock and shows it.
final class ProgressDisplay: Sendable {
  /// How it shows what it has read.
  enum Manner { case rows, lines }

  /// What it needs of its surroundings.
  struct Ports: Sendable {
    var clock: any TimerClock
    var read: @Sendable () -> RunReading
    /// Nil where the size of the input is not known.
    var input: (@Sendable () -> InputProgress)?
    /// Does work that may block, of which only the newest is wanted; called on the clock's thread.
    var perform: @Sendable (@escaping @Sendable () -> Void) -> Void
    var show: @Sendable (ProgressText) -> Void
  }

  private struct State {
    /// Those of the last few seconds, the oldest first.
    var readings: [RunReading] = []
    var timer: TimerID?
    var isOver = false
  }

  private let ports: Ports
  private let manner: Manner
  private let begun: Instant
  private let state = Mutex(State())

  init(_ manner: Manner, _ ports: Ports) {
    self.manner = manner
    self.ports = ports
    begun = ports.clock.now
  }

  /// Shows nothing before the first tick: a short run is left alone.
  func start() {
    if manner == .rows { StandardError.openFooter() }
    let first = ports.read()
    state.withLock { $0.readings = [first] }
    arm(after: manner.firstPause)
  }

  /// Nothing is shown any more, and what was drawn is gone, when it returns.
  func stop() {
    let timer = state.withLock { state in
      state.isOver = true
      return state.timer
    }
    if let timer { ports.clock.cancel(timer) }
    if manner == .rows { StandardError.closeFooter() }
  }

  /// The terminal is as if nothing had been drawn while `body` runs.
  func whileHidden(_ body: () -> Void) {
    if manner == .rows { StandardError.closeFooter() }
    body()
    if manner == .rows, state.withLock({ !$0.isOver }) { StandardError.openFooter() }
  }

  private func arm(after pause: Duration) {
    let timer = ports.clock.schedule(at: ports.clock.now + pause, phase: .tick) { [self] in
      // Not here: a terminal that is stopped would hold up every time limit of the run.
      ports.perform { [self] in tick() }
    }
    let isOver = state.withLock { state in
      state.timer = timer
      return state.isOver
    }
    if isOver { ports.clock.cancel(timer) }
  }

  private func tick() {
    let now = ports.read()
    let earlier = state.withLock { state -> RunReading? in
      if state.isOver { return nil }
      state.readings.append(now)
      if state.readings.count > manner.readings { state.readings.removeFirst() }
      return state.readings.first
    }
    guard let earlier else { return }
    ports.show(ProgressText(begun: begun, from: earlier, to: now, input: ports.input?()))
    arm(after: manner.pause)
  }
}

extension ProgressDisplay.Manner {
  fileprivate var firstPause: Duration { self == .rows ? .milliseconds(500) : .seconds(1) }
  fileprivate var pause: Duration { self == .rows ? .milliseconds(250) : .seconds(10) }
  /// Over how many readings rates are taken.
  fileprivate var readings: Int { self == .rows ? 12 : 2 }
}

// MARK: On the real stderr

extension ProgressDisplay {
  /// Nil where nothing is to be shown.
  convenience init?(
    _ options: RunOptions, _ plan: Plan, _ clock: any TimerClock,
    _ input: (@Sendable () -> InputProgress)?
  ) {
    guard let manner = Manner(options) else { return nil }
    let errand = Errand("progress")
    let ports = Ports(
      clock: clock, read: { plan.reading(at: clock.now) }, input: input,
      perform: { errand.ask($0) },
      show: { text in
        switch manner {
        case .lines: StandardError.write(text.line)
        case .rows:
          guard Terminal.isOurs else { return }
          let size = Terminal.size
          StandardError.draw(text.rows(columns: size.columns, rows: size.rows))
        }
      })
    self.init(manner, ports)
  }
}

extension ProgressDisplay.Manner {
  /// Rows are drawn on a terminal that nothing else writes to: results on the same terminal would go
  /// through the rows.
  init?(_ options: RunOptions) {
    let sharesTerminal =
      options.taps.contains { $0.file == nil } || (options.output == nil && isatty(1) == 1)
    let canDraw = isatty(2) == 1 && Terminal.understandsEscapes && !sharesTerminal
    switch options.progress {
    case .never: return nil
    case .auto:
      guard canDraw, options.verbosity != .quiet else { return nil }
      self = .rows
    case .always: self = canDraw ? .rows : .lines
    }
  }
}

/// The terminal that stderr is.
enum Terminal {
  static var understandsEscapes: Bool {
    guard let kind = Environment.variables["TERM"] else { return false }
    return !kind.isEmpty && kind != "dumb"
  }

  /// False in the background of a shell, where the terminal belongs to another command. One that is
  /// not the session's own terminal knows no foreground.
  static var isOurs: Bool {
    let foreground = tcgetpgrp(2)
    return foreground < 0 || foreground == getpgrp()
  }

  /// What the terminal says, else COLUMNS and LINES, else 80 by 24.
  static var size: (columns: Int, rows: Int) {
    // struct winsize of <asm-generic/termios.h>: rows, columns, and the same in pixels.
    var window: (rows: UInt16, columns: UInt16, UInt16, UInt16) = (0, 0, 0, 0)
    let isKnown = ioctl(2, UInt(TIOCGWINSZ), &window) == 0
    func pick(_ told: UInt16, _ variable: String, _ usual: Int) -> Int {
      if isKnown, told > 0 { return Int(told) }
      let given = Environment.variables[variable].flatMap { Int($0) } ?? 0
      return given > 0 ? given : usual
    }
    return (pick(window.columns, "COLUMNS", 80), pick(window.rows, "LINES", 24))
  }
}
