import Host
import PipelineModel
import PipelineRuntime
import Stages

/// The plan of one run, and how it is fitted to the descriptors that there are.
struct RunPlan {
  private(set) var plan: Plan
  /// What is to be said about it before the run.
  private(set) var notes: [String] = []
  private let definition: PipelineDefinition
  private let setting: Setting

  /// - Throws: what is wrong with arguments, patterns, templates and files.
  init(_ prepared: PreparedPipeline, _ options: RunOptions) throws(CommandFailure) {
    definition = prepared.definition
    var setting = Setting(
      parameters: prepared.parameters, secrets: prepared.secrets,
      environment: Environment.variables, delimiter: prepared.definition.output.delimiter,
      maxLine: prepared.definition.input.maxLine, seed: options.seed,
      grace: prepared.definition.grace)
    setting.parameterKinds = definition.parameterKinds
    setting.inputFiles = InputFiles()
    self.setting = setting
    plan = try Self.plan(definition, setting, mostWorkers: .max)
    let shared = FileRoles(plan, options).diagnostics
    if !shared.isEmpty {
      throw CommandFailure(
        text: plan.setting.hidingSecrets(in: PipelineFile.messages(shared)))
    }
  }

  /// Gives the stages with children or requests only as many workers as there are descriptors for,
  /// where the ends of the run are open already (SEMANTICS 5.9).
  ///
  /// - Throws: when there are not enough for one worker each.
  mutating func fitToDescriptors() throws(CommandFailure) {
    let (files, available) = (
      plan.mostFiles + plan.mostScratchFiles,
      Descriptors.available
    )
    let fits = { (children: Int, requests: Int) in
      let others = files + CurlClient.descriptors(for: requests)
      return others <= available
        && Descriptors.children(beside: others, of: available) >= children
    }
    if plan.mostChildren + plan.mostRequests == 0 || fits(plan.mostChildren, plan.mostRequests) {
      return
    }
    let workers = plan.workers(where: fits)
    let (one, what) =
      plan.mostRequests == 0
      ? ("child process", "starts processes") : ("request", "starts processes or sends requests")
    guard workers > 0 else {
      throw CommandFailure(
        "there are not descriptors enough for even one \(one) of each stage",
        remedy: "raise the limit, as by 'ulimit -n 1024'")
    }
    plan = try Self.plan(definition, setting, mostWorkers: workers)
    notes.append(
      "only \(workers) worker\(workers == 1 ? "" : "s") for each stage that \(what): the "
        + "limit on descriptors ('ulimit -n') allows no more")
  }

  /// The most descriptors that a run with these needs has open at once.
  static func mostDescriptors(_ needs: PlanNeeds) -> Int {
    3 + Descriptors.ofTheEnds + needs.files + needs.scratchFiles
      + Children.descriptors(for: needs.children)
      + CurlClient.descriptors(for: needs.requests)
  }

  private static func plan(
    _ definition: PipelineDefinition, _ setting: Setting, mostWorkers: Int
  ) throws(CommandFailure) -> Plan {
    var planner = Planner(setting, SideFiles(), mostWorkers: mostWorkers)
    guard let plan = planner.plan(definition) else {
      let text = PipelineFile.messages(planner.diagnostics)
      throw CommandFailure(text: planner.setting.hidingSecrets(in: text))
    }
    return plan
  }
}
