package import PipelineModel
import PipelineRuntime
package import YAMLTree

/// One thing in a pipeline file that tests can reach.
package struct CoveragePoint: Sendable, Equatable {
  package var stage: String
  /// What it is: `stage`, `if: true`, `on_error`, `timeout: item`, `retry`.
  package var what: String
  package var line: Int

  /// The points of a pipeline, in the order of the file; the same in every process.
  package static func all(of definition: PipelineDefinition) -> [CoveragePoint] {
    definition.stages.flatMap(points)
  }

  private static func points(_ stage: StageDefinition) -> [CoveragePoint] {
    let common = stage.common
    // A group that is a part of the stream around it does nothing itself; what stands in another file
    // is for the tests of that.
    var points =
      stage.isStreamGroup && stage.used == nil
      ? [] : [CoveragePoint(stage: stage.name, what: "stage", line: stage.place.line)]
    func add(_ what: String, _ line: Int? = nil) {
      points.append(
        CoveragePoint(stage: stage.name, what: what, line: line ?? stage.place.line))
    }
    if let condition = common.condition {
      add("if: true", condition.place.line)
      add("if: false", condition.place.line)
    }
    for (name, limit) in [
      ("attempt", common.limits.attempt), ("item", common.limits.item),
      ("idle", common.limits.idle), ("total", common.limits.total),
    ] where limit != nil { add("timeout: \(name)") }
    if (common.retry?.attempts ?? 1) > 1 { add("retry") }
    switch common.onError {
    case nil, .fail: break
    default: add("on_error")
    }
    return stage.used == nil ? points + stage.stages.flatMap(self.points) : points
  }
}

/// How often each point of a pipeline was reached.
package struct CoverageCounts: Sendable {
  package var hits: [Int]

  package init(points: Int) { hits = Array(repeating: 0, count: points) }

  package mutating func add(_ other: [Int]) {
    for (index, count) in other.enumerated() where index < hits.count { hits[index] += count }
  }

  /// What one run has reached.
  init(_ points: [CoveragePoint], _ seen: Observation) {
    self.init(points: points.count)
    let stages = seen.plan.allStages
    for (index, point) in points.enumerated() {
      // A group that is part of the stream is reached with its first stage.
      let stage =
        stages.first { $0.name == point.stage }
        ?? stages.first { $0.name.hasPrefix(point.stage + "/") }
      guard let stage else { continue }
      let values = stage.counters.snapshot
      let conditions = seen.standIns.conditions(of: point.stage)
      hits[index] =
        switch point.what {
        case "stage": values.lines.taken
        case "if: true": conditions?.held ?? 0
        case "if: false": conditions?.failed ?? 0
        case "timeout: attempt": values.limitsPassed.attempt
        case "timeout: item": values.limitsPassed.item
        case "timeout: idle": values.limitsPassed.idle
        case "timeout: total": values.limitsPassed.total
        case "retry": values.retries
        default: values.lines.absorbed
        }
    }
  }
}

/// What the tests of one pipeline file have reached, to be shown.
package struct CoverageReport: Sendable {
  package var file: String
  package var points: [CoveragePoint]
  package var counts: CoverageCounts
  package var source: Source

  package init(
    file: String, points: [CoveragePoint], counts: CoverageCounts, source: Source
  ) {
    self.file = file
    self.points = points
    self.counts = counts
    self.source = source
  }

  package var reached: Int { counts.hits.filter { $0 > 0 }.count }

  /// The file with a mark before each line that has something in it: `+` all of it was reached, `!`
  /// something was not, and what it was.
  package var annotated: String {
    var text = "\(file): \(reached) of \(points.count) reached\n"
    for (line, found) in byLine {
      let missing = found.filter { $0.hits == 0 }.map(\.point)
      let number = String(line)
      let padding = String(repeating: " ", count: max(0, 4 - number.count))
      let mark = missing.isEmpty ? "+" : "!"
      text += "\(mark) \(padding)\(number) | \(source.line(line) ?? "")\n"
      if !missing.isEmpty {
        let what = missing.map { "'\($0.stage)' \($0.what)" }.joined(separator: ", ")
        text += "       | never: \(what)\n"
      }
    }
    return text
  }

  /// The tracefile format of geninfo(1): lines, and as branches the ways of each line's points.
  package var lcov: String {
    var text = "TN:\nSF:\(file)\n"
    var branches = 0
    var taken = 0
    for (line, found) in byLine where found.count > 1 {
      for (index, one) in found.enumerated() {
        text += "BRDA:\(line),0,\(index),\(one.hits > 0 ? "\(one.hits)" : "-")\n"
        branches += 1
        taken += one.hits > 0 ? 1 : 0
      }
    }
    text += "BRF:\(branches)\nBRH:\(taken)\n"
    for (line, found) in byLine {
      text += "DA:\(line),\(found.map(\.hits).max() ?? 0)\n"
    }
    let hit = byLine.filter { $0.found.contains { $0.hits > 0 } }.count
    return text + "LF:\(byLine.count)\nLH:\(hit)\nend_of_record\n"
  }

  private var byLine: [(line: Int, found: [(point: CoveragePoint, hits: Int)])] {
    let all = zip(points, counts.hits).map { (point: $0, hits: $1) }
    let lines = Set(points.map(\.line)).sorted()
    return lines.map { line in (line, all.filter { $0.point.line == line }) }
  }
}
