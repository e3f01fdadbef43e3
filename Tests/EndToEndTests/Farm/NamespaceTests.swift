import Foundation
import TestSupport
import Testing

/// A farm whose machines share nothing but a network.
@Suite(.enabled(if: Namespaces.areAvailable, "needs root, iproute2 and util-linux")) struct NamespaceTests {
    @Test func machinesThatShareNothing() async throws {
        let film = try await KillTests.film()
        let alone = try await FarmTests.undisturbed()
        let hosts = try await Namespaces(hosts: 3)
        try await Gate.shared.pass {
            // Keys are brought to their holders; nobody sees the film but the client, nor the state but the coordinator.
            let folder = try TemporaryFolder()
            let (mine, state) = (folder.path("mine"), folder.path("state"))
            try FileManager.default.createDirectory(atPath: mine, withIntermediateDirectories: true)
            let source = mine + "/film.mkv"
            try FileManager.default.copyItem(atPath: film, toPath: source)
            let farm = try FarmUnderTest(host: Namespaces.firstAddress, in: folder) { place in
                switch place {
                case .coordinator: hosts.prefix(0, hiding: [mine])
                case .worker("box-1"): hosts.prefix(1, hiding: [mine, state])
                case .worker: hosts.prefix(2, hiding: [mine, state])
                case .client: hosts.prefix(3, hiding: [state])
                }
            }
            try await farm.serve()
            let anna = try await farm.key("client", "anna")
            for name in ["box-1", "box-2"] { try await farm.work(name) }
            let blind = try await CoordinatorProcess(["probe", source], prefix: hosts.prefix(0, hiding: [mine])).wait()
            #expect(blind.status == 3, "the coordinator sees the client's film: \(blind)")
            let id = try await farm.submit(source, FarmTests.settings, key: anna)
            try await farm.waits(for: id, "done") { $0["state"] as? String == "done" }
            let output = mine + "/out.mkv"
            let fetched = try await farm.ask(["fetch", id, "-o", output], key: anna)
            try #require(fetched.status == 0, "\(fetched)")
            #expect(try await referenceFrames(output) == referenceFrames(alone))
            #expect(try await Judge.payload(output, "v:0") == Judge.payload(alone, "v:0"))
            #expect(try await farm.workers().allSatisfy { ($0["segmentsDone"] as? Int ?? 0) > 0 })
        }
    }
}
