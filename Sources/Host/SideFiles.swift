import CLinux
import DequeModule
import Glibc
package import PipelineRuntime
package import Stages

/// Opens the files that stages write beside the stream.
package struct SideFiles: SideFileOpener {
  /// Regular files take what they are given; one thread writes to all of them.
  private let shared = WritingThread("side files")

  package init() {}

  package func open(_ path: String, append: Bool) throws(Failure) -> any SideFile {
    let number = unsafe linux_open(path, O_CREAT | (append ? O_APPEND : O_TRUNC), 0o666)
    guard number >= 0 else {
      throw Failure(
        .stage, "cannot write '\(path)': \(SystemError.last)",
        remedy: errno == ENOENT ? "its folder has to be there" : nil)
    }
    let isRegular = linux_kind(number) == LINUX_REGULAR
    return HostSideFile(
      path: path, file: FileDescriptor(number: number),
      // Whoever reads a named pipe may be slow, and holds back only that.
      thread: isRegular ? shared : WritingThread("side pipe"))
  }
}

/// One file beside the stream, written in the order of the calls.
struct HostSideFile: SideFile {
  let path: String
  let file: FileDescriptor
  let thread: WritingThread

  func write(_ bytes: [UInt8]) async throws(Failure) {
    let error = await thread.run { [file] in file.writeAll(bytes) }
    if let error { throw Failure(.stage, "writing '\(path)' failed: \(error)") }
  }

  func close() async throws(Failure) {
    let error = await thread.run { [file] in
      Glibc.close(file.number) == 0 || errno == EINTR ? nil : SystemError.last
    }
    if let error { throw Failure(.stage, "closing '\(path)' failed: \(error)") }
  }
}

/// A thread that writes for tasks, which must not block. It starts with its first work and ends with
/// its owner.
final class WritingThread: Sendable {
  private struct Work {
    var run: @Sendable () -> SystemError?
    var waiter: Waiter<SystemError?>
  }
  private struct State {
    var work: Deque<Work> = []
    var isStarted = false
    var isOver = false
  }
  private let name: String
  private let state = Monitor(State())

  init(_ name: String) { self.name = name }

  deinit {
    state.withLock { $0.isOver = true }
    state.wakeOne()
  }

  func run(_ body: @escaping @Sendable () -> SystemError?) async -> SystemError? {
    await Waiter.suspend { waiter in
      let isFirst = state.withLock { state in
        state.work.append(Work(run: body, waiter: waiter))
        defer { state.isStarted = true }
        return !state.isStarted
      }
      if isFirst { Thread.start(name) { [state] in Self.work(state) } } else { state.wakeOne() }
    }
  }

  private static func work(_ state: Monitor<State>) {
    while true {
      let next: Work? = state.wait { state in
        if let work = state.work.popFirst() { return .done(work) }
        return state.isOver ? .done(nil) : .sleep
      }
      guard let next else { return }
      next.waiter.resume(returning: next.run())
    }
  }
}

extension FileDescriptor {
  /// Writes all of it, blocking; nil if that went well.
  func writeAll(_ bytes: [UInt8]) -> SystemError? {
    var rest = bytes[...]
    while !rest.isEmpty {
      switch write(rest) {
      case .count(let count): rest = rest.dropFirst(count)
      case .later: _ = linux_wait(number, 1, -1, -1)
      case .failed(let error): return error
      }
    }
    return nil
  }
}
