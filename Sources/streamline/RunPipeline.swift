import Glibc

extension RunCommand {
  /// Runs the pipeline and ends the program with its status.
  func start() -> Never {
    do {
      let prepared = try PreparedPipeline(try options())
      StandardError.write(PipelineFile.messages(prepared.warnings))
      StandardError.write("streamline: this build can not run pipelines\n")
      exit(ExitStatus.usage)
    } catch let failure as CommandFailure {
      StandardError.write(failure.text)
      exit(failure.status)
    } catch {
      StandardError.write("streamline: \(error)\n")
      exit(ExitStatus.usage)
    }
  }
}
