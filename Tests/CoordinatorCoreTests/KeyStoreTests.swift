import FarmModel
import Foundation
import Logging
import Messaging
import TestSupport
import Testing

@testable import CoordinatorCore

@Suite(.timeLimit(.minutes(1)))
struct KeyStoreTests {
    private let folder: TemporaryFolder
    private let store: KeyStore

    init() throws {
        folder = try TemporaryFolder()
        store = KeyStore(stateDirectory: folder.url.path)
    }

    private func issue(_ name: String, _ role: Role = .worker) throws -> KeyFile {
        try store.issue(role: role, name: name, control: "tcp://farm:5555", bulk: "tcp://farm:5556")
    }

    private func mode(_ path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }

    @Test func theServersPairIsMadeOnceForItsOwnerAlone() async throws {
        let pairs = try await withThrowingTaskGroup { group in
            for _ in 0..<8 { group.addTask { try store.server() } }
            return try await group.reduce(into: Set<CurveKeyPair>()) { $0.insert($1) }
        }
        #expect(pairs.count == 1 && pairs.first?.fault == nil)
        #expect(try mode(folder.url.path + "/keys/server.json") == 0o600)
        #expect(try mode(folder.url.path + "/keys") == 0o700)
    }

    @Test func aDamagedServerKeyIsNeverReplaced() throws {
        _ = try store.server()
        let path = folder.url.path + "/keys/server.json"
        try Data("{}".utf8).write(to: URL(fileURLWithPath: path))
        chmod(path, 0o600)
        let error = try #require(throws: CoordinatorError.self) { try store.server() }
        #expect(error.kind == .file && error.message.contains("damaged"))
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data("{}".utf8))
    }

    @Test func anIssuedKeyIsListedWithoutItsSecretAndRevokedByName() throws {
        let key = try issue("box.1")
        #expect(key.pair.fault == nil)
        #expect(key.serverKey == (try store.server().publicKey))
        let other = try issue("ada", .client)
        #expect(try store.list().map(\.holder.name) == ["ada", "box.1"])
        #expect(try store.list()[1].holder == KeyHolder(role: .worker, name: "box.1", publicKey: key.publicKey))
        let text = try String(contentsOfFile: store.path("box.1"), encoding: .utf8)
        #expect(!text.contains(key.secretKey) && text.contains(key.publicKey))
        try store.revoke("box.1")
        #expect(try store.list().map(\.holder.publicKey) == [other.publicKey])
        #expect(throws: CoordinatorError.self) { try store.revoke("box.1") }
    }

    @Test func aNameIsGivenOnce() throws {
        let first = try issue("box")
        let error = try #require(throws: CoordinatorError.self) { try issue("box") }
        #expect(error.kind == .usage && error.message.contains("already"))
        #expect(try store.list().map(\.holder.publicKey) == [first.publicKey])
    }

    @Test(arguments: [
        "", ".", "..", ".hidden", "-x", "a/b", "../box", "a b", "a\0b", "ä", String(repeating: "a", count: 65),
    ])
    func aNameThatIsNoneIsRefused(_ name: String) throws {
        #expect(throws: CoordinatorError.self) { try issue(name) }
        #expect(throws: CoordinatorError.self) { try store.revoke(name) }
        #expect(try store.list().isEmpty)
    }

    @Test func damagedFilesAreToldOfAndAdmitNobody() throws {
        let good = try issue("good")
        _ = try issue("open")
        chmod(store.path("open"), 0o644)
        try PrivateFile.make(store.path("damaged"), Data("{\"holder\":".utf8))
        try PrivateFile.make(store.path("renamed"), Data(contentsOf: URL(fileURLWithPath: store.path("good"))))
        let fake = IssuedKey(holder: KeyHolder(role: .operator, name: "fake", publicKey: "short"), created: Date())
        try PrivateFile.make(store.path("fake"), try JSONEncoder.readable.encode(fake))
        let twin = IssuedKey(
            holder: KeyHolder(role: .operator, name: "twin", publicKey: good.publicKey), created: Date())
        try PrivateFile.make(store.path("twin"), try JSONEncoder.readable.encode(twin))
        let scan = try store.scan()
        #expect(scan.keys.map(\.holder.name) == ["good"])
        #expect(scan.faults.count == 5)
        #expect(scan.faults.contains { $0.contains("open.json") && $0.contains("chmod 600") })
    }

    @Test func aWatchKeepsTheListAsTheDirectoryIs() async throws {
        let before = try issue("before")
        let list = AllowList()
        let watch = try KeyWatch(store, list, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        #expect(list.holder(of: before.publicKey)?.name == "before")
        let added = try issue("added", .client)
        while list.holder(of: added.publicKey) == nil { try await Task.sleep(for: .milliseconds(5)) }
        try store.revoke("before")
        while list.holder(of: before.publicKey) != nil { try await Task.sleep(for: .milliseconds(5)) }
        #expect(list.holder(of: added.publicKey)?.role == .client)
        // In place, without a new name.
        let handle = try #require(FileHandle(forWritingAtPath: store.path("added")))
        try handle.truncate(atOffset: 0)
        try handle.close()
        while list.holder(of: added.publicKey) != nil { try await Task.sleep(for: .milliseconds(5)) }
        watch.stop()
    }

    /// A disk that hiccups revokes nobody.
    @Test func whoWasAdmittedStaysSoWhileTheDirectoryCannotBeRead() async throws {
        let key = try issue("box")
        let (list, log) = (AllowList(), RecordedLog())
        let watch = try KeyWatch(store, list, logger: log.logger)
        try FileManager.default.moveItem(atPath: store.allowed, toPath: store.allowed + ".away")
        try Data().write(to: URL(fileURLWithPath: store.allowed))
        while !log.text.contains("still is") { try await Task.sleep(for: .milliseconds(5)) }
        #expect(list.holder(of: key.publicKey)?.name == "box")
        try FileManager.default.removeItem(atPath: store.allowed)
        try FileManager.default.moveItem(atPath: store.allowed + ".away", toPath: store.allowed)
        try store.revoke("box")
        while list.holder(of: key.publicKey) != nil { try await Task.sleep(for: .milliseconds(5)) }
        watch.stop()
    }
}
