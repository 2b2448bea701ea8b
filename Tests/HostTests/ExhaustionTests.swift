import Flow
import Glibc
import Stages
import Testing

@testable import Host

/// In a process of its own, because a limit holds for all of it.
@Suite struct ExhaustionTests {
  @Test func `without descriptors a start fails as the stage's failure, and later ones work again`()
    async
  {
    await #expect(processExitsWith: .success) {
      let children = Children(clock: HandClock(), watcherExecutable: nil)
      // The machinery is made before there is nothing to make it of.
      #expect(await children.run(.shell("echo first")).text == "first\n")
      // Without gaps, so that the limit says how many can still be opened.
      let highest = (0..<1024).last { fcntl($0, F_GETFD) >= 0 } ?? 2
      var next = dup(0)
      while next <= highest { next = dup(0) }
      close(next)
      var limit = rlimit(rlim_cur: rlim_t(next + 12), rlim_max: 1024)
      #expect(setrlimit(__rlimit_resource_t(7), &limit) == 0)

      var started: [(any Child, Cancellation)] = []
      var failure: Failure?
      while failure == nil, started.count < 100 {
        let cancellation = Cancellation()
        do {
          let child = try await children.start(
            .shell("echo $$; exec sleep 1000"), cancellation: cancellation)
          started.append((child, cancellation))
        } catch let refused as Failure {
          failure = refused
        } catch {}
      }
      #expect(failure?.kind == .stage)
      #expect(failure?.message.contains("no descriptors are left") == true)
      #expect((1..<5).contains(started.count))

      for (child, cancellation) in started {
        cancellation.cancel(.stop)
        var exit: ChildExit?
        while exit == nil { if case .exited(let end) = await child.next() { exit = end } }
        #expect(exit?.signal == SIGTERM)
      }
      #expect(await children.run(.shell("echo again")).text == "again\n")
      await children.finish()
    }
  }
}
