import Foundation
import Testing

/// CTorch is compiled by units that include its source files: one that none includes would be missing without a word where it
/// only registers operators.
@Suite struct UnitsTests {
    @Test func everySourceFileIsInOneUnit() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../Sources/Worker/CTorch").standardizedFileURL
        let files = try FileManager.default.subpathsOfDirectory(atPath: root.path).filter { $0.hasSuffix(".cpp") }
        // The CPU's convolutions read no header of libtorch, and are compiled for instructions of their own.
        let sources = files.filter { !$0.hasPrefix("Units/") && !$0.hasPrefix("Convolution/") }
        let included = try files.filter { $0.hasPrefix("Units/") }.flatMap { unit in
            try String(contentsOf: root.appendingPathComponent(unit), encoding: .utf8).split(separator: "\n")
                .filter { $0.hasPrefix("#include \"../") }.map { String($0.dropFirst(13).dropLast()) }
        }
        #expect(sources.count > 40)
        #expect(included.sorted() == sources.sorted())
    }
}
