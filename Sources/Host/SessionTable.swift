import CLinux
import Glibc
import Synchronization

/// The sessions that are alive, in memory that the watcher shares: it can be read after streamline
/// has been killed, and telling costs no system call. A slot holds a session's number or 0.
final class SessionTable: Sendable {
  /// More than a process may have descriptors for.
  static let capacity = 1 << 17

  /// What the watcher inherits.
  let file: FileDescriptor
  private let memory: SharedSlots
  private let free = Mutex<(unused: [Int], next: Int)>(([], 0))

  init() throws(SystemError) {
    let size = Self.capacity * MemoryLayout<Int32>.stride
    let number = unsafe linux_anonymous_file("sessions", size)
    guard number >= 0 else { throw .last }
    file = FileDescriptor(number: number)
    memory = try SharedSlots(file: file, size: size)
  }

  /// Enters a session. The slot is given back to `remove`.
  func add(_ session: Int32) -> Int {
    let slot = free.withLock { free in
      if let slot = free.unused.popLast() { return slot }
      free.next += 1
      return min(free.next - 1, Self.capacity - 1)
    }
    memory.set(slot, to: session)
    return slot
  }

  func remove(_ slot: Int) {
    memory.set(slot, to: 0)
    free.withLock { $0.unused.append(slot) }
  }
}

/// A mapping of the shared file. Each slot is written by one thread at a time; its only reader is
/// the watcher, once nobody writes any more.
@safe
private final class SharedSlots: @unchecked Sendable {
  private let slots: UnsafeMutablePointer<Int32>
  private let size: Int

  init(file: FileDescriptor, size: Int) throws(SystemError) {
    let mapped = unsafe mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, file.number, 0)
    guard let mapped = unsafe mapped, unsafe mapped != MAP_FAILED else { throw .last }
    unsafe slots = mapped.assumingMemoryBound(to: Int32.self)
    self.size = size
  }

  deinit { unsafe munmap(slots, size) }

  func set(_ slot: Int, to session: Int32) { unsafe slots[slot] = session }
}
