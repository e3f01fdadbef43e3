import Foundation
import Hashing
import TestSupport
import Testing

@testable import Models

@Suite struct FetchedModelsTests {
    private let folder = try! TemporaryFolder()
    private var models: FetchedModels { FetchedModels(cache: folder.url.path) }

    /// Fetches a file of these bytes; its hash.
    @discardableResult
    private func fetch(_ text: String) throws -> String {
        let data = Data(text.utf8)
        let hash = SHA256.hash(data).map { String(format: "%02x", $0) }.joined()
        try models.prepare()
        try data.write(to: URL(fileURLWithPath: models.temporaryPath(hash)))
        try models.publish(hash)
        return hash
    }

    @Test func whatWasFetchedIsFoundAtTheNextStart() throws {
        #expect(models.find(String(repeating: "0", count: 64)) == nil)
        let hash = try fetch("a network")
        #expect(models.find(hash) == folder.path("models/\(hash).pt"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: models.directory) == ["\(hash).pt"])
    }

    @Test func aDamagedFileIsNotFoundAndGoes() throws {
        let hash = try fetch("a network")
        try Data("another".utf8).write(to: URL(fileURLWithPath: models.path(hash)))
        #expect(models.find(hash) == nil)
        #expect(!FileManager.default.fileExists(atPath: models.path(hash)))
    }

    @Test func theModelsUsedLastAreKept() throws {
        let hashes = try (0..<FetchedModels.kept).map { try fetch("network \($0)") }
        for (age, hash) in hashes.reversed().enumerated() {
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSinceNow: Double(-3600 * (age + 1)))],
                ofItemAtPath: models.path(hash))
        }
        // The oldest is used, so the second oldest goes.
        #expect(models.find(hashes[0]) != nil)
        try fetch("one more")
        #expect(models.find(hashes[0]) != nil && models.find(hashes[1]) == nil && models.find(hashes[2]) != nil)
        #expect(try FileManager.default.contentsOfDirectory(atPath: models.directory).count == FetchedModels.kept)
    }

    @Test func whatAKilledWorkerLeftGoesInTheEnd() throws {
        try models.prepare()
        let (old, new) = (models.directory + "/.old.part", models.directory + "/.new.part")
        for path in [old, new] { try Data().write(to: URL(fileURLWithPath: path)) }
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSinceNow: -200_000)], ofItemAtPath: old)
        try fetch("a network")
        #expect(!FileManager.default.fileExists(atPath: old) && FileManager.default.fileExists(atPath: new))
    }
}
