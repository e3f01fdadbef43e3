import FarmModel
import Foundation

@testable import Messaging

/// Both servers on TCP ports of their own with keys, and whoever is to talk to them.
final class KeyedBench: Sendable {
    let bench: Bench
    let list: AllowList
    let pair: CurveKeyPair
    let control: ControlServer
    let bulk: BulkServer

    init(timing: BulkTiming = BulkTiming(retry: .milliseconds(200))) throws {
        bench = try Bench()
        list = AllowList()
        pair = try CurveKeyPair.generate()
        let any = try EndpointAddress("tcp://127.0.0.1:*")
        let security = EndpointSecurity.server(own: pair, admits: list)
        control = try ControlServer(context: bench.context, endpoint: any, security: security, logger: quiet)
        bulk = try BulkServer(
            context: bench.context, endpoint: any, security: security, timing: timing, logger: quiet)
    }

    /// A new key that the list has.
    func admit(_ role: Role = .worker, _ name: String = "box") throws -> KeyFile {
        let key = try makeKey(role, name)
        list.replace(with: list.holders + [KeyHolder(role: role, name: name, publicKey: key.publicKey)])
        return key
    }

    /// A new key that the list has not.
    func makeKey(_ role: Role = .worker, _ name: String = "box") throws -> KeyFile {
        KeyFile(
            role: role, name: name, control: "\(control.endpoint)", bulk: "\(bulk.endpoint)",
            serverKey: pair.publicKey, pair: try .generate())
    }

    func revoke(_ key: KeyFile) { list.replace(with: list.holders.filter { $0.publicKey != key.publicKey }) }

    func controlClient(_ key: KeyFile) throws -> ControlClient {
        try ControlClient(context: bench.context, endpoint: control.endpoint, security: key.security, logger: quiet)
    }

    func bulkClient(_ key: KeyFile, _ timing: BulkTiming = BulkTiming(retry: .milliseconds(200))) throws -> BulkClient {
        try BulkClient(
            context: bench.context, endpoint: bulk.endpoint, security: key.security, timing: timing, logger: quiet)
    }

    func close() async {
        await control.close()
        await bulk.close()
    }
}
