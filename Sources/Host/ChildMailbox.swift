import CLinux
import Glibc
import Synchronization

/// Where something of a child happened.
struct ChildEventSource: Sendable, Equatable {
  enum Kind: UInt64, Sendable { case process, output, error, input }
  var child: UInt64
  var kind: Kind

  init(child: UInt64, kind: Kind) {
    self.child = child
    self.kind = kind
  }

  init(token: UInt64) {
    child = token >> 2
    kind = Kind(rawValue: token & 3) ?? .process
  }

  var token: UInt64 { child << 2 | kind.rawValue }
}

/// How news reach the loop of children: messages of other threads, and the kernel's.
final class ChildMailbox: Sendable {
  /// No child has this number.
  private static let wakeToken = UInt64.max

  private let poll: FileDescriptor
  private let wake: FileDescriptor
  private let messages = Mutex<[ChildMessage]>([])

  init() throws(SystemError) {
    let poll = linux_epoll_create()
    guard poll >= 0 else { throw .last }
    let wake = linux_eventfd()
    guard wake >= 0, linux_epoll_add(poll, wake, Self.wakeToken, 0) == 0 else { throw .last }
    self.poll = FileDescriptor(number: poll)
    self.wake = FileDescriptor(number: wake)
  }

  /// Leaves a message; the loop looks at it at once.
  func post(_ message: ChildMessage) {
    leave(message)
    var one: UInt64 = 1
    _ = unsafe write(wake.number, &one, 8)
  }

  /// Leaves a message that can wait until the loop wakes for another reason.
  func leave(_ message: ChildMessage) { messages.withLock { $0.append(message) } }

  func take() -> [ChildMessage] {
    messages.withLock { messages in
      defer { messages.removeAll(keepingCapacity: true) }
      return messages
    }
  }

  /// Watches a descriptor for data, or for room where it is a child's input.
  ///
  /// It need not be taken back before the descriptor is closed: a copy that another child holds
  /// until its exec may still bring an event, which is then about nobody.
  func watch(_ file: FileDescriptor, _ source: ChildEventSource) {
    _ = linux_epoll_add(poll.number, file.number, source.token, source.kind == .input ? 1 : 0)
  }

  /// Waits for a message or for what the kernel has to tell.
  func wait(patiently: Bool) -> [ChildEventSource] {
    var events = [linux_event](repeating: linux_event(), count: 64)
    let count = unsafe linux_epoll_wait(poll.number, &events, 64, patiently ? -1 : 0)
    var sources: [ChildEventSource] = []
    for event in events.prefix(Int(max(count, 0))) {
      if event.token == Self.wakeToken {
        var sum: UInt64 = 0
        _ = unsafe read(wake.number, &sum, 8)
      } else {
        sources.append(ChildEventSource(token: event.token))
      }
    }
    return sources
  }

  func close() {
    poll.close()
    wake.close()
  }
}
