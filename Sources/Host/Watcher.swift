import CLinux
import Glibc

/// The process that ends what is left if streamline itself is killed (SEMANTICS 7.4). It is this
/// same program under another name. It waits for the end of a pipe whose other end streamline
/// holds, and then KILLs the sessions that the shared table names. Nothing of streamline's stdout
/// is open in it.
package struct Watcher: Sendable {
  private static let name = "streamline-watcher"
  /// Where the watcher finds the shared table.
  private static let tableNumber: Int32 = 3

  private let pipe: FileDescriptor
  let process: Int32

  /// Becomes the watcher if this process was started as one, and then never returns. Called first
  /// of all in `main`.
  package static func runIfAsked(_ arguments: [String]) {
    guard arguments.first == name else { return }
    for number: Int32 in 1..<65 { _ = signal(number, SIG_IGN) }
    var byte: UInt8 = 0
    while true {
      let count = unsafe read(0, &byte, 1)
      if count == 0 || (count < 0 && errno != EINTR) { break }
    }
    let table = FileDescriptor(number: tableNumber)
    endSessions(named(in: table).union(holding(expected(in: table))))
    exit(0)
  }

  /// Starts the watcher from `executable`.
  init(executable: String, table: SessionTable) throws(SystemError) {
    let pipe = try Pipe()
    defer { pipe.reading.close() }
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_adddup2(&actions, pipe.reading.number, 0)
    unsafe posix_spawn_file_actions_adddup2(&actions, table.file.number, Self.tableNumber)
    for number: Int32 in 1...2 {
      unsafe posix_spawn_file_actions_addopen(&actions, number, "/dev/null", O_WRONLY, 0)
    }
    // What streamline inherited besides is not to be held open either.
    unsafe linux_spawn_without(&actions, Self.tableNumber + 1)
    unsafe linux_spawn_in(&actions, "/")
    var attributes = posix_spawnattr_t()
    unsafe linux_spawn_attributes(&attributes)
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    let arguments = CStrings([Array(Self.name.utf8)])
    let environment = CStrings([])
    var process: Int32 = 0
    let error = unsafe posix_spawn(
      &process, executable, &actions, &attributes, arguments.pointers, environment.pointers)
    guard error == 0 else {
      pipe.writing.close()
      throw SystemError(error)
    }
    self.pipe = pipe.writing
    self.process = process
  }

  /// Lets the watcher end, which finds an empty table, and waits for that.
  func dismiss() {
    pipe.close()
    var status: Int32 = 0
    while unsafe waitpid(process, &status, 0) < 0, errno == EINTR {}
  }

  /// Waits for the watchers of processes of ours that were killed: they then have ended what those
  /// left. Only a subreaper is given them.
  static func awaitOrphaned() {
    for row in ProcessTable.read()?.rows ?? [] where row.parent == getpid() {
      guard isWatcher(row.process) else { continue }
      var status: Int32 = 0
      while unsafe waitpid(row.process, &status, 0) < 0, errno == EINTR {}
    }
  }

  private static func isWatcher(_ process: Int32) -> Bool {
    let file = unsafe open("/proc/\(process)/cmdline", O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return false }
    defer { Glibc.close(file) }
    var text = [UInt8](repeating: 0, count: name.utf8.count + 1)
    return unsafe read(file, &text, text.count) == text.count
      && text.dropLast().elementsEqual(name.utf8)
  }

  private static func named(in table: FileDescriptor) -> Set<Int32> {
    var sessions: Set<Int32> = []
    var block = [Int32](repeating: 0, count: 4096)
    var offset = SessionTable.firstSlot
    while true {
      let size = unsafe pread(table.number, &block, block.count * 4, offset)
      guard size > 0 else { return sessions }
      for session in block.prefix(size / 4) where session > 1 { sessions.insert(session) }
      offset += size
    }
  }

  /// The pipes of children that were being started. The pipe of the watcher ends when they are: until
  /// a child has become its command it holds that pipe too.
  private static func expected(in table: FileDescriptor) -> Set<UInt64> {
    var pipes = [UInt64](repeating: 0, count: SessionTable.starters * 2)
    guard unsafe pread(table.number, &pipes, SessionTable.firstSlot, 0) == SessionTable.firstSlot
    else { return [] }
    return Set(pipes).subtracting([0])
  }

  /// The sessions of those whose stdout or stderr is one of `pipes`.
  private static func holding(_ pipes: Set<UInt64>) -> Set<Int32> {
    if pipes.isEmpty { return [] }
    let rows = ProcessTable.read()?.rows ?? []
    let holders = rows.filter { row in
      [1, 2].contains { number in
        var facts = stat()
        return unsafe stat("/proc/\(row.process)/fd/\(number)", &facts) == 0
          && facts.st_mode & S_IFMT == S_IFIFO && pipes.contains(UInt64(facts.st_ino))
      }
    }
    return Set(holders.map(\.session))
  }

  /// Again until none is found: one may be forked while the others are killed.
  private static func endSessions(_ sessions: Set<Int32>) {
    if sessions.isEmpty { return }
    for session in sessions { kill(-session, SIGKILL) }
    for _ in 0..<100 {
      let left = ProcessTable.read()?.rows.filter { $0.isAlive && sessions.contains($0.session) }
      guard let left, !left.isEmpty else { return }
      for row in left { kill(row.process, SIGKILL) }
    }
  }
}
