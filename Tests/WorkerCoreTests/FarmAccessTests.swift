import FarmModel
import Foundation
import Messaging
import TestSupport
import Testing

@testable import WorkerCore

@Suite struct FarmAccessTests {
    private let folder = try! TemporaryFolder()

    /// A worker's key file named `box`, for a coordinator at port 7000.
    private func keyFile() throws -> String {
        let path = folder.path("box.key")
        try KeyFile(
            role: .worker, name: "box", control: "tcp://farm:7000", bulk: "tcp://farm:7777",
            serverKey: CurveKeyPair.generate().publicKey, pair: .generate()
        ).write(to: path)
        return path
    }

    private func access(
        _ coordinator: String? = nil, bulk: String? = nil, key: String? = nil, _ environment: [String: String] = [:]
    ) throws -> FarmAccess {
        try FarmAccess(coordinator: coordinator, bulk: bulk, key: key, environment: environment)
    }

    private func endpoints(_ access: FarmAccess) -> [String] { ["\(access.control)", "\(access.bulk)"] }

    private func isClient(_ access: FarmAccess) -> Bool {
        if case .client = access.security { true } else { false }
    }

    @Test func theKeyFileSaysItAll() throws {
        let key = try keyFile()
        for found in [try access(key: key), try access(nil, ["UPSCALE_FARM_KEY": key])] {
            #expect(endpoints(found) == ["tcp://farm:7000", "tcp://farm:7777"])
            #expect(isClient(found) && found.keyName == "box")
        }
    }

    @Test func whatTheUserSaysGoesFirst() throws {
        let key = try keyFile()
        #expect(endpoints(try access("tcp://other:1", key: key)) == ["tcp://other:1", "tcp://other:2"])
        #expect(endpoints(try access("tcp://farm:7000", key: key)) == ["tcp://farm:7000", "tcp://farm:7777"])
        #expect(endpoints(try access(bulk: "tcp://farm:9", key: key)) == ["tcp://farm:7000", "tcp://farm:9"])
        let named = ["UPSCALE_FARM_COORDINATOR": "tcp://third:5"]
        #expect(endpoints(try access(key: key, named)) == ["tcp://third:5", "tcp://third:6"])
        #expect(endpoints(try access("tcp://other:1", key: key, named)) == ["tcp://other:1", "tcp://other:2"])
    }

    @Test func childrenOfRunHaveNoUseForTheirUsersKey() throws {
        let key = try keyFile()
        let found = try access("ipc:///run/farm/control", ["UPSCALE_FARM_KEY": key])
        #expect(!isClient(found) && found.keyName == nil)
        #expect(endpoints(found) == ["ipc:///run/farm/control", "ipc:///run/farm/bulk"])
        #expect(isClient(try access("ipc:///run/farm/control", key: key)))
    }

    @Test func whatIsMissingIsSaid() throws {
        for environment in [[:], ["UPSCALE_FARM_COORDINATOR": "", "UPSCALE_FARM_KEY": ""]] {
            let error = #expect(throws: WorkerUsageError.self) { try access(nil, environment) }
            #expect(error?.reason.contains("--coordinator ENDPOINT or --key FILE") == true)
        }
        let key = folder.path("none.key")
        let error = #expect(throws: MessagingError.self) { try access(key: key) }
        #expect(error?.description.contains("\(key): No such file or directory") == true)
    }
}
