import Foundation
import TestSupport
import Testing

@testable import WorkerCore

/// How a bundle's worker finds its libtorch.
@Suite struct LibtorchTests {
    private let folder = try! TemporaryFolder()

    /// A folder that looks like a libtorch.
    private func libtorch(_ name: String, version: String? = nil, build: String? = nil) throws -> String {
        let root = folder.path(name)
        try FileManager.default.createDirectory(atPath: root + "/lib", withIntermediateDirectories: true)
        try Data().write(to: URL(fileURLWithPath: root + "/lib/libtorch.so"))
        if let version { try Data(version.utf8).write(to: URL(fileURLWithPath: root + "/version.py")) }
        if let build { try Data(build.utf8).write(to: URL(fileURLWithPath: root + "/build-version")) }
        return root
    }

    private func search(_ named: String?, python: String? = nil) -> LibtorchSearch {
        LibtorchSearch(environment: named.map { ["LIBTORCH": $0] } ?? [:], python: { python })
    }

    @Test func aWheelSaysWhatItIs() throws {
        let text = """
            from typing import Optional

            __all__ = ['__version__', 'debug', 'cuda', 'git_version', 'hip']
            __version__ = '2.11.0+cu130'
            debug = False
            cuda: Optional[str] = '13.0'
            hip: Optional[str] = None
            """
        let found = try #require(Libtorch(in: try libtorch("torch", version: text)))
        #expect(found.version == "2.11.0+cu130" && found.cuda == "13.0")
        let cpu = text.replacing("+cu130", with: "+cpu").replacing("'13.0'", with: "None")
        #expect(try Libtorch(in: libtorch("cpu", version: cpu))?.cuda == nil)
        #expect(Libtorch(in: folder.url.path) == nil)
    }

    @Test func anUnpackedLibtorchSaysWhatItIs() throws {
        let found = try #require(Libtorch(in: try libtorch("torch", build: "2.9.1+cu128\n")))
        #expect(found.version == "2.9.1+cu128" && found.cuda == "12.8")
        let silent = try #require(Libtorch(in: try libtorch("silent")))
        #expect(silent.version == nil && silent.cuda == nil)
    }

    @Test func whatIsNamedGoesBeforePythons() async throws {
        let (named, python) = (try libtorch("a", build: "2.11.1"), try libtorch("b", build: "2.11.0"))
        #expect(try await search(named, python: python).find(for: "2.11.0").directory == named)
        #expect(try await search(nil, python: python).find(for: "2.11.0").directory == python)
        #expect(try await search("", python: python).find(for: "2.11.0").directory == python)
    }

    @Test func whatIsMissingOrWrongIsSaid() async throws {
        func refusal(_ search: LibtorchSearch) async -> String {
            let error = await #expect(throws: BoxError.self) { try await search.find(for: "2.11.0+cu130") }
            return error?.description ?? ""
        }
        #expect(await refusal(search(nil)).contains("pip install 'torch==2.11.*'"))
        #expect(await refusal(search("/nowhere")).hasPrefix("LIBTORCH is /nowhere, which has no lib/libtorch.so"))
        let other = try libtorch("old", build: "2.5.1")
        #expect(
            await refusal(search(other)).hasPrefix("this worker was bundled for libtorch 2.11, and \(other) is 2.5.1: ")
        )
    }

    @Test func theLoaderLooksThereFirst() throws {
        let found = try #require(Libtorch(in: try libtorch("torch")))
        #expect(EngineLaunch.environment(for: found, inherited: [:]) == ["LD_LIBRARY_PATH": found.directory + "/lib"])
        let more = EngineLaunch.environment(for: found, inherited: ["LD_LIBRARY_PATH": "/a:/b"])
        #expect(more["LD_LIBRARY_PATH"] == found.directory + "/lib:/a:/b")
    }

    @Test func aBundleSaysWhatItIsFor() throws {
        let program = folder.path("bundle/bin/worker")
        #expect(try Installation(program: program).bundledFor == nil)
        let share = folder.path("bundle/share/upscale-farm")
        try FileManager.default.createDirectory(atPath: share, withIntermediateDirectories: true)
        let manifest = URL(fileURLWithPath: share + "/bundle.json")
        try Data(#"{"libtorch":"2.11.0+cu130"}"#.utf8).write(to: manifest)
        #expect(try Installation(program: program).bundledFor == "2.11.0+cu130")
        try Data("{".utf8).write(to: manifest)
        let error = #expect(throws: BoxError.self) { try Installation(program: program) }
        #expect(error?.description.contains("unpack the bundle anew") == true)
    }
}
