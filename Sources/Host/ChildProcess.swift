import CLinux
import Glibc
package import Stages
import Synchronization

/// One child as its stage sees it: what it is sent and prints, and its end.
package final class ChildProcess: Child {
  /// The most that one event carries.
  static let blockSize = 65536
  /// What is asked for first: answers and results are small.
  static let firstBlockSize = 4096

  struct State {
    var output: FileDescriptor?
    /// There may be something in the pipe. Set when the kernel says so, cleared by a read that has
    /// emptied it.
    var isReadable = false
    var readSize = ChildProcess.firstBlockSize
    /// The child closed its stdout; to be told.
    var hasClosedOutput = false
    /// What was in the pipe when the process ended.
    var rest: ArraySlice<UInt8> = []
    var exit: ChildExit?
    var waiter: Waiter<Void>?
    var input: ChildInput?
  }

  package let process: Int32
  private let state: Mutex<State>

  /// - Parameter input: where the child reads from, if it can be sent more.
  init(process: Int32, output: FileDescriptor, input: ChildInput? = nil) {
    self.process = process
    state = Mutex(State(output: output, input: input))
  }

  package func next() async -> ChildEvent {
    while true {
      if let event = state.withLock({ $0.take() }) { return event }
      await Waiter.suspend { waiter in
        let isReady = state.withLock { state in
          if state.isReady { return true }
          state.waiter = waiter
          return false
        }
        if isReady { waiter.resume() }
      }
    }
  }

  package var isQuiet: Bool {
    state.withLock { state in
      guard let output = state.output, state.exit == nil, state.rest.isEmpty else { return false }
      return linux_bytes_available(output.number) == 0
    }
  }

  /// The kernel says that there is something to read, or that nobody can write any more.
  func becameReadable() { wake { $0.isReadable = true } }

  /// The kernel says that nothing is left to read and that nobody can write any more: the child has
  /// closed its stdout, and its end is still to come.
  func outputEnded() { wake { $0.endOutput() } }

  /// What the pipe holds is read now and no more, and the pipe closed, though others may still hold
  /// its other end.
  package func closeOutput() {
    wake { state in
      guard let output = state.output else { return }
      state.rest += output.remaining()
      output.close()
      state.output = nil
    }
  }

  /// Nothing of the session is left: told behind all output.
  func finish(_ exit: ChildExit) { wake { $0.exit = exit } }

  private func wake(_ change: (inout State) -> Void) {
    let waiter = state.withLock { state -> Waiter<Void>? in
      change(&state)
      guard state.isReady else { return nil }
      defer { state.waiter = nil }
      return state.waiter
    }
    waiter?.resume()
  }

  // MARK: Its stdin

  package func send(_ bytes: [UInt8]) { changeInput { $0.send(bytes) } }
  package func endInput() { changeInput { $0.end() } }

  package func drained() async -> Bool {
    await Waiter.suspend { waiter in
      let answer = state.withLock { state in
        state.input == nil ? false : state.input?.wait(waiter)
      }
      if let answer { waiter.resume(returning: answer) }
    }
  }

  /// The kernel says that there is room in its stdin, or that nobody reads it any more.
  func becameWritable() { changeInput { $0.write() } }

  /// The process has ended: what it has not read, nobody reads.
  func closeInput() { changeInput { $0.close() } }

  private func changeInput(_ change: (inout ChildInput) -> Void) {
    let wake = state.withLock { state -> ChildInput.Wake? in
      guard var input = state.input.take() else { return nil }
      change(&input)
      let wake = input.takeWake()
      state.input = input
      return wake
    }
    wake?.waiter.resume(returning: wake?.answer ?? false)
  }
}

extension ChildProcess.State {
  var isReady: Bool { isReadable || hasClosedOutput || !rest.isEmpty || exit != nil }

  /// What can be told now. The reads never block, and a child has one reader, so that they may stand
  /// under the lock that keeps the pipe from being closed meanwhile.
  mutating func take() -> ChildEvent? {
    if isReadable, let block = read() { return .output(block) }
    if hasClosedOutput {
      hasClosedOutput = false
      return .output([])
    }
    if !rest.isEmpty {
      defer { rest = rest.dropFirst(ChildProcess.blockSize) }
      return .output(Array(rest.prefix(ChildProcess.blockSize)))
    }
    guard var exit else { return nil }
    // What it was sent when it had ended already counts too.
    exit.unreadInput = input?.unread ?? 0
    return .exited(exit)
  }

  /// A read that is not filled has emptied the pipe: what is written behind it brings news again.
  private mutating func read() -> [UInt8]? {
    isReadable = false
    guard let output else { return nil }
    var block: [UInt8] = []
    switch output.read(into: &block, limit: readSize) {
    case .count(let count) where count > 0:
      isReadable = count == readSize
      readSize = isReadable ? ChildProcess.blockSize : ChildProcess.firstBlockSize
      return block
    case .later: return nil
    case .count, .failed:
      endOutput()
      return nil
    }
  }

  fileprivate mutating func endOutput() {
    guard let output else { return }
    output.close()
    self.output = nil
    isReadable = false
    hasClosedOutput = true
  }
}

extension FileDescriptor {
  /// Exactly what is in this pipe now: never waits for those who hold its other end.
  func remaining() -> [UInt8] {
    var bytes: [UInt8] = []
    let there = linux_bytes_available(number)
    guard there > 0, case .count = read(into: &bytes, limit: Int(there)) else { return [] }
    return bytes
  }
}
