import CLinux
import Flow
import Glibc
import Stages
import Testing

@testable import Host

/// The built program, which lies beside the test bundle.
private let program: String? = {
  var path = [CChar](repeating: 0, count: 4096)
  guard readlink("/proc/self/exe", &path, path.count - 1) > 0 else { return nil }
  let runner = path.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
  let folder = runner[...(runner.lastIndex(of: UInt8(ascii: "/")) ?? 0)]
  let file = String(decoding: folder, as: UTF8.self) + "streamline"
  return access(file, X_OK) == 0 ? file : nil
}()

@Suite(.enabled(if: program != nil, "the built program is not beside the tests"))
struct WatcherTests {
  /// A session that would last for ever, ignoring TERM, with another group in it.
  private let lasting =
    "trap '' TERM; sh -c 'trap \"\" TERM; exec sleep 1000' & echo $$; exec sleep 1000"

  @Test func `the watcher kills what is left when its pipe ends, and only then`() async throws {
    let path = try #require(program)
    let spawner = Spawner()
    let table = try SessionTable()
    let spawned = try spawner.start(.shell(lasting))
    let slot = table.add(spawned.process)
    let other = table.add(0x7FFF_FFF0)
    other.remove()
    let watcher = try Watcher(executable: path, table: table)
    #expect(living(inSessionsOf: ["\(spawned.process)"]).contains(spawned.process))
    // Ends the pipe as the end of streamline would, and waits for the watcher's own end.
    watcher.dismiss()
    #expect(living(inSessionsOf: ["\(spawned.process)"]).isEmpty)
    #expect(linux_reap(spawned.process, 0).signal == SIGKILL)
    slot.remove()
  }

  @Test(arguments: [false, true])
  func `a child whose start was under way is killed too`(redirectsOutput: Bool) throws {
    let path = try #require(program)
    let spawner = Spawner()
    let table = try SessionTable()
    let script = redirectsOutput ? "exec > /dev/null; \(lasting)" : lasting
    // As if KILL had come before its number was known.
    let spawned = try spawner.start(.shell(script)) { table.expect(1, $0, $1) }
    try Watcher(executable: path, table: table).dismiss()
    #expect(living(inSessionsOf: ["\(spawned.process)"]).isEmpty)
    #expect(linux_reap(spawned.process, 0).signal == SIGKILL)
  }

  @Test func `what was expected and came about, or did not, is nobody else's`() throws {
    let path = try #require(program)
    let spawner = Spawner()
    let table = try SessionTable()
    let spawned = try spawner.start(.shell("exec sleep 1000")) { table.expect(0, $0, $1) }
    table.expectNothing(0)
    try Watcher(executable: path, table: table).dismiss()
    #expect(living(inSessionsOf: ["\(spawned.process)"]) == [spawned.process])
    kill(-spawned.process, SIGKILL)
    while linux_reap(spawned.process, 0).process == 0 { sched_yield() }
  }

  @Test func `a session that has ended is not killed`() async throws {
    let path = try #require(program)
    let spawner = Spawner()
    let table = try SessionTable()
    let spawned = try spawner.start(.shell("exec sleep 1000"))
    table.add(spawned.process).remove()
    try Watcher(executable: path, table: table).dismiss()
    #expect(living(inSessionsOf: ["\(spawned.process)"]) == [spawned.process])
    kill(-spawned.process, SIGKILL)
    while linux_reap(spawned.process, 0).process == 0 { sched_yield() }
  }

  @Test func `the watcher has a session of its own and holds nothing but its pipe and table`()
    throws
  {
    let path = try #require(program)
    let watcher = try Watcher(executable: path, table: try SessionTable())
    defer { watcher.dismiss() }
    #expect(getsid(watcher.process) == watcher.process)
    let files = (0..<64).map { number -> String in
      var target = [CChar](repeating: 0, count: 256)
      guard readlink("/proc/\(watcher.process)/fd/\(number)", &target, 255) > 0 else { return "" }
      let name = target.prefix { $0 != 0 && $0 != CChar(UInt8(ascii: ":")) }
      return String(decoding: name.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
    #expect(files.prefix(3) == ["pipe", "/dev/null", "/dev/null"])
    #expect(files[3].hasPrefix("/memfd"))
    // The loader may just have a library open; what else streamline had open would be one of these.
    let joining = files.dropFirst(4).filter { ["pipe", "socket", "anon_inode"].contains($0) }
    #expect(joining.isEmpty)
  }
}
