import Foundation
import Messaging
import Testing

@Suite struct EndpointTests {
    @Test(arguments: [
        "ipc:///run/farm/control", "tcp://farm:5555", "tcp://10.0.0.1:1", "tcp://*:65535", "tcp://[::1]:5555",
        "tcp://127.0.0.1:*",
    ])
    func goodAddressesKeepTheirText(_ text: String) throws {
        #expect("\(try EndpointAddress(text))" == text)
    }

    @Test(arguments: [
        "", "farm:5555", "udp://farm:5555", "ipc://", "ipc://relative", "ipc://@abstract", "ipc://*", "ipc:///a/",
        "ipc:///a\0b", "tcp://farm", "tcp://:5555", "tcp://farm:", "tcp://farm:65536", "tcp://farm:-1",
        "tcp://a:b:1", "tcp://[]:1", "tcp://eth0;farm:1", "tcp://fa rm:1",
    ])
    func badAddressesAreRefused(_ text: String) {
        #expect(throws: MessagingError.self) { try EndpointAddress(text) }
    }

    @Test func aPathThatTheSystemCannotHoldIsRefusedWithItsLength() throws {
        let longest = "/" + String(repeating: "a", count: 106)
        #expect(throws: Never.self) { try EndpointAddress(ipcPath: longest) }
        let error = try #require(throws: MessagingError.self) { try EndpointAddress(ipcPath: longest + "ä") }
        #expect("\(error)".contains("109 bytes") && "\(error)".contains("takes 107"))
    }

    @Test func anEndpointOpenToANetworkIsRefusedWithoutKeys() throws {
        let context = try MessagingContext()
        let endpoint = try EndpointAddress("tcp://127.0.0.1:5555")
        let expected = MessagingError.insecure(endpoint: "tcp://127.0.0.1:5555")
        #expect(throws: expected) { try ControlServer(context: context, endpoint: endpoint) }
        #expect(throws: expected) { try ControlClient(context: context, endpoint: endpoint) }
        #expect(throws: expected) { try BulkServer(context: context, endpoint: endpoint) }
        #expect(throws: expected) { try BulkClient(context: context, endpoint: endpoint) }
    }

    @Test func whatLibzmqRefusesCarriesItsOwnText() throws {
        let context = try MessagingContext()
        let error = try #require(throws: MessagingError.self) {
            try ControlServer(context: context, endpoint: EndpointAddress("ipc:///nowhere/at/all"))
        }
        #expect("\(error)" == "cannot listen on ipc:///nowhere/at/all: No such file or directory")
    }

    @Test func aSocketLeftBehindIsReplacedAndAUsersFileIsNot() async throws {
        let bench = try Bench()
        try Data("film".utf8).write(to: URL(fileURLWithPath: bench.path("control")))
        let error = try #require(throws: MessagingError.self) {
            try ControlServer(context: bench.context, endpoint: bench.control)
        }
        #expect("\(error)".contains("no socket"))
        #expect(try bench.contents("control") == Data("film".utf8))

        unlink(bench.path("control"))
        try leaveSocketBehind(bench.path("control"))
        let server = try ControlServer(context: bench.context, endpoint: bench.control)
        let client = try ControlClient(context: bench.context, endpoint: bench.control)
        var events = client.events.makeAsyncIterator()
        #expect(await events.next() == .connected)
        await client.close()
        await server.close()
        #expect(!bench.exists("control"))
    }

    /// What a killed process leaves.
    private func leaveSocketBehind(_ path: String) throws {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(result == 0)
    }
}
