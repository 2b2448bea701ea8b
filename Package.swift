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
    // Its libraries are loaded when the first compressed file is met.
    .target(name: "CCompression", linkerSettings: [.linkedLibrary("dl")]),
    // Its library is loaded when the first JSON is met; only the header is needed to build.
    .target(name: "CSimdjson", linkerSettings: [.linkedLibrary("dl")]),

    // Its library is loaded when a pipeline with an `http` stage is prepared.
    .target(name: "CCurl", linkerSettings: [.linkedLibrary("dl")]),

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
    .target(name: "VirtualTime", dependencies: ["Flow"]),
    .target(name: "Records", dependencies: ["CSimdjson", "CSearch", "Lines"]),
    .target(name: "Expressions", dependencies: ["Lines", "Records"]),
    .target(
      name: "Stages",
      dependencies: ["YAMLTree", "PipelineModel", "Lines", "Records", "Expressions", "Flow"]),
    .target(
      name: "PipelineRuntime",
      dependencies: [
        "YAMLTree", "Flow", "PipelineModel", "Lines", "Records", "Expressions", "Stages",
      ]),
    .target(
      name: "Host",
      dependencies: [
        "CLinux", "CCompression", "CCurl", "Flow", "Lines", "Records", "Stages", "PipelineRuntime",
        .product(name: "DequeModule", package: "swift-collections"),
      ]),
    .target(
      name: "PipelineTesting",
      dependencies: [
        "CLinux", "YAMLTree", "PipelineModel", "Flow", "VirtualTime", "Lines", "Records", "Stages",
        "PipelineRuntime", "Host",
      ]),
    .executableTarget(
      name: "streamline",
      dependencies: [
        "YAMLTree", "PipelineModel", "Flow", "Lines", "Records", "Expressions", "Stages",
        "PipelineRuntime", "Host", "PipelineTesting",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      exclude: ["Link"],
      // The program itself needs libc alone: to load and bind the libraries of C++, which the Swift
      // runtime asks for, took a part of each start. It lies at one place in memory, since else 51,000
      // pointers are relocated at each start, and each page that holds one is copied.
      linkerSettings: [
        .unsafeFlags(
          [
            "-use-ld=lld", "-L\(Context.packageDirectory)/Sources/streamline/Link",
            "-Xclang-linker", "-static-libgcc", "-Xclang-linker", "-no-pie",
          ], .when(configuration: .release))
      ]),

    // MARK: Tests
    .target(
      name: "TestSupport", dependencies: ["CAllocations", "CLinux", "VirtualTime"],
      path: "Tests/TestSupport"),
    .target(name: "CAllocations", path: "Tests/CAllocations"),
    .testTarget(name: "YAMLTreeTests", dependencies: ["YAMLTree", "TestSupport"]),
    .testTarget(name: "PipelineModelTests", dependencies: ["PipelineModel", "TestSupport"]),
    .testTarget(name: "FlowTests", dependencies: ["Flow", "VirtualTime", "TestSupport"]),
    .testTarget(name: "LinesTests", dependencies: ["Lines", "TestSupport"]),
    .testTarget(name: "RecordsTests", dependencies: ["Records", "Lines", "TestSupport"]),
    .testTarget(
      name: "ExpressionsTests", dependencies: ["Expressions", "Records", "Lines", "TestSupport"],
      exclude: ["oracle.py"]),
    .testTarget(
      name: "StagesTests",
      dependencies: [
        "YAMLTree", "Stages", "PipelineModel", "Lines", "Records", "Expressions", "Flow",
        "TestSupport",
      ]),
    .testTarget(name: "HostTests", dependencies: ["PipelineRuntime", "Host", "TestSupport"]),
    .testTarget(
      name: "PipelineRuntimeTests",
      dependencies: [
        "PipelineRuntime", "Stages", "PipelineModel", "YAMLTree", "Flow", "VirtualTime", "Lines",
        "Records", "TestSupport",
      ]),
    .testTarget(
      name: "PipelineTestingTests",
      dependencies: [
        "PipelineTesting", "PipelineRuntime", "Stages", "PipelineModel", "YAMLTree", "Flow",
        "VirtualTime", "Lines", "TestSupport",
      ],
      exclude: ["Faulty"]),
    .testTarget(name: "HouseTests"),
    .testTarget(
      name: "CommandTests", dependencies: ["TestSupport", "Stages", "streamline"],
      exclude: ["Asyncio", "Cases", "Counted", "TestCases"]),
  ],
  cxxLanguageStandard: .cxx17
)

/// What libFuzzer runs, seen only by a build that asks for it: see Tests/Fuzz/Program/main.swift.
if Context.environment["STREAMLINE_FUZZ"] != nil {
  package.products.append(.executable(name: "fuzz", targets: ["fuzz"]))
  package.targets += [
    .target(name: "CFuzz", path: "Tests/Fuzz/Driver"),
    .executableTarget(
      name: "fuzz",
      dependencies: [
        "CFuzz", "YAMLTree", "PipelineModel", "Lines", "Records", "Expressions", "Stages",
      ], path: "Tests/Fuzz/Program"),
  ]
}

/// One set of rules for every Swift target; the C targets need none of it.
for target in package.targets
where target.type != .system
  && ![
    "CLinux", "CSearch", "CSimdjson", "CCompression", "CCurl", "CFuzz", "CAllocations",
  ].contains(target.name)
{
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
