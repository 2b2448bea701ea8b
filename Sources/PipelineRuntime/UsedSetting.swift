import PipelineModel
import Stages

extension UsedPipeline {
  /// The setting of its stages: the same run, with its own parameters.
  ///
  /// - Parameter outer: that of the file which uses it.
  /// - Throws: a value that depends on items, or is none of its parameter's type.
  func setting(within outer: Setting) throws(Diagnostic) -> Setting {
    var setting = outer
    setting.parameters = [:]
    setting.secrets = []
    setting.foreignSecrets = outer.secretValues
    setting.madeUpParameters = []
    setting.parameterKinds = Dictionary(parameters.map { ($0.name, $0.kind) }) { one, _ in one }
    for parameter in parameters {
      guard let value = given.last(where: { $0.name == parameter.name })?.argument else {
        setting.parameters[parameter.name] = parameter.defaultValue
        if parameter.isSecret { setting.secrets.insert(parameter.name) }
        continue
      }
      let isSecret = parameter.isSecret || value.names(anyOf: outer.secrets)
      if isSecret { setting.secrets.insert(parameter.name) }
      if value.names(anyOf: outer.madeUpParameters) {
        setting.madeUpParameters.insert(parameter.name)
      }
      setting.parameters[parameter.name] = try text(
        of: value, for: parameter, isSecret: isSecret, outer)
    }
    return setting
  }

  private func text(
    of value: Argument, for parameter: Parameter, isSecret: Bool, _ outer: Setting
  ) throws(Diagnostic) -> String {
    guard let text = try Template(value, outer).constant else {
      throw Diagnostic(
        "a parameter has one value for all items", at: value.place,
        remedy: "use only {params.NAME} and {env.NAME} in it")
    }
    guard let reason = parameter.kind.refusal(of: text) else { return text }
    if value.names(anyOf: outer.madeUpParameters) { return parameter.kind.sample }
    let said = isSecret ? "is no \(parameter.kind.rawValue)" : reason
    throw Diagnostic(
      "the parameter '\(parameter.name)' \(said)", at: value.place, code: "invalid-value")
  }
}

extension Argument {
  /// Whether it is a template that names one of these parameters.
  fileprivate func names(anyOf parameters: Set<String>) -> Bool {
    let text = string ?? ""
    return parameters.contains { text.contains("params.\($0)") }
  }
}
