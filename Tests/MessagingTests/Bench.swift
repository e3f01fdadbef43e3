import CZeroMQ
import FarmModel
import FarmProtocol
import Foundation
import Logging
import Testing

@testable import Messaging

/// A context, a short directory for its sockets and files, and clean-up. One a test.
final class Bench: Sendable {
    let context: MessagingContext
    let directory: String

    init() throws {
        context = try MessagingContext()
        var template = Array("/tmp/uf-XXXXXX".utf8CString)
        directory = try #require(mkdtemp(&template).map { String(cString: $0) })
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    var control: EndpointAddress { get throws { try EndpointAddress("ipc://\(directory)/control") } }
    var bulk: EndpointAddress { get throws { try EndpointAddress("ipc://\(directory)/bulk") } }

    func path(_ name: String) -> String { "\(directory)/\(name)" }
    func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path(name)) }
    func contents(_ name: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path(name))) }

    /// Tells a file from another of that name.
    func inode(_ name: String) throws -> UInt64 {
        let number = try FileManager.default.attributesOfItem(atPath: path(name))[.systemFileNumber] as? UInt64
        return try #require(number)
    }

    /// A file of that many bytes that no two seeds share.
    func makeFile(_ name: String, size: Int, seed: UInt64 = 1) async throws -> (BlobReference, Data) {
        let data = Noise(seed: seed).data(size)
        try data.write(to: URL(fileURLWithPath: path(name)))
        return (try await BlobReference.describing(id: name, slices: [.file(path(name))]), data)
    }

    func bulkServer(_ timing: BulkTiming = BulkTiming()) throws -> BulkServer {
        try BulkServer(context: context, endpoint: bulk, timing: timing, logger: quiet)
    }

    func bulkClient(_ timing: BulkTiming = BulkTiming()) throws -> BulkClient {
        try BulkClient(context: context, endpoint: bulk, timing: timing, logger: quiet)
    }
}

/// Hostile input is logged; a test's output is no place for it.
let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// Numbers from a seed.
struct Noise: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }

    /// A block of a prime length again and again, so that no two chunks are alike.
    func data(_ count: Int) -> Data {
        var noise = self
        let block = Data((0..<min(count, 65_521)).map { _ in UInt8(truncatingIfNeeded: noise.next()) })
        var data = Data(capacity: count + block.count)
        while data.count < count { data.append(block) }
        return data.prefix(count)
    }
}

/// A peer that says what it likes: a bare socket under the test's own hand.
final class RawPeer {
    private let socket: Socket

    init(connecting bench: Bench, to endpoint: EndpointAddress, _ security: EndpointSecurity = .localOnly) throws {
        socket = try Socket(.dealer, bench.context, .bulk)
        try socket.connect(endpoint, security)
    }

    /// Without a key, or with a user's name as libzmq's PLAIN has it, past all that the project would refuse.
    init(_ bench: Bench, bareTo endpoint: EndpointAddress, user: String? = nil) throws {
        socket = try Socket(.dealer, bench.context, .bulk)
        if let user {
            try socket.set(ZMQ_PLAIN_USERNAME, text: user, "ZMQ_PLAIN_USERNAME")
            try socket.set(ZMQ_PLAIN_PASSWORD, text: user, "ZMQ_PLAIN_PASSWORD")
        }
        try #require(zmq_connect(socket.handle, "\(endpoint)") == 0)
    }

    func trySending(_ frames: [Data]) throws -> Socket.SendOutcome { try socket.send(frames.map { try Frame($0) }) }

    init(binding bench: Bench, to endpoint: EndpointAddress) throws {
        socket = try Socket(.router, bench.context, .bulk)
        try socket.bind(endpoint, .localOnly)
    }

    deinit { close() }

    /// Waits until the message is taken.
    func send(_ frames: [Data]) async throws {
        while try socket.send(frames.map { try Frame($0) }) != .sent { try await Task.sleep(for: .milliseconds(1)) }
    }

    func receive() async throws -> [Data] {
        while true {
            if let frames = try socket.receive() { return frames.map(\.data) }
            try await Task.sleep(for: .milliseconds(1))
        }
    }

    func close() { socket.close() }
}
