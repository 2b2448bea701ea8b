package import Flow
package import Lines
package import Stages

package typealias LineQueue = BoundedQueue<Batch, Cause>

/// Where the items come from.
package protocol LineSource: Sendable {
  /// Sends all input into `queue` and closes it once: with the end, also after `interrupt`, or with a
  /// cut behind the last whole line when reading failed. Returns when it has closed the queue or was
  /// stopped.
  func run(into queue: LineQueue) async -> SourceReport

  /// The input ends here, as a signal asks for: an unterminated rest is dropped.
  func interrupt()

  /// Nobody reads any more.
  func stop()
}

package struct SourceReport: Sendable {
  /// The number of the last line read, counted from 1 or from where the run started.
  package var linesRead: UInt64
  /// Bytes of an unterminated line that were dropped.
  package var droppedBytes: Int

  package init(linesRead: UInt64, droppedBytes: Int = 0) {
    self.linesRead = linesRead
    self.droppedBytes = droppedBytes
  }
}

/// Where the results go.
package protocol LineSink: Sendable {
  /// Writes what comes out of `queue` until that is closed, then closes what it writes to. A reader
  /// that has gone stops the queue, also while there is nothing to write.
  func run(from queue: LineQueue, report: any SinkWatcher) async -> SinkReport

  /// From now on the reader is given what it takes at once; when it makes the writer wait, nothing
  /// more.
  func stopWaiting()

  /// Gives no more to the reader; a write that blocks is given up.
  func stopHard()
}

/// What a sink tells while it works.
package protocol SinkWatcher: Sendable {
  /// The reader does not read: what is written waits for it.
  func sinkIsBlocked(_ blocked: Bool)
}

package struct SinkReport: Sendable {
  package var closing: Closing<Cause>
  package var readerGone: Bool
  package var failure: PortFailure?
  package var linesWritten: UInt64
  /// All input lines below this number are accounted for in what was written.
  package var completeBelow: UInt64
  /// How many lines of what was written come of those input lines.
  package var linesComplete: UInt64
  /// False when what was written ends inside a line.
  package var endsAtLine: Bool

  package init(
    closing: Closing<Cause>, readerGone: Bool = false, failure: PortFailure? = nil,
    linesWritten: UInt64 = 0, completeBelow: UInt64 = 1, linesComplete: UInt64 = 0,
    endsAtLine: Bool = true
  ) {
    self.closing = closing
    self.readerGone = readerGone
    self.failure = failure
    self.linesWritten = linesWritten
    self.completeBelow = completeBelow
    self.linesComplete = linesComplete
    self.endsAtLine = endsAtLine
  }
}

/// Opens files that stages write beside the stream.
package protocol SideFileOpener: Sendable {
  /// Opens or makes the file, emptied unless `append`. Throws `.stage` with the file's name.
  func open(_ path: String, append: Bool) throws(Failure) -> any SideFile
}

/// A file that a stage writes beside the stream.
package protocol SideFile: Sendable {
  /// Writes whole lines. Where not all can be written, throws how much was: a regular file is cut
  /// back to the end of a line.
  func write(_ bytes: [UInt8], delimiter: UInt8) async throws(SideFileFailure)
  /// Closes it; throws what the system only tells then.
  func close() async throws(Failure)
}

/// A side file that could not be written.
package struct SideFileFailure: Error, Sendable {
  /// Of kind `stage`, naming the file.
  package var failure: Failure
  /// Bytes that were written, whole lines.
  package var written: Int

  package init(_ failure: Failure, written: Int = 0) {
    self.failure = failure
    self.written = written
  }
}
