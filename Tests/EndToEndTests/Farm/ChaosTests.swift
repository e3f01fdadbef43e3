import Foundation
import TestSupport
import Testing

/// Films through processes that are killed and stopped, and over connections that break, at moments drawn from a seed.
///
/// `UPSCALE_FARM_CHAOS=1-20` runs those seeds instead of the usual ones (`make chaos`).
@Suite struct ChaosTests {
    static let seeds = Seeded.seeds("UPSCALE_FARM_CHAOS", else: "1-2")

    @Test(arguments: seeds) func everyFilmComesOutTheSame(seed: UInt64) async throws {
        let film = try await KillTests.film()
        let alone = try await FarmTests.undisturbed()
        try await Gate.shared.pass {
            let chaos = try await Chaos(seed: seed)
            let farm = chaos.farm
            var jobs: [String] = []
            for _ in 0..<2 { jobs.append(try await farm.submit(film, FarmTests.settings)) }
            for _ in 0..<6 {
                try await chaos.wait(for: jobs)
                try await chaos.disturb()
                try await chaos.checkKept(jobs)
            }
            try await chaos.calm()
            for id in jobs {
                try await farm.waits(for: id, "done") { ["done", "failed"].contains($0["state"] as? String) }
                let job = try await farm.job(id)
                #expect(job["state"] as? String == "done", "seed \(seed): \(job)")
                let output = farm.folder.path("\(id).mkv")
                let fetched = try await farm.ask(["fetch", id, "-o", output])
                try #require(fetched.status == 0, "seed \(seed): \(fetched)")
                #expect(try await referenceFrames(output) == referenceFrames(alone), "seed \(seed)")
            }
            try await chaos.checkKept(jobs)
            print("chaos seed \(seed): \(chaos.done.joined(separator: ", "))")
        }
    }

    /// A network that loses packets, at every moment.
    @Test(.enabled(if: Namespaces.areAvailable, "needs root, iproute2 and nftables"))
    func aNetworkThatLosesPackets() async throws {
        let film = try await KillTests.film()
        let alone = try await FarmTests.undisturbed()
        let hosts = try await Namespaces(hosts: 1)
        try await Gate.shared.pass {
            let farm = try FarmUnderTest(host: Namespaces.firstAddress) { place in
                if case .worker = place { hosts.prefix(1) } else { hosts.prefix(0) }
            }
            try await farm.serve()
            try await farm.work("box-1")
            try await farm.waitsForWorker("box-1") { $0["state"] as? String == "idle" }
            let rules = """
                table inet chaos {
                  counter lost {}
                  chain input { type filter hook input priority 0;
                    tcp dport { \(farm.controlPort), \(farm.bulkPort) } numgen random mod 100 < 15 counter name lost drop
                    tcp sport { \(farm.controlPort), \(farm.bulkPort) } numgen random mod 100 < 15 counter name lost drop
                  }
                }
                """
            let file = farm.folder.path("rules")
            try rules.write(toFile: file, atomically: true, encoding: .utf8)
            try await run("ip", ["netns", "exec", hosts.name(1), "nft", "-f", file])
            let id = try await farm.submit(film, FarmTests.settings)
            try await farm.waits(for: id, "done") { $0["state"] as? String == "done" }
            let output = farm.folder.path("out.mkv")
            let fetched = try await farm.ask(["fetch", id, "-o", output])
            try #require(fetched.status == 0, "\(fetched)")
            #expect(try await referenceFrames(output) == referenceFrames(alone))
            let counter = try await run("ip", ["netns", "exec", hosts.name(1), "nft", "list", "counters"])
            let words = String(decoding: counter, as: UTF8.self).split(whereSeparator: \.isWhitespace)
            let lost = words.firstIndex(of: "packets").flatMap { Int(words[$0 + 1]) }
            #expect((lost ?? 0) > 10, "nothing was lost: \(String(decoding: counter, as: UTF8.self))")
        }
    }
}
