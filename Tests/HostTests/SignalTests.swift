import CLinux
import Flow
import Glibc
import Stages
import Testing

@testable import Host

/// Each in a process of its own.
@Suite struct SignalTests {
  @Test func `children do not inherit that signals are held back`() async {
    await #expect(processExitsWith: .success) {
      _ = Signals()
      let children = Children(clock: HandClock(), watcherExecutable: nil)
      let run = await children.run(.shell("kill -TERM $$; echo alive"))
      #expect(run.exit?.signal == SIGTERM)
      #expect(run.text == "")
      await children.finish()
    }
  }

  @Test func `a signal ignored at the start stays ignored`() async {
    await #expect(processExitsWith: .success) {
      _ = signal(SIGHUP, SIG_IGN)
      let signals = Signals()
      #expect(!signals.numbers.contains(SIGHUP))
      #expect(signals.numbers.contains(SIGTERM))
      kill(getpid(), SIGHUP)
    }
  }

  @Test func `dying by a signal shows it`() async {
    await #expect(processExitsWith: .signal(SIGTERM)) {
      let signals = Signals()
      _ = signals.numbers
      Signals.die(by: SIGTERM)
    }
  }

  @Test func `what may still be opened is counted`() async {
    await #expect(processExitsWith: .success) {
      // Other threads of the process open and close a few of their own meanwhile.
      let before = Descriptors.available
      let pipes = try (0..<50).map { _ in try Pipe() }
      #expect((80...120).contains(before - Descriptors.available))
      for pipe in pipes { pipe.close() }
      var limit = rlimit(rlim_cur: 20, rlim_max: 20)
      #expect(setrlimit(__rlimit_resource_t(7), &limit) == 0)
      #expect(Descriptors.available <= 17)
      #expect(Descriptors.children(beside: 4) == 0)
    }
  }
}
