import Foundation
import TestSupport
import Testing

/// Films on their way up and down, cut off in the middle.
@Suite struct TransferTests {
    @Test func anUploadAndAFetchGoOnWhereTheyWereCut() async throws {
        let film = try await Self.largeFilm()
        let size = try Self.size(film)
        try await Gate.shared.pass {
            let farm = try FarmUnderTest()
            try await farm.serve()
            let relays = (control: try Relay(to: farm.controlPort), bulk: try Relay(to: farm.bulkPort))
            let anna = try await farm.key("client", "anna", through: (relays.control.port, relays.bulk.port))
            let settings = FarmTests.settings + ["--scale", "1", "--segment-frames", "500"]

            // The client is killed with a part of the film at the coordinator.
            relays.bulk.throttle(bytesPerSecond: 24 << 20)
            let first = try CoordinatorProcess(["submit", film, "--key", anna] + settings)
            for _ in 0..<3000 where relays.bulk.passed < size / 3 { try await Task.sleep(for: .milliseconds(20)) }
            first.signal(SIGKILL)
            #expect(await first.wait().bySignal)
            let sent = relays.bulk.passed
            #expect(sent >= size / 3 && sent < size, "the cut must come in the middle: \(sent) of \(size)")

            relays.bulk.throttle(bytesPerSecond: nil)
            let id = try await farm.submit(film, settings, key: anna)
            let more = relays.bulk.passed - sent
            #expect(more < size - sent / 2, "\(more) bytes of \(size) were sent again after \(sent)")

            try await farm.work("box-1")
            try await farm.waits(for: id, "done") { $0["state"] as? String == "done" }
            let output = farm.folder.path("out.mkv")
            relays.bulk.throttle(bytesPerSecond: 24 << 20)
            let before = relays.bulk.passed
            let cut = try CoordinatorProcess(["fetch", id, "-o", output, "--key", anna])
            for _ in 0..<3000 where relays.bulk.passed - before < size / 3 {
                try await Task.sleep(for: .milliseconds(20))
            }
            cut.signal(SIGKILL)
            #expect(await cut.wait().bySignal)
            #expect(!FileManager.default.fileExists(atPath: output))
            let got = relays.bulk.passed - before

            relays.bulk.throttle(bytesPerSecond: nil)
            let fetched = try await farm.ask(["fetch", id, "-o", output], key: anna)
            try #require(fetched.status == 0, "\(fetched)")
            let whole = try Self.size(output)
            let rest = relays.bulk.passed - before - got
            #expect(rest < whole - got / 2, "\(rest) bytes of \(whole) came again after \(got)")
            #expect(try await referenceFrames(output) == referenceFrames(film))
            let left = try FileManager.default.contentsOfDirectory(atPath: farm.folder.url.path)
            #expect(!left.contains { $0.hasSuffix(".part") || $0.contains(".fetch") }, "\(left)")
        }
    }

    /// The coordinator goes away and comes back while a film is on its way up.
    @Test func anUploadOutlivesTheCoordinator() async throws {
        let film = try await Self.largeFilm()
        let size = try Self.size(film)
        try await Gate.shared.pass {
            let farm = try FarmUnderTest()
            let coordinator = try await farm.serve()
            let relays = (control: try Relay(to: farm.controlPort), bulk: try Relay(to: farm.bulkPort))
            let anna = try await farm.key("client", "anna", through: (relays.control.port, relays.bulk.port))
            relays.bulk.throttle(bytesPerSecond: 24 << 20)
            let client = try CoordinatorProcess(
                ["submit", film, "--key", anna, "--json", "--scale", "1"] + FarmTests.settings)
            for _ in 0..<3000 where relays.bulk.passed < size / 3 { try await Task.sleep(for: .milliseconds(20)) }
            coordinator.signal(SIGKILL)
            #expect(await coordinator.wait().bySignal)
            let sent = relays.bulk.passed
            #expect(sent < size)
            relays.bulk.throttle(bytesPerSecond: nil)
            try await farm.serve()
            let ended = await client.wait()
            try #require(ended.status == 0, "\(ended)")
            #expect(
                relays.bulk.passed - sent < size - sent / 2, "\(relays.bulk.passed - sent) of \(size) after \(sent)")
        }
    }

    private static func size(_ path: String) throws -> Int {
        (try FileManager.default.attributesOfItem(atPath: path)[.size] as? NSNumber)?.intValue ?? 0
    }

    /// Noise that no encoder makes smaller: some 60 MB in few frames.
    private static func largeFilm() async throws -> String {
        try await Fixtures.shared.file("large.mkv") { path in
            try await ffmpeg([
                "-f", "lavfi", "-i", "nullsrc=size=1280x720:rate=24,geq=random(1)*255:128:128,format=yuv420p",
                "-frames:v", "60", "-c:v", "ffv1", "-g", "1", path,
            ])
        }
    }
}
