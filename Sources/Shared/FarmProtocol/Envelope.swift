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

/// `{"v":2,"type":"lease","body":{…}}`: one JSON object a message.
private struct Head: Decodable {
    let v: Int
    let type: String?
}

private struct Envelope<Body: Codable>: Codable {
    var v = Wire.version
    let type: Wire.ControlType
    let body: Body

    private enum CodingKeys: String, CodingKey { case v, type, body }
}

private struct Empty: Codable {}
private struct Reason: Codable {
    var attempt: AttemptID?
    let reason: String
}

private func seal(_ type: Wire.ControlType, _ body: some Codable) throws -> Data {
    try JSONEncoder().encode(Envelope(type: type, body: body))
}

private func open<Body: Codable>(_ data: Data, as _: Body.Type = Body.self) throws -> Body {
    try JSONDecoder().decode(Envelope<Body>.self, from: data).body
}

/// Reads version and type before anything else, so that a newer peer's unknown fields never look like damage.
private func peek(_ data: Data) throws -> Wire.ControlType {
    let head: Head
    do { head = try JSONDecoder().decode(Head.self, from: data) } catch {
        throw WireError.malformed("not a JSON object with a version")
    }
    guard head.v == Wire.version else { throw WireError.version(theirs: head.v) }
    guard let type = head.type.flatMap(Wire.ControlType.init) else {
        throw WireError.malformed("unknown type \(head.type ?? "(none)")")
    }
    return type
}

private func reading<T>(_ type: Wire.ControlType, _ body: () throws -> T) throws -> T {
    do { return try body() } catch let error as DecodingError {
        throw WireError.malformed("\(type.rawValue): \(error)")
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
    public init(decoding data: Data) throws {
        let type = try peek(data)
        self = try reading(type) {
            switch type {
            case .hello: .hello(try open(data))
            case .heartbeat: .heartbeat(try open(data))
            case .calibrated: .calibrated(try open(data))
            case .result: .result(try open(data))
            case .failure: .failure(try open(data))
            case .draining: .draining
            case .goodbye: .goodbye
            default: throw WireError.malformed("\(type.rawValue) is not a worker's message")
            }
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
    public init(decoding data: Data) throws {
        let type = try peek(data)
        self = try reading(type) {
            switch type {
            case .welcome: return .welcome(try open(data))
            case .reject: return .reject(reason: try open(data, as: Reason.self).reason)
            case .stranger: return .stranger
            case .calibrate: return .calibrate(try open(data))
            case .lease: return .lease(try open(data))
            case .accepted: return .accepted(try open(data))
            case .refused:
                let body = try open(data, as: Reason.self)
                guard let attempt = body.attempt else { throw WireError.malformed("refused without an attempt") }
                return .refused(attempt, reason: body.reason)
            case .cancel: return .cancel(try open(data))
            case .drain: return .drain
            default: throw WireError.malformed("\(type.rawValue) is not a coordinator's message")
            }
        }
    }
}

extension ClientRequest {
    public func encoded() throws -> Data { try seal(.request, self) }

    /// - Throws: `WireError`
    public init(decoding data: Data) throws {
        guard try peek(data) == .request else { throw WireError.malformed("not a client's message") }
        self = try reading(.request) { try open(data) }
    }
}

extension ClientReply {
    public func encoded() throws -> Data { try seal(.reply, self) }

    /// - Throws: `WireError`
    public init(decoding data: Data) throws {
        guard try peek(data) == .reply else { throw WireError.malformed("not an answer to a client") }
        self = try reading(.reply) { try open(data) }
    }
}

/// A message to the coordinator, from whoever may send one.
public enum IncomingMessage: Hashable, Sendable {
    case worker(WorkerMessage)
    case client(ClientRequest)

    /// - Throws: `WireError`
    public init(decoding data: Data) throws {
        self =
            try peek(data) == .request ? .client(ClientRequest(decoding: data)) : .worker(WorkerMessage(decoding: data))
    }
}
