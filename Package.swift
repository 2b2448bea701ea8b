// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "streamline",
  products: [.executable(name: "streamline", targets: ["streamline"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
  ],
  targets: [
    // MARK: System libraries and what the system headers do not give
    // Without pkgConfig, which would link the shared libraries beside the archives named below.
    .systemLibrary(name: "CYAML", providers: [.apt(["libyaml-dev"])]),
    .systemLibrary(name: "CPCRE2", providers: [.apt(["libpcre2-dev"])]),
    .target(name: "CLinux"),
    .target(name: "CSearch"),
    // Its library is loaded when the first JSON is met; only the header is needed to build.
    .target(name: "CSimdjson", linkerSettings: [.linkedLibrary("dl")]),

    // MARK: The house, from the bottom up: a target may import what stands in its list
    .target(
      name: "YAMLTree", dependencies: ["CYAML"],
      linkerSettings: [.linkedLibrary(":libyaml.a")]),
    .target(name: "PipelineModel", dependencies: ["YAMLTree"]),
    .target(
      name: "Flow", dependencies: [.product(name: "DequeModule", package: "swift-collections")]),
    .target(
      name: "Lines", dependencies: ["CPCRE2", "CSearch"],
      linkerSettings: [.linkedLibrary(":libpcre2-8.a")]),
    .target(name: "Records", dependencies: ["CSimdjson", "CSearch", "Lines"]),
    .target(name: "Expressions", dependencies: ["Lines", "Records"]),
    .target(name: "Stages", dependencies: ["YAMLTree", "PipelineModel", "Lines", "Flow"]),
    .target(
      name: "PipelineRuntime",
      dependencies: ["YAMLTree", "Flow", "PipelineModel", "Lines", "Stages"]),
    .target(
      name: "Host",
      dependencies: [
        "CLinux", "Flow", "Lines", "Stages", "PipelineRuntime",
        .product(name: "DequeModule", package: "swift-collections"),
      ]),
    .executableTarget(
      name: "streamline",
      dependencies: [
        "YAMLTree", "PipelineModel", "Flow", "Lines", "Expressions", "Stages", "PipelineRuntime",
        "Host", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),

    // MARK: Tests
    .target(
      name: "TestSupport", dependencies: ["CLinux", "Flow", "Lines"], path: "Tests/TestSupport"),
    .testTarget(name: "YAMLTreeTests", dependencies: ["YAMLTree", "TestSupport"]),
    .testTarget(name: "PipelineModelTests", dependencies: ["PipelineModel", "TestSupport"]),
    .testTarget(name: "FlowTests", dependencies: ["Flow", "TestSupport"]),
    .testTarget(name: "LinesTests", dependencies: ["Lines", "TestSupport"]),
    .testTarget(name: "RecordsTests", dependencies: ["Records", "Lines", "TestSupport"]),
    .testTarget(
      name: "ExpressionsTests", dependencies: ["Expressions", "Records", "Lines", "TestSupport"],
      exclude: ["oracle.py"]),
    .testTarget(
      name: "StagesTests",
      dependencies: ["YAMLTree", "Stages", "PipelineModel", "Lines", "Flow", "TestSupport"]),
    .testTarget(name: "HostTests", dependencies: ["PipelineRuntime", "Host", "TestSupport"]),
    .testTarget(
      name: "PipelineRuntimeTests",
      dependencies: [
        "PipelineRuntime", "Stages", "PipelineModel", "YAMLTree", "Flow", "Lines", "TestSupport",
      ]),
    .testTarget(name: "HouseTests"),
    .testTarget(
      name: "CommandTests", dependencies: ["TestSupport", "Stages", "streamline"],
      exclude: ["Cases"]),
  ],
  cxxLanguageStandard: .cxx17
)

/// One set of rules for every Swift target; the C targets need none of it.
for target in package.targets
where target.type != .system && !["CLinux", "CSearch", "CSimdjson"].contains(target.name) {
  target.swiftSettings = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
  ]
}
/// Queues, gathers and batches are generic or small: without this their bodies are opaque to the
/// modules that use them.
for target in package.targets where target.type == .regular && target.name != "CLinux" {
  target.swiftSettings?.append(
    .unsafeFlags(["-cross-module-optimization"], .when(configuration: .release)))
}
/// Where unsafe code lives, each use of it is marked.
for target in package.targets where ["YAMLTree", "Lines", "Records", "Host"].contains(target.name) {
  target.swiftSettings?.append(.strictMemorySafety())
}
