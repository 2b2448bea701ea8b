import CLinux
import Flow
import Glibc
import Lines
import PipelineRuntime
import Stages
import Synchronization

@testable import Host

/// A folder for one test.
final class Folder: Sendable {
  let path: String
  init() {
    var name = Array("/tmp/streamline-host-XXXXXX".utf8CString)
    path = mkdtemp(&name).map { String(cString: $0) } ?? "/tmp"
  }
  deinit {
    for name in names { unlink("\(path)/\(name)") }
    rmdir(path)
  }
  var names: [String] {
    guard let folder = opendir(path) else { return [] }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }
  func file(_ name: String, _ text: String) -> String {
    let path = "\(self.path)/\(name)"
    let file = FileDescriptor(number: linux_open(path, O_CREAT | O_TRUNC, 0o644))
    _ = file.writeAll(Array(text.utf8))
    file.close()
    return path
  }
  func text(_ name: String) -> String? { contents("\(path)/\(name)") }
}

/// The text of a file, or nil if there is none.
func contents(_ path: String) -> String? {
  let number = open(path, O_RDONLY)
  guard number >= 0 else { return nil }
  defer { close(number) }
  var text: [UInt8] = []
  var block: [UInt8] = []
  while case .count(let count) = FileDescriptor(number: number).read(into: &block, limit: 65536),
    count > 0
  { text += block }
  return String(decoding: text, as: UTF8.self)
}

/// Everything that comes out of a queue, and how it closed.
func drain(_ queue: LineQueue) async -> (lines: [String], numbers: [UInt64], closing: String) {
  var lines: [String] = []
  var numbers: [UInt64] = []
  while true {
    switch await queue.receive() {
    case .element(let batch):
      for index in 0..<batch.count {
        lines.append(String(decoding: batch.bytes(index), as: UTF8.self))
        numbers.append(batch.number(index))
      }
    case .closed(.end): return (lines, numbers, "end")
    case .closed(.cut(.input(let failure))): return (lines, numbers, failure.message)
    case .closed(.cut): return (lines, numbers, "cut")
    case .stopped: return (lines, numbers, "stopped")
    }
  }
}

/// Keeps what a sink tells.
final class Watch: SinkWatcher {
  private let state = Mutex<(told: [Bool], waiter: Waiter<Void>?)>(([], nil))
  var told: [Bool] { state.withLock { $0.told } }
  func sinkIsBlocked(_ blocked: Bool) {
    let waiter = state.withLock { state -> Waiter<Void>? in
      state.told.append(blocked)
      defer { state.waiter = nil }
      return state.waiter
    }
    waiter?.resume()
  }
  /// Waits until something has been told.
  func first() async {
    await Waiter<Void>.suspend { waiter in
      let isThere = state.withLock { state in
        if !state.told.isEmpty { return true }
        state.waiter = waiter
        return false
      }
      if isThere { waiter.resume() }
    }
  }
}
