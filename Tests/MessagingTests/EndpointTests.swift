import Foundation
import Messaging
import Testing

@Suite struct EndpointTests {
    @Test(arguments: [
        "ipc:///run/farm/control", "tcp://farm:5555", "tcp://10.0.0.1:1", "tcp://*:65535", "tcp://[::1]:5555",
    ])
    func goodAddressesKeepTheirText(_ text: String) throws {
        #expect("\(try EndpointAddress(text))" == text)
    }

    @Test(arguments: [
        "", "farm:5555", "udp://farm:5555", "ipc://", "ipc://relative", "ipc://@abstract", "ipc://*", "ipc:///a/",
        "ipc:///a\0b", "tcp://farm", "tcp://:5555", "tcp://farm:", "tcp://farm:0", "tcp://farm:65536", "tcp://farm:-1",
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
}
