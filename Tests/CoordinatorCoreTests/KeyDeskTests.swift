import FarmModel
import Foundation
import Messaging
import TestSupport
import Testing

@testable import CoordinatorCore

@Suite struct KeyDeskTests {
    private let folder: TemporaryFolder
    private let desk: KeyDesk

    init() throws {
        folder = try TemporaryFolder()
        desk = KeyDesk(stateDirectory: folder.path("state"))
    }

    private func issue(_ name: String, endpoint: String? = nil) throws -> KeyFile {
        try desk.issue(role: .worker, name: name, endpoint: endpoint, bulk: nil, to: folder.path("\(name).key"))
    }

    @Test func endpointsComeFromTheLastServe() throws {
        let host = ProcessInfo.processInfo.hostName
        #expect(try issue("a").control == "tcp://\(host):5555")
        try desk.prepare(control: "tcp://0.0.0.0:7001", bulk: "tcp://0.0.0.0:7005")
        let key = try issue("b")
        #expect(key.control == "tcp://\(host):7001" && key.bulk == "tcp://\(host):7005")
        let named = try issue("c", endpoint: "tcp://farm:9000")
        #expect(named.control == "tcp://farm:9000" && named.bulk == "tcp://farm:9001")
        #expect(throws: CoordinatorError.self) { try issue("d", endpoint: "farm") }
        #expect(try desk.list().map(\.holder.name) == ["a", "b", "c", "local"])
    }

    @Test func printedTimesAreUnixSeconds() throws {
        _ = try issue("a")
        let printed = try JSONEncoder().encode(try desk.list().map(KeyView.init))
        let rows = try #require(try JSONSerialization.jsonObject(with: printed) as? [[String: Any]])
        let created = try #require(rows.first?["created"] as? Double)
        #expect(abs(created - Date().timeIntervalSince1970) < 60)
        #expect((rows.first?["holder"] as? [String: Any])?["name"] as? String == "a")
    }

    @Test func aFileThatCannotBeWrittenLeavesNoKey() throws {
        _ = try issue("a")
        #expect(throws: CoordinatorError.self) {
            try desk.issue(role: .client, name: "b", endpoint: nil, bulk: nil, to: folder.path("a.key"))
        }
        #expect(throws: CoordinatorError.self) {
            try desk.issue(role: .client, name: "b", endpoint: nil, bulk: nil, to: folder.path("none/b.key"))
        }
        #expect(try desk.list().map(\.holder.name) == ["a"])
    }

    @Test func thisMachinesKeyIsMadeOnceAndFollowsTheEndpoints() throws {
        let path = KeyDesk.localKey(of: folder.path("state"))
        try desk.prepare(control: "tcp://0.0.0.0:7001", bulk: "tcp://0.0.0.0:7002")
        let first = try KeyFile(contentsOf: path)
        #expect(first.role == .operator && first.control == "tcp://127.0.0.1:7001")
        try desk.prepare(control: "tcp://10.0.0.1:8001", bulk: "tcp://0.0.0.0:7002")
        let second = try KeyFile(contentsOf: path)
        #expect(second.publicKey == first.publicKey && second.control == "tcp://10.0.0.1:8001")
        // Revoked on purpose: it does not come back.
        try desk.revoke("local")
        try desk.prepare(control: "tcp://0.0.0.0:7001", bulk: "tcp://0.0.0.0:7002")
        #expect(try desk.list().isEmpty)
    }
}
