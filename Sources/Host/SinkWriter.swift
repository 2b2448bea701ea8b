import CLinux
import Flow
import Glibc
import Lines
import PipelineRuntime

/// The writing half of a sink: gathers small pieces while more is queued, and knows how far what was
/// written goes.
struct SinkWriter {
  /// Why nothing more can be written.
  enum Broken: Error {
    case readerGone
    case failed(SystemError)
    /// Given up for a hard stop.
    case hard
  }

  /// How far the writer goes along with its reader.
  enum Patience: Int, Comparable {
    case waits
    /// Gives what is taken at once.
    case impatient
    /// Gives nothing more.
    case over

    static func < (left: Patience, right: Patience) -> Bool { left.rawValue < right.rawValue }
  }

  let target: OutputTarget
  let delimiter: UInt8
  let wake: FileDescriptor
  let patience: () -> Patience
  let onBlocked: (Bool) -> Void

  /// Pieces smaller than this are gathered.
  private static let small = 32 << 10
  private static let full = 128 << 10

  private var gathered: [UInt8] = []
  /// What the batches taken so far amount to, all written only after a flush.
  private var taken = WrittenAmount()
  private var written = WrittenAmount()
  private var lastByte: UInt8?

  init(
    target: OutputTarget, delimiter: UInt8, wake: FileDescriptor,
    patience: @escaping () -> Patience,
    onBlocked: @escaping (Bool) -> Void
  ) {
    self.target = target
    self.delimiter = delimiter
    self.wake = wake
    self.patience = patience
    self.onBlocked = onBlocked
  }

  /// Takes a batch; what is small of it may wait for the next `flush`.
  mutating func write(_ batch: Batch) throws(Broken) {
    try batch.withContiguousRuns(delimiter: delimiter) { (piece) throws(Broken) in
      if piece.byteCount < Self.small {
        piece.append(to: &gathered)
        if gathered.count >= Self.full { try writeGathered() }
      } else {
        try writeGathered()
        try piece.write(with: &self)
      }
    }
    taken.add(batch)
    if gathered.isEmpty { written = taken }
  }

  mutating func flush() throws(Broken) {
    try writeGathered()
    written = taken
  }

  func report(_ closing: Closing<Cause>, broken: Broken?) -> SinkReport {
    var report = SinkReport(
      closing: closing, linesWritten: written.lines, completeBelow: max(written.completeBelow, 1),
      linesComplete: written.linesComplete,
      endsAtLine: lastByte == nil || lastByte == delimiter)
    switch broken {
    case .readerGone:
      report.readerGone = true
      report.closing = .end
    case .failed(let error): report.failure = target.failure(error)
    case .hard, nil: break
    }
    return report
  }

  private mutating func writeGathered() throws(Broken) {
    if gathered.isEmpty { return }
    var bytes: [UInt8] = []
    swap(&bytes, &gathered)
    try unsafe bytes.span.bytes.write(with: &self)
    // The same memory serves again.
    bytes.removeAll(keepingCapacity: true)
    swap(&bytes, &gathered)
  }

  /// Writes all of it, waiting while the reader does not read. The line being written is finished
  /// whatever ends the run, except a hard stop.
  fileprivate mutating func write(_ bytes: UnsafeRawBufferPointer) throws(Broken) {
    var offset = 0
    while offset < bytes.count {
      if patience() == .over { throw .hard }
      if !target.isPatient { try waitForRoom() }
      let count = unsafe linux_write(
        target.file.number, bytes.baseAddress?.advanced(by: offset), bytes.count - offset,
        target.kind)
      if count >= 0 {
        offset += count
        if count > 0 { lastByte = unsafe bytes[offset - 1] }
        continue
      }
      switch errno {
      case EINTR: continue
      case EAGAIN: try waitForRoom()
      case EPIPE: throw .readerGone
      case let number: throw .failed(SystemError(number))
      }
    }
  }

  private func waitForRoom() throws(Broken) {
    if linux_wait(target.file.number, 1, wake.number, 0) & 3 != 0 { return }
    if patience() > .waits { throw .hard }
    onBlocked(true)
    defer { onBlocked(false) }
    while linux_wait(target.file.number, 1, wake.number, -1) & 3 == 0 {
      if patience() > .waits { throw .hard }
    }
  }
}

extension RawSpan {
  fileprivate func append(to bytes: inout [UInt8]) {
    unsafe withUnsafeBytes { piece in unsafe bytes.append(contentsOf: piece) }
  }

  fileprivate func write(with writer: inout SinkWriter) throws(SinkWriter.Broken) {
    try unsafe withUnsafeBytes { (piece) throws(SinkWriter.Broken) in
      try unsafe writer.write(piece)
    }
  }
}
