import CLinux
import Stages

/// The stdin of a child that is sent more while it runs. Whoever owns it holds a lock around each call
/// and wakes, behind it, whom `takeWake` names.
struct ChildInput: Sendable {
  struct Wake {
    var waiter: Waiter<Bool>
    var answer: Bool
  }

  /// Nil once it is closed, by us or because nobody reads it any more.
  private var pipe: FileDescriptor?
  private var unsent: ArraySlice<UInt8>
  private var endsBehind = false
  private var isRefused = false
  private var waiter: Waiter<Bool>?
  /// What nobody has read, known once it is closed.
  private(set) var unread = 0

  /// - Parameters:
  ///   - pipe: a writing end that does not block.
  ///   - unsent: what goes into it first.
  init(_ pipe: FileDescriptor, unsent: ArraySlice<UInt8>) {
    self.pipe = pipe
    self.unsent = unsent
  }

  mutating func send(_ bytes: [UInt8]) {
    guard pipe != nil, !endsBehind else {
      unread += bytes.count
      return
    }
    if unsent.isEmpty { unsent = bytes[...] } else { unsent += bytes }
    write()
  }

  mutating func end() {
    endsBehind = true
    if unsent.isEmpty { close() }
  }

  /// Writes what there is room for.
  mutating func write() {
    while let pipe, !unsent.isEmpty {
      switch pipe.write(unsent) {
      case .count(let count): unsent = unsent.dropFirst(count)
      case .later: return
      case .failed:
        // The child has closed its stdin, which is its right, or has ended.
        isRefused = true
        close()
      }
    }
    if endsBehind { close() }
  }

  mutating func close() {
    guard let pipe else { return }
    unread += Int(linux_bytes_available(pipe.number)) + unsent.count
    if !unsent.isEmpty { isRefused = true }
    unsent = []
    pipe.close()
    self.pipe = nil
  }

  /// Nil if the waiter has to wait until all is sent.
  mutating func wait(_ waiter: Waiter<Bool>) -> Bool? {
    if let answer { return answer }
    self.waiter = waiter
    return nil
  }

  mutating func takeWake() -> Wake? {
    guard let waiter, let answer else { return nil }
    self.waiter = nil
    return Wake(waiter: waiter, answer: answer)
  }

  /// Whether all was sent; nil while it is not and still may be.
  private var answer: Bool? {
    if isRefused || (pipe == nil && !endsBehind) { return false }
    return unsent.isEmpty ? true : nil
  }
}
