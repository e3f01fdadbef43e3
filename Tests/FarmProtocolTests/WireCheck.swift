import FarmProtocol
import Foundation

/// What holds for any bytes that a network may bring: every decoder gives a message or a `WireError`, and a message that it
/// gives is the same when it is written and read again. The fuzzer is built with this file too (scripts/fuzz.sh).
enum WireCheck {
    struct Broken: Error, CustomStringConvertible {
        let description: String
    }

    static func check(_ data: Data) throws {
        try check(data, WorkerMessage.init(decoding:)) { try $0.encoded() }
        try check(data, CoordinatorMessage.init(decoding:)) { try $0.encoded() }
        try check(data, ClientRequest.init(decoding:)) { try $0.encoded() }
        try check(data, ClientReply.init(decoding:)) { try $0.encoded() }
        try check(data, BulkHeader.init(decoding:)) { try $0.encoded() }
        try check(data, IncomingMessage.init(decoding:)) { message in
            switch message {
            case .worker(let message): try message.encoded()
            case .client(let message): try message.encoded()
            }
        }
    }

    private static func check<Message: Equatable>(
        _ data: Data, _ decode: (Data) throws -> Message, _ encode: (Message) throws -> Data
    ) throws {
        let message: Message
        do { message = try decode(data) } catch let error as WireError {
            // As it is logged and answered.
            _ = "\(error)"
            return
        } catch { throw Broken(description: "\(Message.self) gave \(error), which is no WireError") }
        let again = try decode(encode(message))
        guard again == message else { throw Broken(description: "\(message) came back as \(again)") }
    }
}
