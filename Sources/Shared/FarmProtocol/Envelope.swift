internal import FarmModel
public import Foundation

/// Why bytes from a peer are no message.
public enum WireError: Error, Hashable, CustomStringConvertible {
    case version(theirs: Int)
    case malformed(String)

    public var description: String {
        switch self {
        case .version(let theirs):
            let older = theirs < Wire.version ? "the peer" : "this side"
            return "protocol version \(theirs) meets \(Wire.version): upgrade \(older)"
        case .malformed(let why): return "a message that cannot be read: \(why)"
        }
    }
}

/// `{"v":7,"type":"lease","body":{…}}`: one JSON object a message.
private struct Envelope<Body: Encodable>: Encodable {
    let v = Wire.version
    let type: Wire.ControlType
    let body: Body
}

private enum EnvelopeKey: String, CodingKey { case v, type, body }

private struct Empty: Codable {}
private struct Reason: Codable {
    var attempt: AttemptID?
    let reason: String
}

private func seal(_ type: Wire.ControlType, _ body: some Encodable) throws -> Data {
    try JSONEncoder().encode(Envelope(type: type, body: body))
}

/// A message that is read out of its envelope by its type.
private protocol Enveloped {
    init(_ type: Wire.ControlType, _ body: EnvelopeBody) throws
}

private struct EnvelopeBody {
    fileprivate let container: KeyedDecodingContainer<EnvelopeKey>
    func read<Body: Decodable>(as _: Body.Type = Body.self) throws -> Body {
        try container.decode(Body.self, forKey: .body)
    }
}

/// Reads version and type before anything else, so that a newer peer's unknown fields never look like damage.
private struct Opened<Message: Enveloped>: Decodable {
    let message: Message

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: EnvelopeKey.self)
        let version = try container.decode(Int.self, forKey: .v)
        let name = try container.decodeIfPresent(String.self, forKey: .type)
        guard version == Wire.version else { throw WireError.version(theirs: version) }
        guard let type = name.flatMap(Wire.ControlType.init) else {
            throw WireError.malformed("unknown type \(name ?? "(none)")")
        }
        do { message = try Message(type, EnvelopeBody(container: container)) } catch let error as DecodingError {
            throw WireError.malformed("\(type.rawValue): \(error)")
        }
    }
}

/// - Throws: `WireError`
private func open<Message: Enveloped>(_ data: Data) throws -> Message {
    do { return try JSONDecoder().decode(Opened<Message>.self, from: data).message } catch is DecodingError {
        throw WireError.malformed("not a JSON object with a version")
    }
}

extension WorkerMessage {
    public func encoded() throws -> Data {
        switch self {
        case .hello(let body): try seal(.hello, body)
        case .heartbeat(let body): try seal(.heartbeat, body)
        case .calibrated(let body): try seal(.calibrated, body)
        case .result(let body): try seal(.result, body)
        case .failure(let body): try seal(.failure, body)
        case .draining: try seal(.draining, Empty())
        case .goodbye: try seal(.goodbye, Empty())
        }
    }

    /// - Throws: `WireError`
    public init(decoding data: Data) throws { self = try open(data) }
}

extension WorkerMessage: Enveloped {
    fileprivate init(_ type: Wire.ControlType, _ body: EnvelopeBody) throws {
        switch type {
        case .hello: self = .hello(try body.read())
        case .heartbeat: self = .heartbeat(try body.read())
        case .calibrated: self = .calibrated(try body.read())
        case .result: self = .result(try body.read())
        case .failure: self = .failure(try body.read())
        case .draining: self = .draining
        case .goodbye: self = .goodbye
        default: throw WireError.malformed("\(type.rawValue) is not a worker's message")
        }
    }
}

extension CoordinatorMessage {
    public func encoded() throws -> Data {
        switch self {
        case .welcome(let body): try seal(.welcome, body)
        case .reject(let reason): try seal(.reject, Reason(reason: reason))
        case .stranger: try seal(.stranger, Empty())
        case .calibrate(let body): try seal(.calibrate, body)
        case .lease(let body): try seal(.lease, body)
        case .accepted(let attempt): try seal(.accepted, attempt)
        case .refused(let attempt, let reason): try seal(.refused, Reason(attempt: attempt, reason: reason))
        case .cancel(let attempt): try seal(.cancel, attempt)
        case .drain: try seal(.drain, Empty())
        }
    }

    /// - Throws: `WireError`
    public init(decoding data: Data) throws { self = try open(data) }
}

extension CoordinatorMessage: Enveloped {
    fileprivate init(_ type: Wire.ControlType, _ body: EnvelopeBody) throws {
        switch type {
        case .welcome: self = .welcome(try body.read())
        case .reject: self = .reject(reason: try body.read(as: Reason.self).reason)
        case .stranger: self = .stranger
        case .calibrate: self = .calibrate(try body.read())
        case .lease: self = .lease(try body.read())
        case .accepted: self = .accepted(try body.read())
        case .refused:
            let body = try body.read(as: Reason.self)
            guard let attempt = body.attempt else { throw WireError.malformed("refused without an attempt") }
            self = .refused(attempt, reason: body.reason)
        case .cancel: self = .cancel(try body.read())
        case .drain: self = .drain
        default: throw WireError.malformed("\(type.rawValue) is not a coordinator's message")
        }
    }
}

extension ClientRequest {
    public func encoded() throws -> Data { try seal(.request, self) }

    /// - Throws: `WireError`
    public init(decoding data: Data) throws { self = try open(data) }
}

extension ClientRequest: Enveloped {
    fileprivate init(_ type: Wire.ControlType, _ body: EnvelopeBody) throws {
        guard type == .request else { throw WireError.malformed("not a client's message") }
        self = try body.read()
    }
}

extension ClientReply {
    public func encoded() throws -> Data { try seal(.reply, self) }

    /// - Throws: `WireError`
    public init(decoding data: Data) throws { self = try open(data) }
}

extension ClientReply: Enveloped {
    fileprivate init(_ type: Wire.ControlType, _ body: EnvelopeBody) throws {
        guard type == .reply else { throw WireError.malformed("not an answer to a client") }
        self = try body.read()
    }
}

/// A message to the coordinator, from whoever may send one.
public enum IncomingMessage: Hashable, Sendable {
    case worker(WorkerMessage)
    case client(ClientRequest)

    /// - Throws: `WireError`
    public init(decoding data: Data) throws { self = try open(data) }
}

extension IncomingMessage: Enveloped {
    fileprivate init(_ type: Wire.ControlType, _ body: EnvelopeBody) throws {
        self = type == .request ? .client(try ClientRequest(type, body)) : .worker(try WorkerMessage(type, body))
    }
}
