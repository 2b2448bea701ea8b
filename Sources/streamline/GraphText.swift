import PipelineModel

/// A graph in one of the languages that draw it.
struct GraphText {
  private let graph: PipelineGraph

  init(_ graph: PipelineGraph) { self.graph = graph }

  private static func margin(_ depth: Int) -> String { String(repeating: "  ", count: depth) }

  // MARK: Mermaid

  /// https://mermaid.js.org/syntax/flowchart.html
  var mermaid: String {
    let edges = graph.edges.map { edge in
      let arrow = edge.isAside ? "-.->" : "-->"
      let label = edge.label.isEmpty ? "" : "|\"\(Self.mermaid([edge.label]))\"|"
      return "  n\(edge.from) \(arrow)\(label) n\(edge.to)\n"
    }
    return "flowchart TD\n" + mermaid(graph.parts, depth: 1) + edges.joined()
  }

  private func mermaid(_ parts: [PipelineGraph.Part], depth: Int) -> String {
    let margin = Self.margin(depth)
    return parts.map { part in
      switch part {
      case .node(let node):
        let label = "\"\(Self.mermaid(node.lines))\""
        let shape =
          switch node.shape {
          case .end: "([\(label)])"
          case .stage: "[\(label)]"
          case .fork: "{\(label)}"
          case .file: "[(\(label))]"
          }
        return "\(margin)n\(node.id)\(shape)\n"
      case .frame(let id, let lines, let parts):
        return "\(margin)subgraph g\(id)[\"\(Self.mermaid(lines))\"]\n"
          + mermaid(parts, depth: depth + 1) + "\(margin)end\n"
      }
    }.joined()
  }

  /// Within quotes all but quotes is text, but for entities, Markdown and HTML; numbers of characters
  /// are written for whatever could begin one of these.
  private static func mermaid(_ lines: [String]) -> String {
    let escaped = lines.map { line in
      line.unicodeScalars.map { scalar in
        switch scalar {
        case "\"", "#", "&", "<", ">", "`", "\\", "*", "_", "~": "#\(scalar.value);"
        default: scalar.value < 0x20 || scalar.value == 0x7F ? " " : String(scalar)
        }
      }.joined()
    }
    return escaped.joined(separator: "<br/>")
  }

  // MARK: Graphviz

  /// https://graphviz.org/doc/info/lang.html
  var dot: String {
    let edges = graph.edges.map { edge in
      let attributes =
        (edge.label.isEmpty ? [] : ["label=\(Self.dot([edge.label]))"])
        + (edge.isAside ? ["style=dashed"] : [])
      let list = attributes.isEmpty ? "" : " [\(attributes.joined(separator: ", "))]"
      return "  n\(edge.from) -> n\(edge.to)\(list);\n"
    }
    return "digraph pipeline {\n  node [shape=box];\n" + dot(graph.parts, depth: 1)
      + edges.joined() + "}\n"
  }

  private func dot(_ parts: [PipelineGraph.Part], depth: Int) -> String {
    let margin = Self.margin(depth)
    return parts.map { part in
      switch part {
      case .node(let node):
        let shape =
          switch node.shape {
          case .end: ", shape=oval"
          case .stage: ""
          case .fork: ", shape=diamond"
          case .file: ", shape=cylinder"
          }
        return "\(margin)n\(node.id) [label=\(Self.dot(node.lines))\(shape)];\n"
      case .frame(let id, let lines, let parts):
        return "\(margin)subgraph cluster_\(id) {\n\(margin)  label=\(Self.dot(lines));\n"
          + dot(parts, depth: depth + 1) + "\(margin)}\n"
      }
    }.joined()
  }

  /// In quotes. A backslash begins an escape of labels, so that one that is meant is doubled.
  private static func dot(_ lines: [String]) -> String {
    let escaped = lines.map { line in
      line.unicodeScalars.map { scalar in
        switch scalar {
        case "\"", "\\": "\\\(scalar)"
        default: scalar.value < 0x20 || scalar.value == 0x7F ? " " : String(scalar)
        }
      }.joined()
    }
    return "\"" + escaped.joined(separator: "\\n") + "\""
  }
}
