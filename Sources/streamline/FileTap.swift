import Host
import Lines
import PipelineRuntime
import Stages

/// `--tap STAGE[=FILE]`: what leaves a stage, to a file or to stderr.
struct FileTap: Tap {
  let file: any SideFile
  private let delimiter: UInt8

  static func open(
    _ taps: [RunOptions.Tap], _ plan: Plan
  ) throws(CommandFailure) -> [String: any Tap] {
    var opened: [String: any Tap] = [:]
    for tap in taps {
      do throws(Failure) {
        let file = try SideFiles().open(tap.file ?? "/dev/stderr", append: tap.file == nil)
        opened[plan.tappedStage(tap.stage)] = FileTap(
          file: file, delimiter: plan.setting.delimiter)
      } catch {
        throw CommandFailure("--tap \(tap.stage): \(error.message)", remedy: error.remedy)
      }
    }
    return opened
  }

  /// A tap that can not be written does not end the run it looks at.
  func show(_ batch: Batch) async {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(batch.liveBytes + batch.count)
    for index in 0..<batch.count {
      bytes += batch.text(index)
      bytes.append(delimiter)
    }
    try? await file.write(bytes, delimiter: delimiter)
  }
}
