import CLinux
import Glibc
import Synchronization

/// The sessions that are alive, in memory that the watcher shares: it can be read after streamline
/// has been killed, and telling costs no system call. A slot holds a session's number or 0.
///
/// Before the slots stand the children that are being started, whose numbers are not known yet: by
/// the pipes that will be their stdout and stderr, two for each thread that starts any.
final class SessionTable: Sendable {
  /// More than a process may have descriptors for.
  static let capacity = 1 << 17
  static let starters = 2
  /// Where the slots begin in the file, in bytes.
  static let firstSlot = starters * 2 * MemoryLayout<UInt64>.stride

  /// What the watcher inherits.
  let file: FileDescriptor
  private let memory: SharedSlots
  private let free = Mutex<(unused: [Int], next: Int)>(([], 0))

  init() throws(SystemError) {
    let size = Self.firstSlot + Self.capacity * MemoryLayout<Int32>.stride
    let number = unsafe linux_anonymous_file("sessions", size)
    guard number >= 0 else { throw .last }
    file = FileDescriptor(number: number)
    memory = try SharedSlots(file: file, size: size)
  }

  /// A child will be started by the thread of this number, from 0, with these ends of pipes as its
  /// stdout and stderr. It is expected until `expectNothing`.
  func expect(_ starter: Int, _ output: FileDescriptor, _ error: FileDescriptor) {
    memory.setExpected(starter * 2, to: output.identity)
    memory.setExpected(starter * 2 + 1, to: error.identity)
  }

  /// What was expected is entered, or was not started.
  func expectNothing(_ starter: Int) {
    memory.setExpected(starter * 2, to: 0)
    memory.setExpected(starter * 2 + 1, to: 0)
  }

  /// A session that is entered, until it is removed.
  struct Entry: Sendable {
    fileprivate let table: SessionTable
    fileprivate let slot: Int

    func remove() { table.remove(slot) }
  }

  /// Enters a session.
  func add(_ session: Int32) -> Entry {
    let slot = free.withLock { free in
      if let slot = free.unused.popLast() { return slot }
      free.next += 1
      return min(free.next - 1, Self.capacity - 1)
    }
    memory.set(slot, to: session)
    return Entry(table: self, slot: slot)
  }

  private func remove(_ slot: Int) {
    memory.set(slot, to: 0)
    free.withLock { $0.unused.append(slot) }
  }
}

/// A mapping of the shared file.
///
/// Unchecked, as it is memory behind pointers: each slot is written by one thread at a time, the one
/// that was given its number; its only reader is the watcher, once nobody writes any more.
@safe
private final class SharedSlots: @unchecked Sendable {
  private let expected: UnsafeMutablePointer<UInt64>
  private let slots: UnsafeMutablePointer<Int32>
  private let size: Int

  init(file: FileDescriptor, size: Int) throws(SystemError) {
    let mapped = unsafe mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, file.number, 0)
    guard let mapped = unsafe mapped, unsafe mapped != MAP_FAILED else { throw .last }
    unsafe expected = mapped.assumingMemoryBound(to: UInt64.self)
    unsafe slots = (mapped + SessionTable.firstSlot).assumingMemoryBound(to: Int32.self)
    self.size = size
  }

  deinit { unsafe munmap(expected, size) }

  func set(_ slot: Int, to session: Int32) { unsafe slots[slot] = session }

  func setExpected(_ index: Int, to pipe: UInt64) { unsafe expected[index] = pipe }
}

extension FileDescriptor {
  /// The number of the pipe behind it, which no other pipe has while it lasts; 0 for anything else.
  var identity: UInt64 {
    var facts = stat()
    guard unsafe fstat(number, &facts) == 0, facts.st_mode & S_IFMT == S_IFIFO else { return 0 }
    return UInt64(facts.st_ino)
  }
}
