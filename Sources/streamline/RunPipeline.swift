import Glibc
import Host
import PipelineTesting

extension RunCommand {
  func start() -> Never {
    do { try options().start() } catch {
      StandardError.write("streamline: \(error)\n")
      Glibc.exit(ExitStatus.usage)
    }
  }
}

extension RunOptions {
  /// Runs the pipeline and ends the program: with its status, or by the signal that stopped it.
  func start() -> Never {
    Descriptors.prepare()
    // Before any thread is started, since threads inherit which signals are held back.
    let signals = Signals()
    do throws(CommandFailure) {
      let run = try PipelineRun(self)
      // The one task outside a group: waiting for it on the main thread would wait for ever.
      Task { @concurrent in leave(with: await run.run(signals)) }
      while true { pause() }
    } catch {
      StandardError.write(error.text)
      exit(error.status)
    }
  }
}

extension TestCommand {
  /// Runs cases as the supervisor tells, until it tells no more.
  func startWorker() -> Never {
    Descriptors.prepare()
    var finder = TestFinder(TestFiles.finding, catalogue: PipelineFile.catalogue)
    finder.find(paths.isEmpty ? ["."] : paths)
    let worker = CaseWorker(finder.suites, TestFiles.surroundings)
    Task { @concurrent in
      await worker.run()
      Glibc.exit(ExitStatus.done)
    }
    while true { pause() }
  }
}

private func leave(with status: Int32) -> Never {
  if status > 128, status < 128 + 65 { Signals.die(by: status - 128) }
  exit(status)
}
