import CLinux
import Glibc

/// Which processes were given to streamline because their parents ended (it is a subreaper).
///
/// The kernel gives them to the first thread, and no child is started from that one, so that the
/// thread's list of children is the list of orphans: when it is empty, nothing of an ended child's
/// session can be left, and no search through /proc is needed. (Orphans are given away before the
/// end of their parent can be seen: exit_notify in kernel/exit.c.)
struct Orphans {
  private let list: FileDescriptor?
  private let ownSession = getsid(0)
  /// Orphans that belong to no session of ours: daemons, which are their own masters.
  private var strangers: Set<Int32> = []

  init() {
    let path = "/proc/self/task/\(getpid())/children"
    let number = unsafe open(path, O_RDONLY | O_CLOEXEC)
    list = number < 0 ? nil : FileDescriptor(number: number)
  }

  func close() { list?.close() }

  /// Whether something of the ended leader of `session` may be left. True where the kernel has no
  /// such list. A stranger is looked at again: it may have been sorted when its leader, started a
  /// moment before, was not known yet.
  func mayRemain(of session: Int32) -> Bool {
    guard let found = read() else { return true }
    return found.contains { !strangers.contains($0) || getsid($0) == session }
  }

  /// Reaps orphans that have ended, and remembers which of the others are none of `sessions`.
  mutating func sort(sessions: Set<Int32>) {
    strangers.removeAll(keepingCapacity: true)
    for process in read() ?? [] {
      let session = getsid(process)
      // What shares our own session was started by other means, and is theirs to reap.
      if session != ownSession, linux_reap(process, 0).process > 0 { continue }
      if !sessions.contains(session) { strangers.insert(process) }
    }
  }

  private func read() -> [Int32]? {
    guard let list else { return nil }
    var found: [Int32] = []
    var text = [UInt8](repeating: 0, count: 4096)
    var size = unsafe pread(list.number, &text, text.count, 0)
    if size == text.count {
      text = [UInt8](repeating: 0, count: 1 << 20)
      size = unsafe pread(list.number, &text, text.count, 0)
    }
    guard size >= 0 else { return nil }
    for number in text[..<size].split(separator: 0x20) {
      if let process = Int32(String(decoding: number, as: UTF8.self)) { found.append(process) }
    }
    return found
  }
}
