import CLinux
import Glibc
package import Stages
import Synchronization

/// One child as its stage sees it: what it prints, and its end.
package final class ChildProcess: Child {
  /// The most that one event carries.
  static let blockSize = 65536

  struct State {
    var output: FileDescriptor?
    /// There may be something in the pipe. Set when the kernel says so, cleared by an empty read.
    var isReadable = false
    /// What was in the pipe when the process ended.
    var rest: ArraySlice<UInt8> = []
    var exit: ChildExit?
    var waiter: Waiter<Void>?
  }

  package let process: Int32
  private let state: Mutex<State>

  init(process: Int32, output: FileDescriptor) {
    self.process = process
    state = Mutex(State(output: output))
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

  /// The kernel says that there is something to read, or that nobody can write any more.
  func becameReadable() { wake { $0.isReadable = true } }

  /// The process has ended: what it has written is read now and no more, and the pipe closed, though
  /// others may still hold its other end.
  func closeOutput() {
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
}

extension ChildProcess.State {
  var isReady: Bool { isReadable || !rest.isEmpty || exit != nil }

  /// What can be told now. The reads never block, and a child has one reader, so that they may stand
  /// under the lock that keeps the pipe from being closed meanwhile.
  mutating func take() -> ChildEvent? {
    if isReadable {
      if let block = read() { return .output(block) }
      isReadable = false
    }
    if !rest.isEmpty {
      defer { rest = rest.dropFirst(ChildProcess.blockSize) }
      return .output(Array(rest.prefix(ChildProcess.blockSize)))
    }
    return exit.map { .exited($0) }
  }

  private mutating func read() -> [UInt8]? {
    guard let output else { return nil }
    let there = linux_bytes_available(output.number)
    var block: [UInt8] = []
    switch output.read(into: &block, limit: min(max(Int(there), 1), ChildProcess.blockSize)) {
    case .count(let count) where count > 0: return block
    case .later: return nil
    case .count, .failed:
      // The child closed its stdout; its end is still to come.
      output.close()
      self.output = nil
      return nil
    }
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
