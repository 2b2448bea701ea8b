import CLinux
import Flow
import Foundation
import Glibc
import Lines
import PipelineRuntime
import Stages
import Synchronization
import Testing

@testable import Host

/// A folder for one test.
final class Folder: Sendable {
  let path = FileManager.default.temporaryDirectory.appending(path: "host-\(UUID())").path

  init() {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch { Issue.record(error) }
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// What is in it, in the order of the alphabet.
  var names: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
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
