import FarmModel
import Foundation
import TestSupport
import Testing

@testable import Models

@Suite struct ModelLibraryTests {
    @Test func searchPathPrefersWhatTheUserNames() {
        let path = ModelLibrary.searchPath(
            environment: ["UPSCALE_FARM_MODELS": "/a:/b"], executable: "/home/me/farm/.build/release/worker")
        #expect(path == ["/a", "/b", "/home/me/farm/.build/share/upscale-farm/models", "/home/me/farm/.models"])
        let installed = ModelLibrary.searchPath(environment: [:], executable: "/usr/local/bin/worker")
        #expect(installed == ["/usr/local/share/upscale-farm/models"])
    }

    @Test func aPinnedModelIsFoundByItsBytes() throws {
        let folder = try TemporaryFolder()
        for name in ["a", "b", "c"] {
            try Data("network \(name)".utf8).write(to: folder.url.appending(path: name + ".pt"))
        }
        let library = ModelLibrary(directories: ["/nowhere", folder.url.path])
        let hash = try ModelHash.of(folder.path("b.pt"))
        let description = ModelDescription(
            name: "b", scale: 2, receptiveRadius: 0, licence: "", source: "", sourceSHA256: "")
        for hint in [nil, "/another/machine/c.pt", "/another/machine/b.pt", folder.path("a.pt")] {
            let model = ModelReference(description: description, sha256: hash, path: hint)
            #expect(try library.file(of: model, hash: hash) == folder.path("b.pt"))
        }
        let absent = ModelReference(description: description, sha256: "00", path: nil)
        let error = #expect(throws: ModelError.self) { try library.file(of: absent, hash: "00") }
        #expect(error?.message.contains("model b x2 with SHA-256 00… is not here: looked in /nowhere, ") == true)
    }
}
