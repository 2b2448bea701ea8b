import CLinux
import Flow
import Glibc
package import Lines
package import PipelineRuntime
import Synchronization

/// Reads stdin, or files one after the other, on a thread of its own, and hands on what is there as
/// soon as it is there.
package final class StandardSource: LineSource {
  private enum Request: Sendable { case none, interrupt, stop }

  /// How reading one input ended.
  private enum Ending {
    case end, interrupted, stopped
    case failed(PortFailure)
  }

  /// Where batches go, and what is done with them before.
  private struct Outflow {
    let queue: LineQueue
    let prepare: ((inout Batch) -> Void)?

    /// - Returns: false if nobody reads any more.
    func send(_ batch: consuming Batch) -> Bool {
      var batch = batch
      // Who waits for it would wait for that too.
      if let prepare, queue.fill.lines > 0 { prepare(&batch) }
      return queue.sendBlocking(batch)
    }
  }

  private struct State {
    var request = Request.none
    /// The numbers that the inputs' first lines have.
    var firstNumbers: [UInt64] = []
    var progress = ReadingProgress()
  }

  private let inputs: [InputFile]
  private let delimiter: UInt8
  private let maxLine: Int
  private let keepsOrigins: Bool
  private let firstNumber: UInt64
  private let makePreparation: Preparation?
  /// Nil where reading never has to wait: regular files.
  private let wake: FileDescriptor?
  private let position: InputPosition?
  private let state = Mutex(State())

  /// Called on the thread that reads: makes what is done there with each batch before it is handed on.
  package typealias Preparation = @Sendable () -> (inout Batch) -> Void

  /// Opens or tries all files. Without any it reads stdin, as it does for `-`.
  ///
  /// - Parameters:
  ///   - firstNumber: the number of the first line.
  ///   - prepare: finds out about a batch what the first stage else would; done only while others
  ///     wait in the queue, so that who has time does it.
  /// - Throws: what cannot be read.
  package init(
    files: [String] = [], delimiter: UInt8 = 0x0A, maxLine: Int, keepsOrigins: Bool = false,
    firstNumber: UInt64 = 1, prepare: Preparation? = nil
  ) throws(PortFailure) {
    inputs = try InputFile.openAll(files)
    self.delimiter = delimiter
    self.maxLine = maxLine
    self.keepsOrigins = keepsOrigins
    self.firstNumber = firstNumber
    makePreparation = prepare
    if inputs.allSatisfy({ $0.kind == LINUX_REGULAR }) {
      wake = nil
    } else {
      let wake = linux_eventfd()
      guard wake >= 0 else { throw PortFailure("cannot read: \(SystemError.last)") }
      self.wake = FileDescriptor(number: wake)
    }
    position =
      inputs.count == 1 && inputs[0].isStandard ? InputPosition(firstNumber: firstNumber) : nil
  }

  deinit { wake?.close() }

  /// Whole bytes of input, if that is known: all inputs are regular files.
  package var knownSize: UInt64? {
    var sum: UInt64 = 0
    for input in inputs {
      guard let file = input.file, input.kind == LINUX_REGULAR, !input.isCompressed else {
        return nil
      }
      let end = lseek(file.number, 0, SEEK_CUR)
      var facts = stat()
      guard end >= 0, unsafe fstat(file.number, &facts) == 0 else { return nil }
      sum += UInt64(max(0, facts.st_size - end))
    }
    return sum
  }

  /// How much has been read and handed on so far, over all inputs.
  package var progress: ReadingProgress { state.withLock { $0.progress } }

  package func run(into queue: LineQueue) async -> SourceReport {
    await Waiter.suspend { waiter in
      Thread.start("source") { [self] in waiter.resume(returning: readAll(into: queue)) }
    }
  }

  package func interrupt() { request(.interrupt) }
  package func stop() { request(.stop) }

  /// Which file a line came from and its number in there; nil for stdin alone.
  package func place(of number: UInt64) -> (file: String, line: UInt64)? {
    if inputs.count == 1, inputs[0].isStandard { return nil }
    let firsts = state.withLock { $0.firstNumbers }
    guard let index = firsts.lastIndex(where: { $0 <= number }) else { return nil }
    return (inputs[index].name, number - firsts[index] + 1)
  }

  /// The path of the file that a line came from, as it was given; nil for stdin.
  package func path(of number: UInt64) -> String? {
    let firsts = state.withLock { $0.firstNumbers }
    return firsts.lastIndex { $0 <= number }.flatMap { inputs[$0].path }
  }

  /// Sets a seekable stdin back behind line `number`, as head(1) does, for whoever reads it next.
  /// Called after the run has ended early.
  package func setBack(behind number: UInt64) {
    position?.set(behind: number, delimiter: delimiter)
  }

  private func request(_ new: Request) {
    state.withLock { state in if state.request != .stop { state.request = new } }
    wake?.notify()
  }

  // MARK: On the thread

  private func readAll(into queue: LineQueue) -> SourceReport {
    var splitter = LineSplitter(
      delimiter: delimiter, maxLine: maxLine, keepsOrigins: keepsOrigins, firstNumber: firstNumber)
    var ending = Ending.end
    let outflow = Outflow(queue: queue, prepare: makePreparation?())
    for var input in inputs {
      state.withLock { $0.firstNumbers.append(splitter.nextNumber) }
      ending = read(&input, &splitter, outflow)
      if case .end = ending {
        // Each file ends its own last line.
        if let last = splitter.finish() {
          note(last, through: splitter.nextNumber)
          if !outflow.send(last) { ending = .stopped }
        }
        if !input.isStandard { input.release() }
        if case .end = ending { continue }
      }
      input.release()
      break
    }
    let dropped = splitter.dropRest()
    switch ending {
    case .end, .interrupted: queue.close(.end)
    case .failed(let failure): queue.close(.cut(.input(failure)))
    case .stopped: break
    }
    return SourceReport(linesRead: splitter.nextNumber - 1, droppedBytes: dropped)
  }

  private func read(
    _ input: inout InputFile, _ splitter: inout LineSplitter, _ outflow: Outflow
  ) -> Ending {
    let file: FileDescriptor
    do throws(PortFailure) { file = try input.reopen() } catch { return .failed(error) }
    let firstNumber = splitter.nextNumber
    var reading = InputReading(file, mayBeCompressed: !input.isStandard)
    while true {
      if let ending = waitForInput(reading.hasMore ? nil : file) { return ending }
      var step = InputReading.Step.later
      let count = unsafe splitter.fill { space in
        step = unsafe reading.read(into: space)
        return if case .count(let count) = step { count } else { 0 }
      }
      let lines = splitter.nextNumber - firstNumber
      switch step {
      case .count: position?.advance(by: count)
      case .end: return .end
      case .later: continue
      case .failed(let error): return .failed(failure(error, input, lines: lines))
      case .unreadable(let failure): return .failed(self.failure(failure, input, lines: lines))
      }
      if let ending = handOn(&splitter, outflow, input, firstNumber) { return ending }
    }
  }

  /// Nil when there is something to read.
  ///
  /// - Parameter file: nil if there is without waiting.
  private func waitForInput(_ file: FileDescriptor?) -> Ending? {
    while true {
      switch state.withLock({ $0.request }) {
      case .interrupt: return .interrupted
      case .stop: return .stopped
      case .none: break
      }
      guard let file, let wake else { return nil }
      let ready = linux_wait(file.number, 0, wake.number, -1)
      // An error of the file is told by reading it.
      if ready & 4 == 0 { return nil }
      var sum: UInt64 = 0
      _ = unsafe Glibc.read(wake.number, &sum, 8)
    }
  }

  private func handOn(
    _ splitter: inout LineSplitter, _ outflow: Outflow, _ input: InputFile, _ firstNumber: UInt64
  ) -> Ending? {
    do throws(LineTooLong) {
      while let batch = try splitter.take() {
        note(batch, through: splitter.nextNumber)
        if !outflow.send(batch) { return .stopped }
      }
      position?.mark(line: splitter.nextNumber, rest: splitter.restBytes)
      return nil
    } catch {
      let place =
        input.isStandard && inputs.count == 1
        ? "input line \(error.number)"
        : "line \(error.number - firstNumber + 1) of \(input.name)"
      return .failed(
        PortFailure(
          "\(place) is longer than \(error.limit) bytes",
          remedy: "a larger max_line under 'input' lets it through"))
    }
  }

  /// Counts a batch that is handed on; its lines end before number `next`.
  private func note(_ batch: Batch, through next: UInt64) {
    state.withLock { state in
      state.progress.bytes += UInt64(batch.liveBytes)
      state.progress.lines = next - 1
    }
  }

  private func failure(
    _ failure: DecompressionFailure, _ input: InputFile, lines: UInt64
  ) -> PortFailure {
    if case .noLibrary(let library) = failure {
      return PortFailure(
        "cannot read \(input.name): \(failure.message)",
        remedy: "install the package that has \(library), or decompress the file first")
    }
    return PortFailure(
      "reading \(input.name) failed behind its line \(lines): \(failure.message)")
  }

  private func failure(_ error: SystemError, _ input: InputFile, lines: UInt64) -> PortFailure {
    if error.number == EBADF, input.isStandard { return PortFailure("stdin is closed") }
    if error.number == EISDIR { return PortFailure("\(input.name) is a folder") }
    return PortFailure("reading \(input.name) failed behind its line \(lines): \(error)")
  }
}

/// How far a source has come.
package struct ReadingProgress: Sendable, Equatable {
  /// Of whole lines, with their delimiters.
  package var bytes: UInt64 = 0
  /// The number of the last of them.
  package var lines: UInt64 = 0

  package init(bytes: UInt64 = 0, lines: UInt64 = 0) {
    self.bytes = bytes
    self.lines = lines
  }
}
