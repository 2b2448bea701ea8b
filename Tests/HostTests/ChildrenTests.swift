import CLinux
import Flow
import Glibc
import Stages
import Testing

@testable import Host

@Suite struct ChildrenTests {
  @Test func `what a child prints and its status arrive`() async {
    await Children.withOne { children in
      let run = await children.run(.shell("echo one; echo two; exit 3"))
      #expect(run.text == "one\ntwo\n")
      #expect(run.exit == ChildExit(status: 3, signal: nil))
    }
  }

  @Test func `a child that prints nothing just exits`() async {
    await Children.withOne { children in
      let run = await children.run(.shell(":"))
      #expect(run.output.isEmpty)
      #expect(run.exit == ChildExit(status: 0, signal: nil))
    }
  }

  @Test func `a child that a signal ends tells which`() async {
    await Children.withOne { children in
      let run = await children.run(.shell("kill -9 $$"))
      #expect(run.exit == ChildExit(status: nil, signal: SIGKILL))
    }
  }

  @Test func `a child reads its input and nothing else`() async {
    await Children.withOne { children in
      #expect(await children.run(.shell("cat", input: Array("line\n".utf8))).text == "line\n")
      #expect(await children.run(.shell("cat", input: [])).text == "")
      #expect(await children.run(.shell("cat; readlink /proc/self/fd/0")).text == "/dev/null\n")
    }
  }

  @Test func `input larger than a pipe is fed while output is read`() async {
    let input = [UInt8](repeating: 0x61, count: 3_000_000)
    await Children.withOne { children in
      let run = await children.run(.shell("cat", input: input))
      #expect(run.output == input)
      #expect(run.exit?.status == 0)
    }
  }

  @Test func `a child may close its stdin early`() async {
    let input = [UInt8](repeating: 0x61, count: 3_000_000)
    await Children.withOne { children in
      let run = await children.run(.shell("exec <&-; echo done", input: input))
      #expect(run.text == "done\n")
      #expect(run.exit?.status == 0)
    }
  }

  @Test func `a child that closes its stdout is still awaited`() async {
    await Children.withOne { children in
      let run = await children.run(
        .shell("echo a; exec >&-; head -c 100000 >&2; exit 4", input: []))
      #expect(run.text == "a\n")
      #expect(run.exit?.status == 4)
    }
  }

  @Test func `much output passes whole`() async {
    await Children.withOne { children in
      var total = 0
      do {
        let child = try await children.start(
          .shell("head -c 50000000 /dev/zero"), cancellation: Cancellation())
        while case .output(let block) = await child.next() {
          #expect(block.count <= 65536)
          total += block.count
        }
      } catch {
        Issue.record("\(error)")
      }
      #expect(total == 50_000_000)
    }
  }

  @Test func `stderr is drained, handed on line by line, and its end is kept`() async {
    let lines = Lines()
    await Children.withOne { children in
      let script =
        "i=0; while [ $i -lt 20000 ]; do echo line $i >&2; i=$((i+1)); done; printf end >&2"
      let run = await children.run(.shell(script, lines: lines))
      #expect(run.exit?.status == 0)
      #expect(run.exit?.errorTail.count == 4096)
      #expect(run.exit?.errorTail.suffix(14) == Array("line 19999\nend".utf8)[...])
    }
    #expect(lines.all.count == 20001)
    #expect(lines.all.last == "end")
    #expect(lines.all[17] == "line 17")
  }

  @Test func `a grandchild that holds the pipe does not hold the child's end`() async {
    let clock = HandClock()
    await Children.withOne(clock) { children in
      let run = await children.run(.shell("sleep 1000 & echo $$"))
      #expect(run.exit?.status == 0)
      #expect(living(inSessionsOf: run.text.split(separator: "\n")).isEmpty)
      #expect(clock.armedTimers == 0)
    }
  }

  @Test func `a grandchild that floods the pipe is ended, and only what was there is read`() async {
    await Children.withOne { children in
      let run = await children.run(.shell("echo $$; (exec yes) & exit 5"))
      #expect(run.exit?.status == 5)
      #expect(living(inSessionsOf: run.text.split(separator: "\n").prefix(1).map { $0 }).isEmpty)
    }
  }

  @Test func `a grandchild that ignores TERM is killed when grace is over`() async throws {
    let clock = HandClock()
    try await Children.withOne(clock) { children in
      let child = try await children.start(
        .shell("trap '' TERM; echo $$; sleep 1000 & exit 0"), cancellation: Cancellation())
      guard case .output(let printed) = await child.next() else {
        Issue.record("no output")
        return
      }
      await clock.scheduled(1)
      let session = String(decoding: printed, as: UTF8.self).split(separator: "\n")
      #expect(living(inSessionsOf: session).count == 1)
      clock.advance(by: .seconds(2))
      guard case .exited(let exit) = await child.next() else {
        Issue.record("more output")
        return
      }
      #expect(exit.status == 0)
      #expect(living(inSessionsOf: session).isEmpty)
    }
  }

  @Test func `cancelling asks with TERM`() async {
    await Children.withOne { children in
      let cancellation = Cancellation()
      let run = await children.run(
        .shell("trap 'echo asked; exit 7' TERM; echo $$; while :; do sleep 1000 & wait; done"),
        cancellation: cancellation
      ) { _ in cancellation.cancel(.stop) }
      #expect(run.text.hasSuffix("asked\n"))
      #expect(run.exit?.status == 7)
      #expect(living(inSessionsOf: run.text.split(separator: "\n").prefix(1).map { $0 }).isEmpty)
    }
  }

  @Test func `a child that ignores TERM is killed when grace is over`() async throws {
    let clock = HandClock()
    await Children.withOne(clock) { children in
      let cancellation = Cancellation()
      async let ended = children.run(
        .shell("trap '' TERM; echo $$; sleep 1000"), cancellation: cancellation
      ) { _ in cancellation.cancel(.limit) }
      await clock.scheduled(1)
      clock.advance(by: .milliseconds(1999))
      #expect(clock.armedTimers == 1)
      clock.advance(by: .milliseconds(1))
      let run = await ended
      #expect(run.exit == ChildExit(status: nil, signal: SIGKILL))
      #expect(living(inSessionsOf: run.text.split(separator: "\n")).isEmpty)
    }
  }

  @Test func `a hard cancel kills at once`() async {
    let clock = HandClock()
    await Children.withOne(clock) { children in
      let cancellation = Cancellation()
      let run = await children.run(
        .shell("trap '' TERM; echo $$; sleep 1000"), cancellation: cancellation
      ) { _ in cancellation.cancel(.hard) }
      #expect(run.exit == ChildExit(status: nil, signal: SIGKILL))
      #expect(living(inSessionsOf: run.text.split(separator: "\n")).isEmpty)
    }
  }

  @Test func `groups that children make of their own are ended too`() async {
    await Children.withOne { children in
      let cancellation = Cancellation()
      let run = await children.run(
        .shell("echo $$; timeout 1000 sleep 1000 | cat"), cancellation: cancellation
      ) { _ in cancellation.cancel(.stop) }
      #expect(run.exit?.signal == SIGTERM)
      #expect(living(inSessionsOf: run.text.split(separator: "\n")).isEmpty)
    }
  }

  @Test func `a child that stopped itself hears of its end`() async {
    await Children.withOne { children in
      let cancellation = Cancellation()
      let run = await children.run(
        .shell("echo $$; kill -STOP $$; exec sleep 1000"), cancellation: cancellation
      ) { _ in cancellation.cancel(.stop) }
      #expect(run.exit?.signal == SIGTERM)
    }
  }

  @Test func `a cancellation before the start starts nothing`() async {
    await Children.withOne { children in
      let cancellation = Cancellation()
      cancellation.cancel(.stop)
      #expect(await children.run(.shell("echo x"), cancellation: cancellation).failure != nil)
    }
  }

  @Test func `a daemon that left its session is its own master`() async {
    await Children.withOne { children in
      let script = "setsid -f sh -c 'echo $$; exec sleep 1000' | { read p; echo $p; }"
      let daemon = await children.run(.shell(script)).text.split(separator: "\n")
      #expect(living(inSessionsOf: daemon).count == 1)
      #expect(await children.run(.shell("echo again")).text == "again\n")
      for process in daemon.compactMap({ Int32($0) }) { kill(process, SIGKILL) }
    }
  }

  /// Each wake of another thread for a child costs about as much as the rest that is done for it.
  @Test func `what deals with children is woken by no other thread than theirs`() async throws {
    try await Children.withOne { children in
      let executor = try #require(children.executor)
      let threads = await withTaskExecutorPreference(executor) {
        var threads: Set<String> = []
        for _ in 0..<3 {
          threads.insert(threadName())
          let run = await children.run(.shell("echo a; echo b >&2")) { _ in
            threads.insert(threadName())
          }
          #expect(run.text == "a\n")
        }
        threads.insert(threadName())
        return threads
      }
      #expect(threads == ["children"])
    }
  }

  /// Field 41 of stat, in proc(5), by the numbers of sched(7): of this process that of the main thread.
  @Test func `the thread that looks after children lets them run, and they run as the program`()
    async throws
  {
    let (normal, batch) = ("0", "3")
    let own = policy("/proc/self/stat")
    try await Children.withOne { children in
      let executor = try #require(children.executor)
      await withTaskExecutorPreference(executor) {
        let run = await children.run(.shell("exec cut -d' ' -f41 /proc/self/stat"))
        #expect(run.text == own + "\n")
        #expect(policy("/proc/thread-self/stat") == (own == normal ? batch : own))
      }
    }
  }

  private func policy(_ file: String) -> String {
    var text = [UInt8](repeating: 0, count: 1024)
    let size = unsafe linux_read_file(file, &text, text.count)
    let rest = String(decoding: text.prefix(max(size, 0)), as: UTF8.self).split(separator: ")").last
    let fields = rest?.split(separator: " ") ?? []
    return fields.count > 38 ? String(fields[38]) : "?"
  }

  private func threadName() -> String {
    var text = [UInt8](repeating: 0, count: 16)
    let size = unsafe linux_read_file("/proc/thread-self/comm", &text, text.count)
    return String(decoding: text.prefix(max(size - 1, 0)), as: UTF8.self)
  }

  @Test func `many at once all come back`() async {
    await Children.withOne { children in
      let texts = await withTaskGroup(of: String.self) { group in
        for number in 0..<64 {
          group.addTask { await children.run(.shell("echo \(number); exit 1")).text }
        }
        var texts: [String] = []
        for await text in group { texts.append(text) }
        return texts
      }
      #expect(Set(texts) == Set((0..<64).map { "\($0)\n" }))
    }
  }

  @Test func `children hold no descriptor of ours and have default signals`() async {
    await Children.withOne { children in
      let files = await children.run(.shell("ls -l /proc/self/fd")).text.split(separator: "\n")
      // What others in this process left open goes through, as it should; what is close-on-exec here,
      // as everything of ours is, must not. Beyond 0 to 2, which are given to it.
      let given = files.compactMap { $0.firstMatch(of: #/ (\d+) -> (.*)$/#)?.output }
      #expect(given.count >= 4, "\(files)")
      let others = given.filter { (Int($0.1) ?? 0) > 2 }.map { String($0.2) }
      #expect(ours().isDisjoint(with: others), "\(others)")
      #expect(!others.contains { $0.hasPrefix("anon_inode") }, "\(others)")
      let script = "grep -E 'Sig(Blk|Ign)' /proc/self/status"
      for line in await children.run(.shell(script)).text.split(separator: "\n") {
        let mask = line.split(separator: "\t").last.flatMap { UInt64($0, radix: 16) }
        // Signals 32 and 33 are the C library's own, and nobody else can set them.
        #expect(mask.map { $0 & 0x7FFF_FFFF } == 0, "\(line)")
      }
    }
  }

  /// What the descriptors of this process that are close-on-exec stand for, such as `pipe:[4711]`.
  private func ours() -> Set<String> {
    let numbers = (Int32(3)..<1024).filter { fcntl($0, F_GETFD) == FD_CLOEXEC }
    return Set(
      numbers.compactMap { number in
        let text = unsafe String(unsafeUninitializedCapacity: 256) { bytes in
          guard let base = bytes.baseAddress else { return 0 }
          return unsafe base.withMemoryRebound(to: CChar.self, capacity: bytes.count) {
            unsafe max(0, readlink("/proc/self/fd/\(number)", $0, bytes.count))
          }
        }
        return text.hasPrefix("pipe:") || text.hasPrefix("socket:") ? text : nil
      })
  }
}
