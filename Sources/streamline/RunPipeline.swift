import Glibc
import Host

extension RunCommand {
  /// Runs the pipeline and ends the program: with its status, or by the signal that stopped it.
  func start() -> Never {
    Descriptors.prepare()
    // Before any thread is started, since threads inherit which signals are held back.
    let signals = Signals()
    do {
      let run = try PipelineRun(try options())
      // The one task outside a group: waiting for it on the main thread would wait for ever.
      Task { @concurrent in leave(with: await run.run(signals)) }
      while true { pause() }
    } catch let failure as CommandFailure {
      StandardError.write(failure.text)
      exit(failure.status)
    } catch {
      StandardError.write("streamline: \(error)\n")
      exit(ExitStatus.usage)
    }
  }
}

private func leave(with status: Int32) -> Never {
  if status > 128, status < 128 + 65 { Signals.die(by: status - 128) }
  exit(status)
}
