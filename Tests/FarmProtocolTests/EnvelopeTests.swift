import FarmModel
import FarmProtocol
import Foundation
import Testing

@Suite struct EnvelopeTests {
    @Test(arguments: Samples.worker)
    func everyWorkersMessageComesBackAsItWas(_ message: WorkerMessage) throws {
        #expect(try WorkerMessage(decoding: message.encoded()) == message)
    }

    @Test(arguments: Samples.coordinator)
    func everyCoordinatorsMessageComesBackAsItWas(_ message: CoordinatorMessage) throws {
        #expect(try CoordinatorMessage(decoding: message.encoded()) == message)
    }

    @Test(arguments: Samples.requests)
    func everyRequestComesBackAsItWas(_ request: ClientRequest) throws {
        #expect(try ClientRequest(decoding: request.encoded()) == request)
        #expect(try IncomingMessage(decoding: request.encoded()) == .client(request))
    }

    @Test(arguments: Samples.replies)
    func everyReplyComesBackAsItWas(_ reply: ClientReply) throws {
        #expect(try ClientReply(decoding: reply.encoded()) == reply)
    }

    @Test func aCoordinatorTakesWorkersAndClientsMessagesOnly() throws {
        for message in Samples.worker { #expect(try IncomingMessage(decoding: message.encoded()) == .worker(message)) }
        for message in Samples.coordinator {
            #expect(throws: WireError.self) { try IncomingMessage(decoding: message.encoded()) }
        }
        for reply in Samples.replies {
            #expect(throws: WireError.self) { try IncomingMessage(decoding: reply.encoded()) }
        }
    }

    @Test(arguments: Samples.bulk)
    func everyBulkHeaderComesBackAsItWas(_ header: BulkHeader) throws {
        #expect(try BulkHeader(decoding: header.encoded()) == header)
    }

    @Test(arguments: [0, 1, 99])
    func anotherVersionSaysWhichSideToUpgrade(_ version: Int) throws {
        let side = version < Wire.version ? "the peer" : "this side"
        // A type, a body and fields that this side has never heard of: the version comes first.
        for text in [#"{"v":\#(version),"type":"teleport","body":7}"#, #"{"v":\#(version)}"#] {
            let data = Data(text.utf8)
            for decode in Self.decoders {
                let error = try #require(throws: WireError.self) { try decode(data) }
                #expect(error == .version(theirs: version))
                #expect("\(error)".contains("upgrade \(side)"))
            }
        }
    }

    @Test(arguments: [
        "", "{", "null", "[]", "1", #""hello""#, "{}", #"{"v":"1"}"#, #"{"v":8}"#, #"{"v":8,"type":"teleport"}"#,
        #"{"v":8,"type":7,"body":{}}"#, #"{"v":8,"type":"lease"}"#, #"{"v":8,"type":"hello","body":null}"#,
        #"{"v":8,"type":"hello","body":{"worker":{"name":"a","epoch":1e99,"processID":1},"slots":[]}}"#,
        #"{"v":8,"type":"heartbeat","body":{"attempts":[{"frames":1}]}}"#,
        #"{"v":8,"type":"refused","body":{"reason":"x"}}"#,
        #"{"v":8,"type":"get","blob":7}"#, #"{"v":8,"type":"get","blob":"a","offset":1e30}"#,
        #"{"v":9223372036854775808,"type":"drain"}"#,
    ])
    func whatIsNoMessageIsAnError(_ text: String) {
        for decode in Self.decoders {
            #expect {
                try decode(Data(text.utf8))
            } throws: {
                if case .malformed? = $0 as? WireError { true } else { false }
            }
        }
    }

    @Test func deepNestingAndBrokenTextAreErrors() {
        let deep = Data((String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000)).utf8)
        for data in [
            deep, Data([0xFF, 0xFE, 0x00]), Data(#"{"v":8,"type":"drain"}"#.utf8) + [0xC3], Data(count: 1000),
        ] {
            for decode in Self.decoders { #expect(throws: WireError.self) { try decode(data) } }
        }
    }

    @Test func eachSideTakesTheOthersMessagesOnly() throws {
        for message in Samples.worker {
            #expect(throws: WireError.self) { try CoordinatorMessage(decoding: message.encoded()) }
        }
        for message in Samples.coordinator {
            #expect(throws: WireError.self) { try WorkerMessage(decoding: message.encoded()) }
        }
    }

    @Test func damagedMessagesNeverCrash() throws {
        var noise = SystemRandomNumberGenerator()
        let messages =
            try Samples.worker.map { try $0.encoded() } + Samples.coordinator.map { try $0.encoded() }
            + Samples.bulk.map { try $0.encoded() } + Samples.requests.map { try $0.encoded() }
            + Samples.replies.map { try $0.encoded() }
        var refused = 0
        for message in messages {
            for _ in 0..<100 {
                var data = message
                for _ in 0..<Int.random(in: 1...3, using: &noise) {
                    data[Int.random(in: 0..<data.count, using: &noise)] = UInt8.random(in: 0...255, using: &noise)
                }
                for decode in Self.decoders where (try? decode(data)) == nil { refused += 1 }
            }
        }
        #expect(refused > messages.count * 100)
    }

    @Test func unknownFieldsOfTheSameVersionArePassedOver() throws {
        let text = #"{"v":8,"type":"welcome","body":{"heartbeatInterval":2,"motto":"hurry"},"sent":"today"}"#
        #expect(try CoordinatorMessage(decoding: Data(text.utf8)) == .welcome(Welcome(heartbeatInterval: 2)))
    }

    private static let decoders: [@Sendable (Data) throws -> Void] = [
        { _ = try WorkerMessage(decoding: $0) }, { _ = try CoordinatorMessage(decoding: $0) },
        { _ = try BulkHeader(decoding: $0) }, { _ = try IncomingMessage(decoding: $0) },
        { _ = try ClientRequest(decoding: $0) }, { _ = try ClientReply(decoding: $0) },
    ]
}
