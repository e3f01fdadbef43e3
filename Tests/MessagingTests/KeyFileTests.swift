import FarmModel
import Foundation
import Messaging
import Testing

@Suite struct KeyFileTests {
    private func makeFile() throws -> KeyFile {
        KeyFile(
            role: .worker, name: "box", control: "tcp://farm:5555", bulk: "tcp://farm:5556",
            serverKey: try CurveKeyPair.generate().publicKey, pair: try .generate())
    }

    @Test func whatWasWrittenIsReadBackAndOnlyItsOwnerCan() throws {
        let bench = try Bench()
        let file = try makeFile()
        try file.write(to: bench.path("box.key"))
        #expect(try KeyFile(contentsOf: bench.path("box.key")) == file)
        let attributes = try FileManager.default.attributesOfItem(atPath: bench.path("box.key"))
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        #expect(try FileManager.default.contentsOfDirectory(atPath: bench.directory) == ["box.key"])
    }

    @Test func aFileThatExistsIsNotReplaced() throws {
        let bench = try Bench()
        let file = try makeFile()
        try file.write(to: bench.path("box.key"))
        #expect(throws: MessagingError.self) { try makeFile().write(to: bench.path("box.key")) }
        #expect(try KeyFile(contentsOf: bench.path("box.key")) == file)
    }

    @Test(arguments: [0o604, 0o640, 0o620, 0o602])
    func aFileThatOthersCanReadOrChangeIsRefusedWithTheRemedy(_ mode: mode_t) throws {
        let bench = try Bench()
        try makeFile().write(to: bench.path("box.key"))
        chmod(bench.path("box.key"), mode)
        let error = try #require(throws: MessagingError.self) { try KeyFile(contentsOf: bench.path("box.key")) }
        #expect("\(error)".contains("chmod 600 \(bench.path("box.key"))"))
    }

    @Test func damagedFilesAreRefused() throws {
        let file = try makeFile()
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        let good = try encoder.encode(file)
        #expect(try KeyFile(decoding: good) == file)
        let text = String(decoding: good, as: UTF8.self)
        for bad in [
            "", "{}", "null", String(text.dropLast()), text.replacing(file.secretKey, with: "short"),
            text.replacing(file.publicKey, with: file.serverKey), text.replacing("worker", with: "owner"),
            text.replacing(file.serverKey, with: String(repeating: "~", count: 40)),
            text.replacing(file.serverKey, with: String(repeating: "#", count: 40)), text.replacing("tcp", with: "udp"),
        ] {
            #expect(throws: MessagingError.self) { try KeyFile(decoding: Data(bad.utf8)) }
        }
    }

    @Test func neitherTextNorErrorsHoldTheSecret() throws {
        let file = try makeFile()
        for text in ["\(file)", "\(file.pair)", String(reflecting: file), String(reflecting: file.pair)] {
            #expect(!text.contains(file.secretKey))
        }
    }

    @Test func almostKeyFilesCrashNothing() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        let good = try encoder.encode(makeFile())
        var noise = Noise(seed: 11)
        for _ in 0..<3000 {
            var data = good
            for _ in 0..<Int.random(in: 1...3, using: &noise) {
                let place = Int.random(in: 0..<data.count, using: &noise)
                data[place] = UInt8.random(in: 0...255, using: &noise)
                if Bool.random(using: &noise) { data = Data(data.prefix(max(1, place))) }
            }
            do {
                let file = try KeyFile(decoding: data)
                #expect(file.pair.fault == nil)
            } catch { #expect(error is MessagingError) }
        }
    }
}
