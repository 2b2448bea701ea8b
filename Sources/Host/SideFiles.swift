import CLinux
import DequeModule
import Glibc
package import PipelineRuntime
package import Stages
import Synchronization

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

  func write(_ bytes: [UInt8], delimiter: UInt8) async throws(SideFileFailure) {
    let written = Mutex(0)
    let error = await thread.run { [file] in
      let (count, error) = file.writeAll(bytes)
      let whole =
        error == nil ? count : bytes.prefix(count).lastIndex(of: delimiter).map { $0 + 1 } ?? 0
      if whole < count { file.takeBack(count - whole) }
      written.withLock { $0 = whole }
      return error
    }
    guard let error else { return }
    throw SideFileFailure(
      Failure(.stage, "writing '\(path)' failed: \(error)"), written: written.withLock { $0 })
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
  /// Writes all of it, blocking; how much was written, and what stopped it.
  func writeAll(_ bytes: [UInt8]) -> (count: Int, error: SystemError?) {
    var rest = bytes[...]
    while !rest.isEmpty {
      switch write(rest) {
      case .count(let count): rest = rest.dropFirst(count)
      case .later: _ = linux_wait(number, 1, -1, -1)
      case .failed(let error): return (bytes.count - rest.count, error)
      }
    }
    return (bytes.count, nil)
  }

  /// Takes the last bytes written off a regular file again: half a line is worth nothing.
  fileprivate func takeBack(_ count: Int) {
    let end = lseek(number, 0, SEEK_CUR)
    guard end >= count, linux_kind(number) == LINUX_REGULAR else { return }
    if ftruncate(number, end - off_t(count)) == 0 { lseek(number, -off_t(count), SEEK_CUR) }
  }
}
