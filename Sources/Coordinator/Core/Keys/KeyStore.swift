public import FarmModel
public import Foundation
public import Messaging

/// A key that was issued: everything but its secret, which only its holder has.
public struct IssuedKey: Codable, Hashable, Sendable {
    public var holder: KeyHolder
    public var created: Date

    public init(holder: KeyHolder, created: Date) { (self.holder, self.created) = (holder, created) }
}

/// The coordinator's keys in its state directory: `keys/server.json` is its own pair, `keys/allowed/NAME.json` each key that
/// may come in. `keys new` and `keys revoke` change it while a coordinator runs, whose `KeyWatch` sees it; so the lock on
/// the state directory is not taken. All calls block, briefly.
public struct KeyStore: Sendable {
    let directory: String

    /// Makes nothing yet.
    public init(stateDirectory: String) { directory = stateDirectory + "/keys" }

    var allowed: String { directory + "/allowed" }
    private var serverFile: String { directory + "/server.json" }

    /// The coordinator's own pair, made when it is first asked for.
    /// - Throws: `CoordinatorError`: a damaged file is never replaced, as every key file out there names the pair in it
    public func server() throws -> CurveKeyPair {
        try telling("make or read the coordinator's key") {
            try makeDirectories()
            do { return try readServer() } catch MessagingError.file(_, _, ENOENT, _) {}
            // Two processes may get here at once: one file wins, and both read it.
            do {
                try PrivateFile.make(serverFile, JSONEncoder.readable.encode(CurveKeyPair.generate()))
            } catch MessagingError.file(_, _, EEXIST, _) {}
            return try readServer()
        }
    }

    /// A new key, on the allow-list when this returns. Its secret is in the result and nowhere else.
    /// - Parameters:
    ///   - name: letters, digits and `. _ -`, at most 64, the first a letter or digit; no two keys have the same
    ///   - control: where the holder connects to; `bulk` likewise
    /// - Throws: `CoordinatorError`
    public func issue(role: Role, name: String, control: String, bulk: String) throws -> KeyFile {
        guard Self.isName(name) else {
            throw CoordinatorError(
                .usage,
                "\(name) cannot be a key's name: use letters, digits and . _ - (at most 64), a letter or digit first")
        }
        let file = KeyFile(
            role: role, name: name, control: control, bulk: bulk, serverKey: try server().publicKey,
            pair: try CurveKeyPair.generate())
        let holder = KeyHolder(role: role, name: name, publicKey: file.publicKey)
        return try telling("issue the key \(name)") {
            let data = try JSONEncoder.readable.encode(IssuedKey(holder: holder, created: Date()))
            do { try PrivateFile.make(path(name), data) } catch MessagingError.file(_, _, EEXIST, _) {
                throw CoordinatorError(
                    .usage, "there is a key \(name) already: choose another name, or revoke that one")
            }
            return file
        }
    }

    /// The keys that may come in, by name. Damaged files are left out; `scan` tells of them.
    /// - Throws: `CoordinatorError`
    public func list() throws -> [IssuedKey] { try scan().keys }

    /// Takes a key off the allow-list; a running coordinator hears nothing more from its holder.
    /// - Throws: `CoordinatorError`
    public func revoke(_ name: String) throws {
        guard Self.isName(name) else { throw CoordinatorError(.usage, "there is no key \(name)") }
        guard unlink(path(name)) == 0 else {
            let reason = String(cString: strerror(errno))
            throw errno == ENOENT
                ? CoordinatorError(.usage, "there is no key \(name); `coordinator keys list` shows those there are")
                : CoordinatorError(.file, "cannot revoke the key \(name) (\(path(name))): \(reason)")
        }
        try telling("revoke the key \(name) for good") {
            try StateDirectory.sync(URL(fileURLWithPath: allowed, isDirectory: true))
        }
    }

    static func isName(_ text: String) -> Bool {
        let others = Set("._-".utf8)
        func isPlain(_ byte: UInt8) -> Bool {
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        }
        return text.utf8.count <= 64 && text.utf8.first.map(isPlain) ?? false
            && text.utf8.allSatisfy { isPlain($0) || others.contains($0) }
    }

    func makeDirectories() throws {
        for folder in [directory, allowed] {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            try StateDirectory.sync(URL(fileURLWithPath: folder).deletingLastPathComponent())
        }
    }

    func path(_ name: String) -> String { "\(allowed)/\(name).json" }

    private func readServer() throws -> CurveKeyPair {
        let data = try PrivateFile.read(serverFile)
        guard let pair = try? JSONDecoder().decode(CurveKeyPair.self, from: data), pair.fault == nil else {
            throw CoordinatorError(
                .file,
                "the coordinator's own key \(serverFile) is damaged: put its backup back, or remove it and issue every "
                    + "key anew")
        }
        return pair
    }

    func telling<Result>(_ attempted: String, _ work: () throws -> Result) throws -> Result {
        do { return try work() } catch let error as CoordinatorError { throw error } catch {
            throw CoordinatorError(.file, "cannot \(attempted): \(error.reason)")
        }
    }
}

extension JSONEncoder {
    /// For files that people look into.
    static var readable: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        return encoder
    }
}
